"""The form to activate one role or several at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from apps.access_requests.asks import Ask
from apps.access_requests.forms.asking import ActivateForm
from apps.access_requests.models import AccessRequest
from apps.access_requests.selectors.my_roles import (
    EligibleRow,
    last_used_minutes,
    recent_reasons,
)
from apps.access_requests.selectors.terms import loosened_by
from apps.access_requests.services.answering import Answer
from apps.access_requests.services.door import submit_many
from apps.access_requests.states import Action
from apps.access_requests.views.asking import Terms, done, duration, factor, said, steps, who_approves
from apps.access_requests.web import actor_of, my_roles_of
from apps.accounts.policy import zone_of
from apps.common.web.forms import form_page, picked_ids, sent
from apps.roles.models import Resource

SCOPES_OFFERED = 200


@form_page
def activate(request: HttpRequest) -> HttpResponse:
    """GET shows the form for the picked roles, POST asks for them: one reason, one second factor."""
    picks = _picks(request)
    if not picks:
        messages.info(request, "Pick at least one role.")
        return redirect("access_requests:my_roles")
    form = _form(request, picks)
    if not form.is_valid():
        return _page(request, form, picks, status=form.status)
    answers = submit_many(_asks(form, picks), actor=actor_of(request, form.second_factor), now=request.now)
    refused = [row for row, answer in zip(picks, answers, strict=True) if answer.error]
    if not refused:
        return done(request, [answer.request for answer in answers])
    if len(picks) == 1:
        form.add_domain_error(answers[0].error)
        return _page(request, form, picks, status=409)
    again = _form(request, refused, typed=form.cleaned_data)
    return _page(request, again, refused, results=_results(picks, answers), status=409)


def _picks(request: HttpRequest) -> list[EligibleRow]:
    """The picked roles that this person is eligible for, in the order of the list."""
    picked = picked_ids(request)
    found = my_roles_of(request).picked(picked)
    if len(found) < len(picked):
        raise Http404
    return found


def _form(
    request: HttpRequest, picks: list[EligibleRow], typed: Mapping[str, Any] | None = None
) -> ActivateForm:
    """The form for these roles: as it was sent, or, with `typed`, offered again for what was refused."""
    terms = Terms.of(picks)
    return ActivateForm(
        None if typed is not None else sent(request),
        initial={"justification": typed["justification"]} if typed is not None else {},
        request=request,
        factor_required=terms.wants_factor,
        each_time=terms.each_time,
        picks=picks,
        scopes=_scopes(picks),
        tz=zone_of(request.user),
        now=request.now,
        **duration(terms, last_used_minutes(request.user, [row.assignment.role_id for row in picks])),
    )


def _scopes(picks: list[EligibleRow]) -> list[Resource]:
    if len(picks) != 1:
        return []
    resource = picks[0].assignment.resource
    below = Resource.objects.filter(path__startswith=resource.path).order_by("path")
    return list(below[:SCOPES_OFFERED])


def _asks(form: ActivateForm, picks: list[EligibleRow]) -> list[Ask]:
    data = form.cleaned_data
    return [
        Ask(
            Action.SELF_ACTIVATE,
            assignment_id=row.assignment.id,
            resource_id=UUID(data["scope"]) if data["scope"] else None,
            starts_at=data["starts_at"],
            minutes=data["minutes"],
            said=said(form),
        )
        for row in picks
    ]


def _page(
    request: HttpRequest,
    form: ActivateForm,
    picks: list[EligibleRow],
    *,
    results: list[tuple[EligibleRow, AccessRequest | None, list[str]]] | None = None,
    status: int = 200,
) -> HttpResponse:
    terms = Terms.of(picks)
    found = who_approves(request, [(row.settings, row.assignment.resource) for row in picks])
    context = {
        "form": form,
        "form_url": _form_url(picks),
        "picks": picks,
        "loosened": loosened_by(
            request.user.id,
            [(row.assignment.role, row.assignment.resource) for row in picks],
            now=request.now,
        ),
        "recent_reasons": recent_reasons(request.user),
        "approvers": found.lines,
        "steps": steps(request, terms, found),
        "factor": factor(request, terms),
        "results": results,
    }
    return render(request, "access_requests/activate.html", context, status=status)


def _form_url(picks: list[EligibleRow]) -> str:
    """Where this form is shown anew, also after it was sent."""
    query = urlencode({"pick": [row.assignment.id for row in picks]}, doseq=True)
    return f"{reverse('access_requests:activate')}?{query}"


def _results(
    picks: list[EligibleRow], answers: list[Answer]
) -> list[tuple[EligibleRow, AccessRequest | None, list[str]]]:
    return [
        (row, answer.request, [str(answer.error)] if answer.error else [])
        for row, answer in zip(picks, answers, strict=True)
    ]
