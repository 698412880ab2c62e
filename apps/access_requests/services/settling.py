"""Writing down what the clock has done to requests: lapsed, without ground, or begun."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import takewhile
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Value

from apps.access_requests import notices
from apps.access_requests.models import AccessRequest, AccessRequestQuerySet
from apps.access_requests.selectors.facts import states_now, with_names
from apps.access_requests.services.recording import event_of, move, move_all, record, why
from apps.access_requests.states import WAITING, State, Step
from apps.assignments import services as assignments
from apps.assignments.models import Assignment
from apps.assignments.services import Ending
from apps.audit import services as audit
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import CLOCK, AuditAction, Outcome, Party
from apps.common.commands import command
from apps.common.errors import Conflict
from apps.common.isolation import as_many_as_can_be
from apps.common.lookup import present
from apps.common.paging import in_batches
from apps.common.prepared import prepared

NO_GROUND = "No longer eligible."
LAPSED = "Nobody decided in time."
BATCH = 50  # requests of one transaction


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
    _settle(with_names(_to_settle(principal_id, now)), now, by=by, reason=reason)


@prepared
def _to_settle(principal_id: UUID, now: datetime) -> QuerySet[AccessRequest, UUID]:
    """What was asked for this principal, or waits and was asked by them."""
    asked = Q(principal_id=principal_id) | Q(requester_id=principal_id, state__in=WAITING)
    return AccessRequest.objects.filter(asked).to_settle(now).values_list("id", flat=True)


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
    for request in with_names([*waiting.values_list("pk", flat=True)]):
        with suppress(Conflict):  # whoever closed it at the same moment did the same work
            _close(request, by, now)


def _close(request: AccessRequest, by: Party, now: datetime) -> None:
    move(request, Step.CANCEL, at=now, reason=f"{by.called} changed the assignment.")
    record(AuditAction.REQUEST_CANCELED, request, by=by, now=now, justification="")
    notices.tell_closed([request], by=by, now=now)


def settle_all(*, now: datetime, has_time: Callable[[], bool] = lambda: True) -> int:
    """The sweep: what reads otherwise than it is stored, as long as there is time. Returns how many were
    settled. May run twice, may be killed anywhere."""
    doubtful = AccessRequest.objects.to_settle(now).order_by("created_at").values_list("pk", flat=True)
    batches = takewhile(lambda _: has_time(), in_batches(list(doubtful), BATCH))
    changed = (_read_otherwise(AccessRequest.objects.filter(pk__in=ids), now) for ids in batches)
    return sum(
        as_many_as_can_be(rows, lambda rows: _settle_some(rows, now), what="Request settled by the clock")
        for rows in changed
        if rows
    )


def _read_otherwise(requests: AccessRequestQuerySet, now: datetime) -> list[AccessRequest]:
    rows = list(requests.open().with_names())
    states = states_now(rows, now=now)
    return [row for row in rows if states[row.id] != row.state]


@command()
def _settle_some(requests: Sequence[AccessRequest], now: datetime) -> int:
    """Looks again under the lock: somebody may be at one of them."""
    assignments.lock_principals(request.principal_id for request in requests)
    rows = AccessRequest.objects.filter(pk__in=[request.pk for request in requests]).open()
    return _settle(list(rows.with_names()), now)


def _settle(rows: list[AccessRequest], now: datetime, *, by: Party = CLOCK, reason: str = NO_GROUND) -> int:
    """With as many statements for many as for one."""
    states = states_now(rows, now=now)
    changed = defaultdict(list)
    for row in rows:
        if states[row.id] != row.state:
            changed[states[row.id]].append(row)
    for state, requests in changed.items():
        if state == State.PROVISIONED:
            _begin(requests, now)
        elif state == State.TIMED_OUT:
            _time_out(requests, now)
        else:
            _lose_ground(requests, by, reason, now)
    return sum(map(len, changed.values()))


def _begin(requests: Sequence[AccessRequest], now: datetime) -> None:
    """Their start has come. That they were activated was told when they were granted; this says that they
    have begun."""
    begins = Assignment.objects.filter(pk=OuterRef("result")).values("starts_at")
    move_all(requests, Step.START, at=Subquery(begins))
    audit.record_all(_begun(request, present(request.result), now) for request in requests)
    notices.tell_started(requests, now=now)


def _begun(request: AccessRequest, result: Assignment, now: datetime) -> AuditEvent:
    return event_of(
        AuditAction.ACTIVATION_STARTED,
        request,
        by=CLOCK,
        now=now,
        justification="",
        assignment=str(result.id),
        started_at=result.starts_at.isoformat(),
    )


def _time_out(requests: Sequence[AccessRequest], now: datetime) -> None:
    move_all(requests, Step.TIME_OUT, at=F("deadline_at"), reason=LAPSED)
    _say_closed(AuditAction.REQUEST_TIMED_OUT, requests, CLOCK, now)


def _lose_ground(requests: Sequence[AccessRequest], by: Party, reason: str, now: datetime) -> None:
    """A granted activation whose start lies ahead goes with its request."""
    move_all(requests, Step.CANCEL, at=Value(now), reason=reason)
    whys = {request.result_id: why(request).of_its_consequences for request in requests}
    given = Assignment.objects.filter(pk__in=filter(None, whys), ended_at__isnull=True).in_bulk_with_names()
    lost = Assignment.End.GROUND_LOST
    assignments.end_all([Ending(row, lost, by, now, whys[row.pk]) for row in given], now=now)
    _say_closed(AuditAction.REQUEST_CANCELED, requests, by, now)


def _say_closed(action: AuditAction, requests: Sequence[AccessRequest], by: Party, now: datetime) -> None:
    audit.record_all(
        event_of(action, request, by=by, now=now, justification="", outcome=Outcome.FAILURE)
        for request in requests
    )
    notices.tell_closed(requests, by=by, now=now)
