"""Taking back: a request that still waits or has not begun, or a role that is no longer needed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings

from apps.access_requests import notices
from apps.access_requests.asks import Actor, Ask
from apps.access_requests.models import AccessRequest
from apps.access_requests.policy.deciding import can_cancel, can_deactivate, may_cancel
from apps.access_requests.selectors.facts import assignment_of, states_now
from apps.access_requests.services.recording import (
    move,
    record,
    why,
    write_request_about,
)
from apps.access_requests.services.verdicts import closing_words
from apps.access_requests.states import OPEN, State, Step
from apps.accounts.policy import is_fresh
from apps.assignments import services as assignments
from apps.assignments.models import Assignment
from apps.audit.vocabulary import AuditAction
from apps.common.access import Permission
from apps.common.commands import command
from apps.common.decision import Decision
from apps.common.errors import Conflict
from apps.common.text import one_line


def assess_cancel(request: AccessRequest, *, actor: Actor, now: datetime) -> Decision:
    """Whether this request can be withdrawn by this person now."""
    return can_cancel(
        states_now([request], now=now)[request.id],
        is_own=is_own(request, actor),
        may_manage=_may_manage(request, actor),
        is_fresh=is_fresh(actor.second_factor, now=now, max_age_seconds=settings.SECOND_FACTOR_MAX_AGE),
    )


def assess_opening_cancel(request: AccessRequest, *, actor: Actor, now: datetime) -> Decision:
    """`assess_cancel` before anybody was asked for a second factor: what the button asks."""
    return may_cancel(
        states_now([request], now=now)[request.id],
        is_own=is_own(request, actor),
        may_manage=_may_manage(request, actor),
    )


def is_own(request: AccessRequest, actor: Actor) -> bool:
    """Whether this person asked, or would be given what is asked for."""
    return actor.user is not None and actor.user.id in (request.requester_id, request.principal_id)


def refuse_if_closed(request: AccessRequest, *, actor: Actor, now: datetime) -> None:
    """Raise `Conflict`, saying how the request ended and who was faster, if it is too late to withdraw it."""
    state = states_now([request], now=now)[request.id]
    if actor.user is None or state in OPEN:
        return
    how = request.closing_reason if state == State.CANCELED else ""
    raise Conflict(f"{closing_words(request, state, actor.user, now)} {how}".rstrip())


@command()
def cancel(request_id: UUID, *, actor: Actor, now: datetime, justification: str = "") -> AccessRequest:
    """Withdraw a request that waits, or whose start lies ahead. Raises `Conflict` when that is too late."""
    assignments.lock_principal(
        AccessRequest.objects.values_list("principal_id", flat=True).get(pk=request_id)
    )
    request = AccessRequest.objects.locked(request_id)
    refuse_if_closed(request, actor=actor, now=now)
    assess_cancel(request, actor=actor, now=now).require()
    result = request.result
    reason = f": “{one_line(justification)}”." if justification else "."
    move(request, Step.CANCEL, at=now, reason=f"Cancelled by {actor.party.name}{reason}")
    record(AuditAction.REQUEST_CANCELED, request, by=actor.party, now=now, justification=justification)
    if result is not None and result.ended_at is None:
        assignments.end(
            result, how=Assignment.End.REMOVED, by=actor.party, now=now, why=why(request).of_its_consequences
        )
    notices.tell_closed([request], by=actor.party, now=now)
    return request


def assess_deactivation(ask: Ask, *, actor: Actor, now: datetime) -> Decision:
    row = assignment_of(ask)
    return can_deactivate(
        is_activated=row.is_activated,
        is_holder=actor.user is not None and row.principal_id == actor.user.id,
        is_running=row.is_current(now),
    )


@command()
def deactivate(ask: Ask, *, actor: Actor, now: datetime) -> AccessRequest:
    """Give an activated role back early. Recorded as a request of its own, which ends `revoked`."""
    assignments.lock_principal(assignment_of(ask).principal_id)
    row = assignment_of(ask)
    assess_deactivation(ask, actor=actor, now=now).require()
    request = write_request_about(row, ask, actor=actor, state=State.REVOKED, now=now, result=row)
    assignments.end(row, how=Assignment.End.DEACTIVATED, by=actor.party, now=now, why=why(request))
    return request


def _may_manage(request: AccessRequest, actor: Actor) -> bool:
    return actor.access.may(Permission.REQUESTS_MANAGE, request.resource.provider, request.resource.path)
