"""Approve requests: the list, one decision, and many at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from apps.access_requests.forms.deciding import DecideForm, DecideManyForm, DecisionForm
from apps.access_requests.models import AccessRequest
from apps.access_requests.selectors.approvers import Standing
from apps.access_requests.selectors.deciding import Evidence, evidence_on, evidence_on_many
from apps.access_requests.selectors.facts import states_now
from apps.access_requests.selectors.terms import terms_of
from apps.access_requests.services.deciding import decide, decide_many
from apps.access_requests.services.verdicts import Changed, Verdict
from apps.access_requests.states import WAITING, Family
from apps.access_requests.views.approve_lists import (
    ACTIVATIONS,
    TABS,
    closed_page,
    list_page,
    picked,
    say_decided,
    say_each,
)
from apps.access_requests.views.deciding_assignments import (
    can_decide_assignment,
    decide_assignment,
    picked_assignments,
)
from apps.access_requests.web import actor_of, waiting_of
from apps.accounts.web import fresh_until
from apps.common.errors import DomainError
from apps.common.web.forms import form_page


@dataclass(frozen=True)
class Panel:
    """The evidence on one request with the form to decide on it."""

    evidence: Evidence
    form: DecideForm
    fresh_until: datetime | None
    choice: str = ""

    def __getattr__(self, name: str) -> object:
        return getattr(self.evidence, name)


@require_safe
def approve_list(request: HttpRequest) -> HttpResponse:
    return list_page(request, tab=_tab(request.GET))


@form_page
def decide_one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Where the link in the mail leads: GET shows, POST decides. Others see nothing of it. What stands around
    a request is loaded to be shown: an answer goes to the command, which looks for itself."""
    asked = AccessRequest.objects.filter(pk=pk, deadline_at__isnull=False)
    if request.method == "POST" and asked.filter(family=Family.ACTIVATION).exists():
        return _answer(request, asked, pk)
    return _show(request, asked)


def _answer(request: HttpRequest, asked: QuerySet[AccessRequest], pk: UUID) -> HttpResponse:
    form = DecideForm(request.POST, request=request, factor_required=True, wants_reason=False)
    if form.is_valid():
        actor = actor_of(request, form.second_factor)
        try:
            decided = decide(_verdict(pk, form), actor=actor, now=request.now)
        except Changed as error:
            messages.warning(request, str(error))
            return _show(request, asked, status=409)
        except DomainError as error:
            form.add_domain_error(error)
        else:
            say_decided(request, decided)
            return redirect("access_requests:approve")
    return _show(request, asked, form, status=form.status)


def _show(
    request: HttpRequest, asked: QuerySet[AccessRequest], form: DecideForm | None = None, *, status: int = 200
) -> HttpResponse:
    item = asked.with_names().first()
    if item is None or not _may_see(request, item):
        return render(request, "access_requests/approve_blocked.html", status=403)
    state = states_now([item], now=request.now)[item.id]
    if state not in WAITING:
        return closed_page(request, item, state)
    if item.is_about_assignment:
        return decide_assignment(request, item)
    return _page(request, evidence_on(item, reader=request.user, now=request.now), form, status=status)


@require_POST
def decide_several(request: HttpRequest) -> HttpResponse:
    """First the picked requests with what each asks, then one answer for all. Assignments are given as they
    are asked for: who would change type or dates opens the one request."""
    panels = [*_picked_activations(request), *picked_assignments(request)]
    if not panels:
        messages.info(request, "Pick at least one request that waits for you.")
        return redirect(_back(request))
    form = DecideManyForm(
        request.POST,
        seen={panel.item.id: panel.digest for panel in panels},
        request=request,
        factor_required=True,
        wants_reason=any(panel.wants_reason for panel in panels),
    )
    if form.is_valid():
        verdicts = [_verdict(id_, form, digest) for id_, digest in form.cleaned_data["seen"].items()]
        say_each(request, decide_many(verdicts, actor=actor_of(request, form.second_factor), now=request.now))
        return redirect(_back(request))
    context = {
        "panels": panels,
        "form": form,
        "choice": request.POST.get("choice", ""),
        "back": _back(request),
        "tab": _tab(request.POST),
        "fresh_until": fresh_until(request),
    }
    return render(request, "access_requests/decide_many.html", context, status=form.status)


# ---- Parts -------------------------------------------------------------------------------------------------


def _may_see(request: HttpRequest, item: AccessRequest) -> bool:
    """Whoever can decide, and whoever has."""
    can_decide = can_decide_assignment if item.is_about_assignment else _can_decide_activation
    return can_decide(request, item) or item.approvals.filter(approver=request.user).exists()


def _can_decide_activation(request: HttpRequest, item: AccessRequest) -> bool:
    rules = terms_of(item.principal_id, item.role, item.eligible.resource, now=request.now)
    return Standing(request.user, request.active).fills_a_seat(rules, item)


def _form(request: HttpRequest, evidence: Evidence) -> DecideForm:
    """Before anything was sent, or, since it has changed, anew with the reason that was typed."""
    typed = request.POST.get("justification", "")
    initial = {"digest": evidence.digest, "justification": typed}
    return DecideForm(request=request, factor_required=True, initial=initial)


def _page(request: HttpRequest, evidence: Evidence, form: DecideForm | None, *, status: int) -> HttpResponse:
    form = form or _form(request, evidence)
    form.ask_why(reader=evidence.item.requester_name, wants_reason=evidence.wants_reason)
    choice = request.POST.get("choice") or request.GET.get("choice", "")
    choice = choice if choice in {"approve", "deny"} else ""
    panel = Panel(evidence, form, fresh_until(request), choice)
    return list_page(request, tab=ACTIVATIONS, selected=panel, status=status)


def _picked_activations(request: HttpRequest) -> list[Evidence]:
    found = picked(request, waiting_of(request).activations)
    return evidence_on_many(found, reader=request.user, now=request.now) if found else []


def _tab(asked: QueryDict) -> str:
    tab = asked.get("tab", "")
    return tab if tab in TABS else ""


def _back(request: HttpRequest) -> str:
    """The list that was picked from; after activations, whatever waits."""
    address, tab = reverse("access_requests:approve"), _tab(request.POST)
    return address if tab in ("", ACTIVATIONS) else f"{address}?{urlencode({'tab': tab})}"


def _verdict(id_: UUID, form: DecisionForm, digest: str = "") -> Verdict:
    data: Mapping[str, str] = form.cleaned_data
    return Verdict(
        request_id=id_,
        approve=data["choice"] == "approve",
        digest=digest or data["digest"],
        justification=data["justification"],
    )
