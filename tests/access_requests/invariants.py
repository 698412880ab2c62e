"""What must never be false (design, section 4), read from the rows alone, without the code under test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Any
from uuid import UUID

from apps.access_requests.models import AccessRequest, Approval
from apps.access_requests.states import Action, State
from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.roles import built_in

CLOSED = {"provisioned", "denied", "canceled", "timed_out", "failed", "revoked"}
WAITING = {"pending_approval", "pending_admin_decision"}


def every_row() -> list[Assignment]:
    return list(Assignment.objects.select_related("principal", "resource", "parent__resource"))


def check(rows: list[Assignment], now: datetime) -> None:
    """Every sentence of the table at once, for the tables that exist."""
    requests = list(AccessRequest.objects.prefetch_related("approvals"))
    for row in rows:
        _assignment_is_sound(row)
        if row.origin == "activated" and row.ended_at is None:
            _activation_stays_within_its_ground(row)
    _assigned_once(rows)
    _activations_never_overlap(rows)
    for request in requests:
        _request_is_sound(request)
    _one_waits_per_key(requests)
    _every_activation_was_asked_for(rows, requests)
    _an_administrator_remains(rows, now)


def held_by(user: User, rows: Iterable[Assignment], now: datetime) -> set[UUID]:
    """The ids of what this person holds now, by the definition: whatever there is a proof for."""
    proofs = _Proofs(user, [row for row in rows if _runs(row, now)], now)
    return {row.id for row in proofs.rows if proofs.holds(row)} if user.is_enabled else set()


def over(user: User, rows: Iterable[Assignment], now: datetime) -> set[UUID]:
    """Those of this person's activations that could run, but rest on nothing any more."""
    rows = list(rows)
    mine = {row.id for row in rows if row.activated_by_id == user.id and _runs(row, now)}
    return mine - held_by(user, rows, now)


@dataclass(frozen=True)
class _Proofs:
    """Finds proofs: a way into a group is a chain of memberships, all running now, all begun by `since`."""

    user: User
    rows: list[Assignment]
    now: datetime

    def holds(self, row: Assignment) -> bool:
        return self._reaches(row.principal_id, self.now, ()) and self._stands(row, ())

    def _reaches(self, principal_id: UUID, since: datetime, trail: tuple[Assignment, ...]) -> bool:
        """Whether the principal is this person, or a group they have been in since then by one way."""
        return principal_id == self.user.id or any(
            self._reaches(row.principal_id, since, (*trail, row)) and self._stands(row, (*trail, row))
            for row in self.rows
            if row.resource.group_id == principal_id
            and (row.role_id, row.kind) == (built_in.GROUP_MEMBER, "active")
            and row.starts_at <= since
            and row not in trail
        )

    def _stands(self, row: Assignment, trail: tuple[Assignment, ...]) -> bool:
        ground = row.parent
        return ground is None or (
            _runs(ground, self.now) and self._reaches(ground.principal_id, row.created_at, trail)
        )


def _runs(row: Assignment, now: datetime) -> bool:
    return row.ended_at is None and row.starts_at <= now and (row.ends_at is None or now < row.ends_at)


# ---- Assignments -------------------------------------------------------------------------------------------


def _assignment_is_sound(row: Assignment) -> None:
    assert row.ends_at is None or row.starts_at < row.ends_at
    assert (row.origin == "activated") == (row.parent_id is not None)
    assert row.origin == "assigned" or row.principal.kind == "user"
    assert (row.ended_at is None) == (row.ended_how == "")


def _activation_stays_within_its_ground(row: Assignment) -> None:
    ground = row.parent
    assert ground.kind == "eligible"
    assert row.kind == "active"
    assert row.role_id == ground.role_id
    assert row.resource.path.startswith(ground.resource.path)
    assert ground.starts_at <= row.starts_at
    assert row.ends_at is not None
    assert ground.ends_at is None or row.ends_at <= ground.ends_at


def _assigned_once(rows: list[Assignment]) -> None:
    keys = [
        (row.principal_id, row.role_id, row.resource_id, row.kind)
        for row in rows
        if row.origin == "assigned" and row.ended_at is None
    ]
    assert len(keys) == len(set(keys))


def _activations_never_overlap(rows: list[Assignment]) -> None:
    activated = [row for row in rows if row.origin == "activated"]
    for one, other in combinations(activated, 2):
        if (one.principal_id, one.role_id, one.resource_id) == (
            other.principal_id,
            other.role_id,
            other.resource_id,
        ):
            assert _end(one) <= other.starts_at or _end(other) <= one.starts_at or _is_empty(one, other)


def _end(row: Assignment) -> datetime:
    return row.ends_at if row.ended_at is None else min(row.ends_at, row.ended_at)


def _is_empty(*rows: Assignment) -> bool:
    """Whether one of them ended before it began."""
    return any(_end(row) <= row.starts_at for row in rows)


def _an_administrator_remains(rows: list[Assignment], now: datetime) -> None:
    counting = {
        row.principal_id
        for row in rows
        if row.role_id == built_in.GLOBAL_ADMINISTRATOR
        and (row.kind, row.origin, row.ends_at) == ("active", "assigned", None)
        and _runs(row, now)
    }
    assert User.objects.filter(id__in=counting, is_enabled=True).exists()


# ---- Requests ----------------------------------------------------------------------------------------------


