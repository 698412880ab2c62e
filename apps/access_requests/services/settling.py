"""Writing down what the clock has done to requests: lapsed, without ground, or begun."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.access_requests import notices
from apps.access_requests.models import AccessRequest
from apps.access_requests.selectors.facts import states_now
from apps.access_requests.selectors.terms import terms_of
from apps.access_requests.services.recording import move, record, why
from apps.access_requests.states import OPEN, WAITING, State, Step
from apps.assignments import services as assignments
from apps.assignments.models import Assignment
from apps.audit.vocabulary import CLOCK, AuditAction, Outcome, Party
from apps.common.errors import Conflict
from apps.common.isolation import each_on_its_own
from apps.common.lookup import present

NO_GROUND = "No longer eligible."
LAPSED = "Nobody decided in time."


def settle_holder(*, principal_id: UUID, ground_id: UUID | None = None, now: datetime) -> None:
    """The way in for whoever is about to give somebody something: locks the holder, then what it would rest
    on, and writes down once what the clock has done to what they hold and have asked for."""
    assignments.lock_principal(principal_id)
    assignments.lock_assignment(ground_id)
    settle_locked(principal_id=principal_id, now=now)


def settle_locked(*, principal_id: UUID, now: datetime, by: Party = CLOCK, reason: str = NO_GROUND) -> None:
    """Write down how what one principal holds and has asked for reads. The caller holds the lock. `by` and
    `reason`: who has taken the ground of it, and how, where that was not the clock."""
    assignments.settle(principal_id=principal_id, now=now, by=by)
    asked = Q(principal_id=principal_id) | Q(requester_id=principal_id, state__in=WAITING)
    rows = AccessRequest.objects.filter(asked, state__in=OPEN).named()
    _settle(rows, now, by=by, reason=reason)


def close_waiting_on(assignment: Assignment, *, by: Party, now: datetime) -> None:
    """An admin's change of an assignment closes what waits to activate, extend or change it, or for the like
    of it, whoever asked."""
    same = Q(
        principal=assignment.principal_id,
        role=assignment.role_id,
        resource=assignment.resource_id,
        family=assignment.kind,
    )
    on_it = Q(eligible=assignment) | Q(extends=assignment) | same
    waiting = AccessRequest.objects.waiting().filter(on_it, deadline_at__gt=now)
    for request in waiting.named():
        with suppress(Conflict):  # whoever closed it at the same moment did the same work
            _close(request, by, now)


def _close(request: AccessRequest, by: Party, now: datetime) -> None:
    move(request, Step.CANCEL, at=now, reason=f"{by.called} changed the assignment.")
    record(AuditAction.REQUEST_CANCELED, request, by=by, now=now, justification="")
    notices.tell_closed(request, by=by, now=now)


def settle_all(*, now: datetime) -> int:
    """The sweep: one transaction per request, so that one bad row does not stop the others."""
    rows = list(AccessRequest.objects.filter(state__in=OPEN).with_names())
    states = states_now(rows, now=now)
    changed = [row for row in rows if states[row.id] != row.state]
    return each_on_its_own(changed, lambda row: _settle_one(row, now), what="Request settled by the clock")


@transaction.atomic
def _settle_one(row: AccessRequest, now: datetime) -> bool:
    assignments.lock_principal(row.principal_id)
    return _settle([AccessRequest.objects.with_names().get(pk=row.pk)], now) == 1


def _settle(rows: list[AccessRequest], now: datetime, *, by: Party = CLOCK, reason: str = NO_GROUND) -> int:
    states = states_now(rows, now=now)
    changed = [row for row in rows if states[row.id] != row.state]
    for row in changed:
        if states[row.id] == State.PROVISIONED:
            _begin(row, now)
        elif states[row.id] == State.TIMED_OUT:
            _time_out(row, now)
        else:
            _lose_ground(row, by, reason, now)
    return len(changed)


def _begin(request: AccessRequest, now: datetime) -> None:
    """Its start has come. That it was activated was told when it was granted; this says that it has begun."""
    result = present(request.result)
    move(request, Step.START, at=result.starts_at)
    record(
        AuditAction.ACTIVATION_STARTED,
        request,
        by=CLOCK,
        now=now,
        justification="",
        assignment=str(result.id),
        started_at=result.starts_at.isoformat(),
    )
    rules = terms_of(request.principal_id, request.role, request.ground.resource, now=now)
    notices.tell_started(request, rules=rules, now=now)


def _time_out(request: AccessRequest, now: datetime) -> None:
    move(request, Step.TIME_OUT, at=present(request.deadline_at), reason=LAPSED)
    _say_closed(AuditAction.REQUEST_TIMED_OUT, request, CLOCK, now)


def _lose_ground(request: AccessRequest, by: Party, reason: str, now: datetime) -> None:
    """A granted activation whose start lies ahead goes with its request."""
    move(request, Step.CANCEL, at=now, reason=reason)
    if request.result is not None and request.result.ended_at is None:
        assignments.write_ground_lost(request.result, by=by, now=now, why=why(request).of_its_consequences)
    _say_closed(AuditAction.REQUEST_CANCELED, request, by, now)


def _say_closed(action: AuditAction, request: AccessRequest, by: Party, now: datetime) -> None:
    record(action, request, by=by, now=now, justification="", outcome=Outcome.FAILURE)
    notices.tell_closed(request, by=by, now=now)
