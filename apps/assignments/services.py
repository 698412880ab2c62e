"""Writing the facts. Whoever calls these has decided already; only `access_requests` and the sweep do.

Each writes the row, its audit event and what follows from it in one transaction. Callers hold the lock on the
principal's row (`lock_principal`), so that periods of one key cannot overlap, and before they judge and give
anything they `settle`, so that what the clock has ended is in nobody's way and no new ground revives it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from apps.accounts.models import Principal, User
from apps.assignments.models import ENDED_BY_LIMIT, Assignment, AssignmentQuerySet
from apps.assignments.notices.ending import Ended, tell_ended
from apps.assignments.selectors import without_ground
from apps.audit import services as audit
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import CLOCK, AuditAction, Party
from apps.common.commands import command
from apps.common.errors import Conflict
from apps.common.locks import lock_rows
from apps.common.lookup import present
from apps.common.period import Period, earliest
from apps.common.prepared import prepared
from apps.common.text import one_line
from apps.common.writing import insert
from apps.roles.models import Resource, RoleDefinition
from apps.roles.services.locks import keep_in_use


@dataclass(frozen=True)
class Why:
    """What the person said, and the request that it was said in, kept with every event that follows from it.
    `approver` is the name of whoever granted it, where it was not just done."""

    justification: str = ""
    ticket: str = ""
    approver: str = ""
    request_id: str = ""

    @property
    def of_its_consequences(self) -> Why:
        """Why what rests on it changes too: because of that request. What was said was said of the other."""
        return Why(request_id=self.request_id)


NO_REASON = Why()


@dataclass(frozen=True)
class Ending:
    """How an assignment ends, by whom, why, and when it does: that may be before it is written down."""

    row: Assignment
    how: Assignment.End
    by: Party
    at: datetime
    why: Why = NO_REASON

    @property
    def called(self) -> str:
        return one_line(self.by.called, ENDED_BY_LIMIT)

    def of(self, child: Assignment) -> Ending:
        """An activation ends with its ground, unless its own clock had run out before."""
        if child.ends_at is not None and child.ends_at <= self.at:
            return by_the_clock(child)
        return Ending(child, Assignment.End.GROUND_LOST, self.by, self.at, self.why.of_its_consequences)


def by_the_clock(row: Assignment) -> Ending:
    """At its own end."""
    return Ending(row, Assignment.End.EXPIRED, CLOCK, present(row.ends_at))


def lock_principal(principal_id: UUID) -> None:
    """Everything that changes what a principal holds passes here first, one after the other."""
    lock_rows(Principal, principal_id)


def lock_principals(ids: Iterable[UUID]) -> None:
    """`lock_principal` for many, always in the same order."""
    lock_rows(Principal, *ids)


def lock_assignment(assignment_id: UUID | None) -> None:
    """The ground of a row that is about to be written; after its principal, before the row itself."""
    if assignment_id is not None:
        lock_rows(Assignment, assignment_id)


@transaction.atomic(savepoint=False)
def assign(
    *,
    principal: Principal,
    role: RoleDefinition,
    resource: Resource,
    kind: Assignment.Kind,
    period: Period,
    by: Party,
    now: datetime,
    why: Why = NO_REASON,
) -> Assignment:
    """Give a role, eligible or active, for a period that may begin later. The principal is settled. Raises
    `Conflict` where the role or the resource has been retired."""
    keep_in_use(role)
    keep_in_use(resource)
    row = Assignment(
        principal=principal,
        role=role,
        resource=resource,
        kind=kind,
        starts_at=period.start,
        ends_at=period.end,
        created_at=now,
    )
    insert([row])
    _record(AuditAction.ASSIGNMENT_ADDED, row, by, now, why)
    return row


@transaction.atomic(savepoint=False)
def activate(
    *,
    eligible: Assignment,
    user: User,
    resource: Resource,
    period: Period,
    by: Party,
    now: datetime,
    why: Why = NO_REASON,
) -> Assignment:
    """Open the activation of an eligible assignment, on its resource or one below. The eligible row stays.
    The person is settled. Raises `Conflict` where the resource has been retired."""
    keep_in_use(resource)
    row = Assignment(
        principal=user.principal,
        activated_by=user,
        role=eligible.role,
        resource=resource,
        kind=Assignment.Kind.ACTIVE,
        origin=Assignment.Origin.ACTIVATED,
        parent=eligible,
        starts_at=period.start,
        ends_at=period.end,
        created_at=now,
    )
    insert([row])
    _record(AuditAction.ACTIVATION_ADDED, row, by, now, why)
    return row


@command()
def change_period(
    assignment: Assignment, *, period: Period, by: Party, now: datetime, why: Why = NO_REASON
) -> None:
    """Give an assignment another period. Raises `Conflict` when it has ended meanwhile."""
    _update_running(assignment, now, starts_at=period.start, ends_at=period.end)
    before = [
        assignment.starts_at.isoformat(),
        assignment.ends_at.isoformat() if assignment.ends_at else None,
    ]
    assignment.starts_at, assignment.ends_at = period.start, period.end
    _record(AuditAction.ASSIGNMENT_CHANGED, assignment, by, now, why, before=before)
    for child in assignment.activations.not_ended(now).with_names().order_by("pk"):
        _fit_child(child, ground=period, by=by, now=now, why=why.of_its_consequences)


@command()
def move_end(
    assignment: Assignment, *, ends_at: datetime, by: Party, now: datetime, why: Why = NO_REASON
) -> None:
    """Let a running activation last until `ends_at`. Raises `Conflict` when it has ended meanwhile."""
    _update_running(assignment, now, ends_at=ends_at)
    before, assignment.ends_at = assignment.ends_at, ends_at
    details = {"ended_before": before.isoformat()} if before else {}
    _record(AuditAction.ACTIVATION_EXTENDED, assignment, by, now, why, **details)


@command()
def end(
    assignment: Assignment,
    *,
    how: Assignment.End,
    by: Party,
    now: datetime,
    at: datetime | None = None,
    why: Why = NO_REASON,
) -> None:
    """End an assignment, and what was activated from it. `at` is when it really ended, where the clock did it
    before anybody wrote it down. Raises `Conflict` when somebody was faster."""
    end_all([Ending(assignment, how, by, at or now, why)], now=now)


@command()
def end_all(endings: Sequence[Ending], *, now: datetime) -> None:
    """`end` many, and what was activated from them, in a number of statements that does not grow with them.
    Raises `Conflict` when somebody was faster with one of them: then none of them is ended."""
    if not endings:
        return
    _write_ends(endings, now)
    audit.record_all(_end_event(each, now) for each in endings)
    tell_ended([Ended(each.row, each.by, each.why.justification) for each in endings], now=now)
    grounds = {each.row.pk: each for each in endings if not each.row.is_activated}
    end_all([grounds[present(row.parent_id)].of(row) for row in _resting_on(grounds)], now=now)


@transaction.atomic(savepoint=False)
def settle(*, principal_id: UUID, now: datetime, by: Party = CLOCK) -> None:
    """Write down what has ended for one principal and what has lost its ground, so that neither is in a new
    row's way. `by`: who took the ground, where that was not the clock. One query, where nothing has ended."""
    ids = _to_settle(principal_id, now)  # for most there is none
    rows = list(Assignment.objects.filter(pk__in=ids).with_holder()) if ids else []
    past = [row for row in rows if row.ends_at is not None and row.ends_at <= now]
    lost = without_ground((row for row in rows if row not in past), now=now)
    _end_running(past, by_the_clock, now=now)
    _end_running(lost, lambda row: Ending(row, Assignment.End.GROUND_LOST, by, now), now=now)


