"""What the forms to activate and to extend have in common: their terms, and what happened after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from apps.access_requests.asks import Said
from apps.access_requests.forms.asking import AskForm
from apps.access_requests.models import AccessRequest
from apps.access_requests.selectors.approvers import ApproverLine, Approvers, Sought, approvers_for_many
from apps.access_requests.selectors.my_roles import EligibleRow
from apps.access_requests.states import State
from apps.accounts.policy import zone_of
from apps.accounts.web import fresh_until
from apps.common.instants import short
from apps.common.spans import minutes_in_words
from apps.common.text import any_of
from apps.roles.models import Resource
from apps.roles.policy.rules import RoleRules

PRESETS = (30, 60, 120, 240, 480)


@dataclass(frozen=True)
class Terms:
    """What several picks ask for together: the shortest maximum, and every requirement of any."""

    rules: tuple[RoleRules, ...]

    @classmethod
    def of(cls, picks: Iterable[EligibleRow]) -> Terms:
        return cls(tuple(row.settings for row in picks))

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


def duration(terms: Terms, last_used: int | None) -> dict[str, Any]:
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


def said(form: AskForm) -> Said:
    data = form.cleaned_data
    return Said(data["justification"], data.get("ticket_number", ""), data.get("ticket_system", ""))


def who_approves(request: HttpRequest, asked: list[tuple[RoleRules, Resource]]) -> Approvers:
    """Who can approve any of what is asked for."""
    sought = [Sought(rules, resource, request.user) for rules, resource in asked if rules.requires_approval]
    found = approvers_for_many(sought, now=request.now)
    lines: tuple[ApproverLine, ...] = tuple(dict.fromkeys(line for each in found for line in each.lines))
    return Approvers(lines=lines)


def steps(request: HttpRequest, terms: Terms, found: Approvers) -> list[NextStep]:
    """What happens after the button."""
    lines = [NextStep("You confirm with your second factor.")] if terms.wants_factor else []
    if terms.wants_approval:
        window = min(rules.approval_window_minutes for rules in terms.rules if rules.requires_approval)
        lapses = _short(request, request.now + timedelta(minutes=window))
        names = any_of([line.name for line in found.lines]) or "An approver"
        lines.append(NextStep(f"{names} decides.", f"Without an answer the request times out {lapses}."))
    return [*lines, NextStep("The role is active, then ends by itself. You can end it sooner.")]


def factor(request: HttpRequest, terms: Terms) -> dict[str, Any]:
    return {"needed": terms.wants_factor, "fresh_until": None if terms.each_time else fresh_until(request)}


def done(request: HttpRequest, items: list[AccessRequest]) -> HttpResponse:
    """Say what happened, and lead to where it can be watched."""
    for item in items:
        messages.success(request, _happened(request, item))
    if len(items) == 1:
        return redirect(items[0])
    return redirect("access_requests:my_requests")


def _happened(request: HttpRequest, item: AccessRequest) -> str:
    role = f"{item.role.name} on {item.resource.name}"
    if item.state == State.PENDING_APPROVAL:
        return f"Sent. {role} waits for approval."
    if item.state == State.GRANTED:
        return f"{role} starts {_short(request, item.result.starts_at)}."
    left = minutes_in_words(-(-int((item.result.ends_at - request.now).total_seconds()) // 60))
    return f"{role} is active for {left}, until {_short(request, item.result.ends_at)}."


def _short(request: HttpRequest, instant: datetime) -> str:
    return short(instant, zone_of(request.user), now=request.now)
