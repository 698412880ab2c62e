"""The forms to ask an admin to extend or to renew one's own assignment."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from apps.access_requests.asks import Ask, Said
from apps.access_requests.forms.prolonging import ProlongForm
from apps.access_requests.policy.prolonging import ADMIN_WINDOW, may_extend, may_renew
from apps.access_requests.selectors.prolonging import ProlongingCase, load_prolonging
from apps.access_requests.services.door import submit
from apps.access_requests.states import Action
from apps.access_requests.views.asking import NextStep
from apps.access_requests.web import actor_of
from apps.accounts.policy import zone_of
from apps.common.errors import Invalid
from apps.common.instants import short
from apps.common.text import any_of
from apps.common.web.forms import form_page, sent

_MAY_OPEN = {Action.SELF_EXTEND: may_extend, Action.SELF_RENEW: may_renew}


@form_page
def extend_assignment(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A later end for what ends soon."""
    return _prolong(request, Ask(Action.SELF_EXTEND, assignment_id=pk))


@form_page
def renew(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The same again, for what has ended."""
    return _prolong(request, Ask(Action.SELF_RENEW, assignment_id=pk))


def _prolong(request: HttpRequest, ask: Ask) -> HttpResponse:
    case = _case(request, ask)
    _MAY_OPEN[ask.action](case.facts).require()
    form = ProlongForm(sent(request))
    if form.is_valid():
        said = Said(form.cleaned_data["justification"])
        with form.taking_refusals():
            item = submit(
                Ask(ask.action, assignment_id=ask.assignment_id, said=said),
                actor=actor_of(request),
                now=request.now,
            )
            messages.success(request, f"Sent. {item.role.name} waits for an admin.")
            return redirect(item)
    doing = ask.action.label
    context = {
        "doing": doing,
        "heading": f"{doing} {case.row.role.name}",
        "form": form,
        "case": case,
        "assignment": case.row,
        "approvers": case.deciders.lines,
        "steps": _steps(request, case),
    }
    return render(request, "access_requests/prolong.html", context, status=form.status)


def _case(request: HttpRequest, ask: Ask) -> ProlongingCase:
    try:
        return load_prolonging(ask, actor=actor_of(request), now=request.now)
    except Invalid:
        raise Http404 from None


def _steps(request: HttpRequest, case: ProlongingCase) -> list[NextStep]:
    lapses = short(request.now + ADMIN_WINDOW, zone_of(request.user), now=request.now)
    names = any_of([line.name for line in case.deciders.lines]) or "Nobody who can be reached"
    return [
        NextStep(f"{names} decides, and may change dates and type.", f"It times out {lapses}."),
        NextStep("You hear of the answer by e-mail and in your inbox."),
    ]