@prepared
def _to_settle(principal_id: UUID, now: datetime) -> QuerySet[Assignment, UUID]:
    rows = Assignment.objects.filter(principal_id=principal_id).to_settle(now)
    return rows.values_list("id", flat=True)


def _end_running(
    rows: Collection[Assignment], ending: Callable[[Assignment], Ending], *, now: datetime
) -> None:
    """`end_all` of these that nobody has ended meanwhile: those, with their names, are looked at again."""
    if rows:
        running = Assignment.objects.filter(pk__in=[row.pk for row in rows], ended_at__isnull=True)
        end_all([ending(row) for row in _in_order(running.with_names())], now=now)


def _update_running(assignment: Assignment, now: datetime, **columns: datetime | None) -> None:
    """Change what has not ended, or raise `Conflict`: somebody, or the clock, was faster."""
    if not Assignment.objects.filter(pk=assignment.pk).not_ended(now).update(**columns):
        raise Conflict("This has ended already.")


def _write_ends(endings: Sequence[Ending], now: datetime) -> None:
    """Those that end alike with one statement."""
    alike = defaultdict(list)
    if len(endings) > 1:
        lock_rows(Assignment, *(each.row.pk for each in endings))
    for each in endings:
        is_expired = each.how == Assignment.End.EXPIRED
        alike[each.how, each.called, None if is_expired else each.at].append(each.row.pk)
    for (how, called, at), ids in alike.items():
        running = Assignment.objects.filter(pk__in=ids, ended_at__isnull=True)
        due = running.past_their_end(now) if at is None else running
        if due.update(ended_at=at or F("ends_at"), ended_how=how, ended_by=called) < len(ids):
            raise Conflict("This has ended already.")
    for each in endings:
        row = each.row
        row.ended_at, row.ended_how, row.ended_by = each.at, each.how, each.called