def _request_is_sound(request: AccessRequest) -> None:
    assert (request.state in CLOSED) == (request.closed_at is not None)
    approvals = list(request.approvals.all())
    assert len(approvals) <= 1
    for approval in approvals:
        assert approval.approver_id not in (request.requester_id, request.principal_id)
        assert approval.requester_id == request.requester_id
    if request.state == State.DENIED:
        assert [approval.decision for approval in approvals] == [Approval.Decision.DENIED]
    if request.state in {State.GRANTED, State.PROVISIONED, State.FAILED}:
        assert all(approval.decision == Approval.Decision.APPROVED for approval in approvals)
    if _somebody_had_to_decide(request):
        assert approvals or request.state not in {State.GRANTED, State.PROVISIONED}


def _somebody_had_to_decide(request: AccessRequest) -> bool:
    if _asks_for_activation(request):
        return request.snapshot["rules"]["requires_approval"]
    return request.deadline_at is not None


def _one_waits_per_key(requests: list[AccessRequest]) -> None:
    keys = [
        (request.principal_id, request.role_id, request.resource_id, request.family)
        for request in requests
        if request.state in WAITING
    ]
    assert len(keys) == len(set(keys))


def _every_activation_was_asked_for(rows: list[Assignment], requests: list[AccessRequest]) -> None:
    """No activation without a request of its holder for its own eligible assignment."""
    asked = {
        (request.result_id, request.principal_id, request.requester_id, request.eligible_id)
        for request in requests
        if _asks_for_activation(request)
        and request.state in {State.GRANTED, State.PROVISIONED, State.CANCELED}
    }
    for row in rows:
        if row.origin == "activated":
            assert (row.id, row.principal_id, row.principal_id, row.parent_id) in asked


def _asks_for_activation(request: AccessRequest) -> bool:
    return request.action == Action.SELF_ACTIVATE


# ---- What was written ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Written:
    """The state of every request, the periods of every assignment, and the events about them."""

    requests: dict[str, str]
    assignments: dict[str, Assignment]
    events: dict[Any, tuple[str, str]]

    @classmethod
    def read(cls) -> Written:
        events = AuditEvent.objects.values_list("id", "action", "details")
        return cls(
            requests={str(id_): state for id_, state in AccessRequest.objects.values_list("id", "state")},
            assignments={str(row.id): row for row in Assignment.objects.all()},
            events={
                id_: (action, details.get("request") or details.get("assignment", ""))
                for id_, action, details in events
            },
        )

    @staticmethod
    def counts() -> tuple[int, ...]:
        return tuple(model.objects.count() for model in (AccessRequest, Assignment, AuditEvent))

    def check_since(self, before: Written) -> None:
        """Each change since then has its event, and each event its change. To give an assignment the period
        that it has is told, too, and so is that nobody else could decide."""
        told = [event for id_, event in self.events.items() if id_ not in before.events and event[1]]
        expected = [*self._of_requests(before), *self._of_assignments(before)]
        idle = [event for event in told if event[0] in _BESIDES]
        assert sorted(set(told) - set(idle)) == sorted(set(expected) - set(idle))
        assert len(told) == len(set(told))

    def _of_requests(self, before: Written) -> Iterator[tuple[str, str]]:
        for id_, state in self.requests.items():
            if id_ not in before.requests:
                yield AuditAction.REQUEST_SUBMITTED, id_
            elif before.requests[id_] != state:
                yield from ((action, id_) for action in _EVENTS[before.requests[id_], state])

    def _of_assignments(self, before: Written) -> Iterator[tuple[str, str]]:
        for id_, row in self.assignments.items():
            subject = "activation" if row.is_activated else "assignment"
            earlier = before.assignments.get(id_)
            if earlier is None:
                yield f"{subject}.added", id_
            elif earlier.period != row.period:
                is_longer = row.is_activated and earlier.ends_at < row.ends_at
                yield "activation.extended" if is_longer else "assignment.changed", id_
            if row.ended_at is not None and (earlier is None or earlier.ended_at is None):
                yield f"{subject}.ended", id_


_BESIDES = {AuditAction.ASSIGNMENT_CHANGED, AuditAction.GRANTED_ONESELF}
_APPROVED = (AuditAction.REQUEST_APPROVED,)
_EVENTS: dict[tuple[str, str], tuple[str, ...]] = {
    (State.PENDING_APPROVAL, State.PROVISIONED): _APPROVED,
    (State.PENDING_APPROVAL, State.GRANTED): _APPROVED,
    (State.PENDING_APPROVAL, State.FAILED): (*_APPROVED, AuditAction.REQUEST_FAILED),
    (State.PENDING_APPROVAL, State.DENIED): (AuditAction.REQUEST_DENIED,),
    (State.PENDING_APPROVAL, State.CANCELED): (AuditAction.REQUEST_CANCELED,),
    (State.PENDING_APPROVAL, State.TIMED_OUT): (AuditAction.REQUEST_TIMED_OUT,),
    (State.PENDING_ADMIN_DECISION, State.PROVISIONED): _APPROVED,
    (State.PENDING_ADMIN_DECISION, State.FAILED): (*_APPROVED, AuditAction.REQUEST_FAILED),
    (State.PENDING_ADMIN_DECISION, State.DENIED): (AuditAction.REQUEST_DENIED,),
    (State.PENDING_ADMIN_DECISION, State.CANCELED): (AuditAction.REQUEST_CANCELED,),
    (State.PENDING_ADMIN_DECISION, State.TIMED_OUT): (AuditAction.REQUEST_TIMED_OUT,),
    (State.GRANTED, State.CANCELED): (AuditAction.REQUEST_CANCELED,),
    (State.GRANTED, State.PROVISIONED): (AuditAction.ACTIVATION_STARTED,),
}
