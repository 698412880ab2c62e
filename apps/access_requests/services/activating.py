"""Asking for an activation, or for a running one to last longer; and granting it."""

from __future__ import annotations

from datetime import datetime, timedelta

from apps.access_requests import notices
from apps.access_requests.asks import Actor, Ask
from apps.access_requests.models import AccessRequest
from apps.access_requests.policy.activation import can_activate, granted_period
from apps.access_requests.selectors.facts import ActivationCase, load_activation
from apps.access_requests.services.recording import draft_request, turn, why, write_request
from apps.access_requests.services.settling import settle_holder
from apps.access_requests.states import Family, State, Step
from apps.accounts.selectors import look_again
from apps.assignments import services as assignments
from apps.assignments.models import Assignment
from apps.assignments.services import Why
from apps.common.commands import command
from apps.common.decision import Decision
from apps.common.errors import Invalid
from apps.common.lookup import present
from apps.common.period import Period


def assess_activation(ask: Ask, *, actor: Actor, now: datetime) -> Decision:
    return can_activate(load_activation(ask, actor=actor, now=now).facts)


@command()
def request_activation(ask: Ask, *, actor: Actor, now: datetime) -> AccessRequest:
    """Grant at once, or leave waiting for an approver where the role asks for one."""
    settle_holder(principal_id=actor.somebody.id, ground_id=ask.assignment_id, now=now)
    look_again(actor.somebody)
    case = load_activation(ask, actor=actor, now=now)
    can_activate(case.facts).require()
    request = _draft(ask, case, actor, now)
    if case.facts.rules.requires_approval:
        write_request(request, actor=actor, now=now)
        notices.ask_approvers(request, case.approvers, rules=case.facts.rules, now=now)
    else:
        step, result = give(request, case, now=now)
        turn(request, step, at=now, result=result)
        write_request(request, actor=actor, now=now)
        notices.tell_granted(request, rules=case.facts.rules, now=now)
    return request


def give(
    request: AccessRequest, case: ActivationCase, *, now: datetime, approver: str = ""
) -> tuple[Step, Assignment]:
    """Give what was asked, from now or from its later start: what came of it, and the step that its request
    takes. The caller has judged the facts at `now`, takes that step, and tells of it. It is the requester who
    activates, whoever approved of it."""
    period = granted_period(case.facts)
    if period is None:
        raise Invalid("Nothing would be left to grant.")
    result = _carry_out(case, period, why(request, approver=approver), now)
    return Step.GRANT_LATER if result.starts_at > now else Step.GRANT, result


def _carry_out(case: ActivationCase, period: Period, reason: Why, now: datetime) -> Assignment:
    by = case.user.party
    if case.extends is not None and case.facts.extends_until is not None:
        assignments.move_end(case.extends, ends_at=present(period.end), by=by, now=now, why=reason)
        return case.extends
    return assignments.activate(
        eligible=case.eligible,
        user=case.user,
        resource=case.resource,
        period=period,
        by=by,
        now=now,
        why=reason,
    )


def _draft(ask: Ask, case: ActivationCase, actor: Actor, now: datetime) -> AccessRequest:
    window = timedelta(minutes=case.facts.rules.approval_window_minutes)
    return draft_request(
        ask,
        actor=actor,
        principal=case.user.principal,
        role=case.eligible.role,
        resource=case.resource,
        family=Family.ACTIVATION,
        state=State.PENDING_APPROVAL,
        now=now,
        shown=case.facts.rules,
        eligible=case.eligible,
        extends=case.extends,
        duration_minutes=ask.minutes,
        deadline_at=now + window,
    )