def _resting_on(ids: Collection[UUID]) -> AssignmentQuerySet:
    """What was activated from these and has not ended. Who is ending one at this moment is waited for."""
    if not ids:
        return Assignment.objects.none()
    return _in_order(Assignment.objects.filter(parent__in=ids, ended_at__isnull=True).with_names())


def _in_order(rows: AssignmentQuerySet) -> AssignmentQuerySet:
    """Locked, one after the other: whoever ends a holder's rows, and whoever ends what they rest on, come to
    the same ones, and would wait for each other for ever."""
    return rows.select_for_update(of=("self",), no_key=True).order_by("pk")


def _end_event(ending: Ending, now: datetime) -> AuditEvent:
    row = ending.row
    action = AuditAction.ACTIVATION_ENDED if row.is_activated else AuditAction.ASSIGNMENT_ENDED
    ended = {"how": ending.how, "ended_at": ending.at.isoformat()}
    return _event(action, row, ending.by, now, ending.why, **ended)


def _fit_child(child: Assignment, *, ground: Period, by: Party, now: datetime, why: Why) -> None:
    """An activation never says that it lasts where its ground does not: it ends when that has moved away from
    under it, and else with it. One that somebody ended at the same moment says nothing."""
    if not (ground.contains(now) and ground.contains(max(child.starts_at, now))):
        _end_running([child], lambda row: Ending(row, Assignment.End.GROUND_LOST, by, now, why), now=now)
    elif earliest(child.ends_at, ground.end) != child.ends_at:
        with suppress(Conflict):
            change_period(child, period=Period(child.starts_at, ground.end), by=by, now=now, why=why)


def _record(
    action: AuditAction, row: Assignment, by: Party, now: datetime, why: Why, **details: object
) -> None:
    audit.record_all([_event(action, row, by, now, why, **details)])


def _event(
    action: AuditAction, row: Assignment, by: Party, now: datetime, why: Why, **details: object
) -> AuditEvent:
    return audit.event_of(
        action,
        actor=by,
        at=now,
        target=row.principal.party,
        role=row.role.name,
        place=row.resource.place,
        justification=why.justification,
        ticket=why.ticket,
        approver=why.approver,
        request_id=why.request_id,
        details={
            "assignment": str(row.id),
            "kind": row.kind,
            "starts_at": row.starts_at.isoformat(),
            "ends_at": row.ends_at.isoformat() if row.ends_at else None,
            **details,
        },
    )
