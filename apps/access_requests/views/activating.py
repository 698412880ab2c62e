"""The form to activate one role or several, and the one to extend an activation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from apps.access_requests.asks import Ask, Said
from apps.access_requests.forms import ActivateForm, ExtendForm
from apps.access_requests.models import AccessRequest
from apps.access_requests.selectors.approvers import ApproverLine, Approvers, approvers_for
from apps.access_requests.selectors.my_roles import (
    EligibleRow,
    active_rows,
    eligible_rows,
    last_used_minutes,
    recent_reasons,
)
from apps.access_requests.services.door import Answer, submit, submit_many
from apps.access_requests.states import Action, State
from apps.access_requests.views.actor import actor_of
from apps.accounts.policy import zone_of
from apps.accounts.web import fresh_until
from apps.common.errors import DomainError
from apps.common.instants import short
from apps.common.spans import minutes_in_words
from apps.roles.models import Resource
from apps.roles.policy import RoleRules
from apps.roles.selectors import rules_for

PRESETS = (30, 60, 120, 240, 480)
SCOPES_OFFERED = 200


@dataclass(frozen=True)
class Terms:
    """What several picks ask for together: the shortest maximum, and every requirement of any."""

    rules: tuple[RoleRules, ...]

    @property
    def maximum_minutes(self) -> int:
        return min(rules.maximum_minutes for rules in self.rules)

    @property
    def wants_reason(self) -> bool:
        return any(rules.requires_justification or rules.requires_approval for rules in self.rules)

    @property
    def wants_ticket(self) -> bool:
        return any(rules.requires_ticket for rules in self.rules)

    @property
    def wants_factor(self) -> bool:
        return any(rules.requires_second_factor for rules in self.rules)

    @property
    def each_time(self) -> bool:
        return any(rules.second_factor_each_time for rules in self.rules)

    @property
    def wants_approval(self) -> bool:
        return any(rules.requires_approval for rules in self.rules)


@dataclass(frozen=True)
class NextStep:
    """One line of "What happens next"."""

    text: str
    detail: str = ""


def activate(request: HttpRequest) -> HttpResponse:
    """GET shows the form for the picked roles, POST asks for them: one reason, one second factor."""
    picks = _picks(request)
    if not picks:
        messages.info(request, "Pick at least one role.")
        return redirect("access_requests:my_roles")
    terms = Terms(tuple(row.settings for row in picks))
    last_used = last_used_minutes(request.user, [row.assignment.role_id for row in picks])
    form = ActivateForm(
        request.POST or None,
        request=request,
        factor_required=terms.wants_factor,
        each_time=terms.each_time,
        picks=picks,
        scopes=_scopes(picks),
        tz=zone_of(request.user),
        now=request.now,
        **_duration(terms, last_used),
    )
    if form.is_valid():
        answers = submit_many(
            _asks(form, picks), actor=actor_of(request, form.second_factor), now=request.now
        )
        if all(answer.request for answer in answers):
            return _done(request, answers)
        if len(answers) == 1:
            form.add_domain_error(answers[0].error)
        else:
            return _page(request, form, picks, terms, results=_results(picks, answers), status=409)
    return _page(request, form, picks, terms, status=400 if form.is_bound and form.errors else 200)


def extend(request: HttpRequest, pk: UUID) -> HttpResponse:
    """More time for a running activation: same rules, approvers and states as activating."""
    row = next(
        (
            row
            for row in active_rows(request.user, request.holdings, now=request.now)
            if row.assignment.id == pk
        ),
        None,
    )
    if row is None or not row.assignment.is_activated:
        raise Http404
    row.can_extend.require()
    rules = rules_for(row.assignment.role, row.assignment.parent.resource)
    terms = Terms((rules,))
    form = ExtendForm(
        request.POST or None,
        request=request,
        factor_required=terms.wants_factor,
        each_time=terms.each_time,
        **_duration(terms, None),
    )
    if form.is_valid():
        ask = Ask(
            Action.SELF_ACTIVATE,
            assignment_id=row.assignment.parent_id,
            extends_id=pk,
            resource_id=row.assignment.resource_id,
            minutes=form.cleaned_data["minutes"],
            said=_said(form),
        )
        try:
            item = submit(ask, actor=actor_of(request, form.second_factor), now=request.now)
        except DomainError as error:
            form.add_domain_error(error)
        else:
            return _done(request, [Answer(ask, request=item)])
    approvers = _approvers(request, [(rules, row.assignment.parent.resource)])
    context = {
        "form": form,
        "assignment": row.assignment,
        "recent_reasons": recent_reasons(request.user),
        "approvers": approvers.lines,
        "steps": _steps(terms, approvers, request.now, request),
        "factor": _factor(request, terms),
    }
    status = 400 if form.is_bound and form.errors else 200
    return render(request, "access_requests/extend.html", context, status=status)


# ---- What the form is made of ------------------------------------------------------------------------------


def _picks(request: HttpRequest) -> list[EligibleRow]:
    """The picked roles that this person is eligible for, in the order of the list."""
    picked = set((request.POST if request.method == "POST" else request.GET).getlist("pick"))
    rows = eligible_rows(request.user, request.holdings, now=request.now)
    found = [row for row in rows if str(row.assignment.id) in picked]
    if len(found) < len(picked):
        raise Http404
    return found


def _scopes(picks: list[EligibleRow]) -> list[Resource]:
    if len(picks) != 1:
        return []
    resource = picks[0].assignment.resource
    below = Resource.objects.filter(path__startswith=resource.path).order_by("path")
    return list(below[:SCOPES_OFFERED])


def _duration(terms: Terms, last_used: int | None) -> dict[str, Any]:
    """What this person used last, else half the maximum; never the maximum unasked (design, section 5)."""
    maximum = terms.maximum_minutes
    half = max(30, maximum // 2 // 30 * 30)
    return {
        "duration": min(last_used or half, maximum),
        "presets": [minutes for minutes in PRESETS if minutes <= maximum],
        "maximum_minutes": maximum,
        "last_used_minutes": last_used,
        "wants_reason": terms.wants_reason,
        "wants_ticket": terms.wants_ticket,
    }


def _asks(form: ActivateForm, picks: list[EligibleRow]) -> list[Ask]:
    data = form.cleaned_data
    return [
        Ask(
            Action.SELF_ACTIVATE,
            assignment_id=row.assignment.id,
            resource_id=UUID(data["scope"]) if data["scope"] else None,
            starts_at=data["starts_at"],
            minutes=data["minutes"],
            said=_said(form),
        )
        for row in picks
    ]


def _said(form: ActivateForm | ExtendForm) -> Said:
    data = form.cleaned_data
    return Said(data["justification"], data.get("ticket_number", ""), data.get("ticket_system", ""))


# ---- What the page shows -----------------------------------------------------------------------------------


def _page(
    request: HttpRequest,
    form: ActivateForm,
    picks: list[EligibleRow],
    terms: Terms,
    *,
    results: list[tuple[EligibleRow, AccessRequest | None, list[str]]] | None = None,
    status: int = 200,
) -> HttpResponse:
    approvers = _approvers(request, [(row.settings, row.assignment.resource) for row in picks])
    context = {
        "form": form,
        "picks": picks,
        "recent_reasons": recent_reasons(request.user),
        "approvers": approvers.lines,
        "steps": _steps(terms, approvers, request.now, request),
        "factor": _factor(request, terms),
        "results": results,
    }
    return render(request, "access_requests/activate.html", context, status=status)


def _approvers(request: HttpRequest, asked: list[tuple[RoleRules, Resource]]) -> Approvers:
    """Who can approve any of what is asked for."""
    found = [
        approvers_for(rules, resource=resource, requester=request.user, now=request.now)
        for rules, resource in asked
        if rules.requires_approval
    ]
    lines: tuple[ApproverLine, ...] = tuple(dict.fromkeys(line for each in found for line in each.lines))
    return Approvers(lines=lines)


def _steps(terms: Terms, approvers: Approvers, now: datetime, request: HttpRequest) -> list[NextStep]:
    steps = [NextStep("You confirm with your second factor.")] if terms.wants_factor else []
    if terms.wants_approval:
        window = min(rules.approval_window_minutes for rules in terms.rules if rules.requires_approval)
        lapses = short(now + timedelta(minutes=window), zone_of(request.user), now=now)
        names = " or ".join(line.name for line in approvers.lines[:3]) or "An approver"
        steps.append(NextStep(f"{names} decides.", f"Without an answer the request times out {lapses}."))
    return [*steps, NextStep("The role is active, then ends by itself. You can end it sooner.")]


def _factor(request: HttpRequest, terms: Terms) -> dict[str, Any]:
    return {"needed": terms.wants_factor, "fresh_until": None if terms.each_time else fresh_until(request)}


def _results(
    picks: list[EligibleRow], answers: list[Answer]
) -> list[tuple[EligibleRow, AccessRequest | None, list[str]]]:
    return [
        (row, answer.request, [str(answer.error)] if answer.error else [])
        for row, answer in zip(picks, answers, strict=True)
    ]


def _done(request: HttpRequest, answers: list[Answer]) -> HttpResponse:
    """Say what happened, and lead to where it can be watched."""
    for answer in answers:
        messages.success(request, _happened(answer.request, request))
    if len(answers) == 1:
        return redirect(answers[0].request)
    return redirect("access_requests:my_requests")


def _happened(item: AccessRequest, request: HttpRequest) -> str:
    role = f"{item.role.name} on {item.resource.name}"
    if item.state == State.PENDING_APPROVAL:
        return f"Sent. {role} waits for approval."
    zone = zone_of(request.user)
    if item.state == State.GRANTED:
        return f"{role} starts {short(item.result.starts_at, zone, now=request.now)}."
    ends = short(item.result.ends_at, zone, now=request.now)
    return f"{role} is active for {minutes_in_words(item.duration_minutes)}, until {ends}."
