"""My requests, and one request with everything that has happened to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q

from apps.access_requests.asks import Actor
from apps.access_requests.models import AccessRequest, Approval
from apps.access_requests.policy.reading import Reading
from apps.access_requests.selectors.facts import readings_now
from apps.access_requests.services.withdrawing import assess_cancel
from apps.access_requests.states import OPEN, WAITING, Action, State
from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.common.decision import Decision
from apps.common.spans import minutes_in_words
from apps.common.text import one_line

SHOWN = 100


class RequestRow(NamedTuple):
    """One of my requests in the list."""

    item: AccessRequest
    reading: Reading
    can_cancel: Decision


@dataclass(frozen=True)
class TimelineStep:
    """One step of a request's life. `kind`: done, now, next or bad."""

    kind: str
    icon: str
    title: str
    text: str = ""
    at: datetime | None = None
    detail: str = ""


def my_requests(user: User, *, now: datetime, waiting_only: bool = False) -> list[RequestRow]:
    """What this person asked for, the latest first."""
    own = AccessRequest.objects.filter(requester=user).with_names().order_by("-created_at", "id")
    rows = list((own.open() if waiting_only else own)[:SHOWN])
    readings = readings_now(rows, now=now)
    actor = Actor.person(user)
    return [
        RequestRow(row, readings[row.id], assess_cancel(row, actor=actor, now=now))
        for row in rows
        if not waiting_only or readings[row.id].state in OPEN
    ]


def events_about(item: AccessRequest) -> Q:
    """What belongs to this request, and what became of the access that it brought."""
    own = Q(request_id=str(item.id)) & ~Q(request_id="")  # the second says it for the index
    brought = Q(target_id=str(item.principal_id), details__assignment=str(item.result_id))
    return own | brought if item.result_id else own


def timeline(item: AccessRequest, reading: Reading, *, deciders: str, now: datetime) -> list[TimelineStep]:
    """The life of a request: past with its times, present with its deadline, future in words. `deciders` says
    who can answer, for a request that waits."""
    approval = item.approvals.select_related("approver").first()
    steps = [
        TimelineStep("done", "send", "Request sent", f"By {item.asked_by}.", item.created_at),
        *_factor_step(item),
        *_decision_steps(item, approval, reading.state, deciders),
    ]
    if item.action == Action.SELF_ACTIVATE:
        steps += _access_steps(item, reading, now)
    if reading.state == State.REVOKED:
        steps.append(TimelineStep("done", "stop-circle", "Role ended", at=item.closed_at))
    return steps


def _factor_step(item: AccessRequest) -> list[TimelineStep]:
    if item.second_factor_at is None:
        return []
    return [TimelineStep("done", "shield-lock", "Second factor confirmed", at=item.second_factor_at)]


def _decision_steps(
    item: AccessRequest, approval: Approval | None, state: State, deciders: str
) -> list[TimelineStep]:
    steps = []
    if approval is not None:
        approved = approval.decision == Approval.Decision.APPROVED
        said = f": “{one_line(approval.justification)}”" if approval.justification else "."
        steps.append(
            TimelineStep(
                "done" if approved else "bad",
                "check-lg" if approved else "x-lg",
                approval.get_decision_display(),
                f"By {approval.approver.name}{said}",
                approval.decided_at,
            )
        )
    elif state in WAITING:
        waits_for = "Waiting for an admin" if item.is_about_assignment else "Waiting for approval"
        steps.append(TimelineStep("now", "hourglass-split", waits_for, deciders))
    if state in _ENDED_WITHOUT_ACCESS:
        title, icon = _ENDED_WITHOUT_ACCESS[state]
        reason = item.closing_reason or _REASONS.get(state, "")
        steps.append(TimelineStep("bad", icon, title, reason, item.closed_at or item.deadline_at))
    return steps


_ENDED_WITHOUT_ACCESS = {
    State.CANCELED: ("Cancelled", "slash-circle"),
    State.TIMED_OUT: ("Timed out", "clock-history"),
    State.FAILED: ("Not granted", "exclamation-octagon-fill"),
}
_REASONS = {State.TIMED_OUT: "Nobody decided in time.", State.CANCELED: "No longer eligible."}


def _access_steps(item: AccessRequest, reading: Reading, now: datetime) -> list[TimelineStep]:
    length = minutes_in_words(item.minutes)
    if reading.state in WAITING:
        return [
            TimelineStep(
                "next", "lightning-charge", "Role becomes active", f"For {length}.", detail="on approval"
            ),
            TimelineStep("next", "stop-circle", "Role ends by itself", detail=f"{length} later"),
        ]
    result = item.result
    if result is None or reading.state not in (State.GRANTED, State.PROVISIONED):
        return []
    if result.starts_at > now:
        return [
            TimelineStep("now", "calendar-event", "Starts later", f"For {length}.", result.starts_at),
            TimelineStep("next", "stop-circle", "Role ends by itself", at=result.ends_at),
        ]
    return [
        TimelineStep("done", "lightning-charge-fill", "Role active", at=result.starts_at),
        _end_step(result, reading, now),
    ]


def _end_step(result: Assignment, reading: Reading, now: datetime) -> TimelineStep:
    if result.ended_at is not None:
        by = f" by {result.ended_by}" if result.ended_by and result.ended_how != result.End.EXPIRED else ""
        text = f"{result.get_ended_how_display()}{by}."
        return TimelineStep("done", "stop-circle", "Role ended", text, result.ended_at)
    if result.ends_at is not None and result.ends_at <= now:
        return TimelineStep("done", "stop-circle", "Role ended", "Ended by the clock.", result.ends_at)
    if reading.has_ended:
        return TimelineStep("done", "stop-circle", "Role ended", "No longer eligible.")
    return TimelineStep("next", "stop-circle", "Role ends by itself", at=result.ends_at)
