"""What must be true after every fault, read from the database: nothing too long, lost, twice or stuck."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, F, OuterRef
from django_q.models import OrmQ, Schedule

from apps.access_requests.models import AccessRequest, Approval
from apps.access_requests.states import WAITING, Action, Family, State
from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.assignments.selectors import groundless, holdings_of_many
from apps.audit.models import AuditEvent, Unsealed
from apps.audit.vocabulary import AuditAction
from apps.audit.walking import conclude, step, whole_walk
from apps.jobs.models import Job
from apps.jobs.states import UNDER_WAY
from apps.notifications.models import Notice, WebhookDelivery

A = AuditAction
# What each of them sees once at most.
OF_A_REQUEST = {
    A.REQUEST_SUBMITTED,
    A.REQUEST_APPROVED,
    A.REQUEST_DENIED,
    A.REQUEST_CANCELED,
    A.REQUEST_TIMED_OUT,
    A.REQUEST_FAILED,
}
BEGINNINGS = {A.ASSIGNMENT_ADDED, A.ACTIVATION_ADDED}
ENDS = {A.ASSIGNMENT_ENDED, A.ACTIVATION_ENDED}

CLOSED_BY = {
    State.DENIED: A.REQUEST_DENIED,
    State.CANCELED: A.REQUEST_CANCELED,
    State.TIMED_OUT: A.REQUEST_TIMED_OUT,
    State.FAILED: A.REQUEST_FAILED,
}
_A_MOMENT = timedelta(seconds=5)
OF_A_KILLED_WORKER = 4  # tasks at most


@dataclass(frozen=True)
class Known:
    """What those outside know. `since`: what is older was not written by the portal. `acknowledged`: traces
    of changes that it said it had made. `mailed`: how often each notice came by mail, by its id; none, where
    mail is not sent. `skew`: how far the clocks of its machines differ."""

    since: datetime
    acknowledged: frozenset[str] = frozenset()
    mailed: Mapping[str, int] | None = None
    skew: timedelta = timedelta()


def faults(known: Known, *, now: datetime) -> list[str]:
    """A sentence for each thing that is wrong. What is under way is, too: ask until nothing is left."""
    log = _Log.read(known)
    return [
        *_too_long(known, now),
        *_lost(known, log),
        *_notices_lost(known),
        *_twice(known, log),
        *_stuck(now),
        *_forged(now),
    ]


# ---- No access longer than its end -------------------------------------------------------------------------


def _too_long(known: Known, now: datetime) -> Iterator[str]:
    for row in Assignment.objects.filter(ended_at__gt=F("ends_at") + known.skew):
        yield f"Assignment {row.id} ended {row.ended_at - row.ends_at} after its end."
    over = Assignment.objects.filter(ends_at__lte=now)
    holders = User.objects.filter(pk__in=over.values("principal_id"))
    in_force = {
        held.assignment.pk for each in holdings_of_many(holders, now=now).values() for held in each.active
    }
    yield from (f"Assignment {row.id} is in force after its end." for row in over if row.pk in in_force)


# ---- Nothing lost ------------------------------------------------------------------------------------------


@dataclass
class _Log:
    """What the audit log says, by what it says it of."""

    traces: set[str] = field(default_factory=set)
    of_requests: Counter[tuple[str, str]] = field(default_factory=Counter)
    begun: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)

    @classmethod
    def read(cls, known: Known) -> _Log:
        log = cls()
        events = AuditEvent.objects.filter(at__gte=known.since - known.skew)
        columns = ("action", "trace_id", "request_id", "details")
        for action, trace, request, details in events.values_list(*columns).iterator():
            log._take(AuditAction(action), trace, request, details)
        return log

    def _take(self, action: AuditAction, trace: str, request: str, details: dict[str, Any]) -> None:
        self.traces.add(trace)
        if action in OF_A_REQUEST:
            self.of_requests[action, request] += 1
        if action in BEGINNINGS:
            self.begun[details["assignment"]] += 1
        if action in ENDS:
            self.ended[details["assignment"]] += 1


def _lost(known: Known, log: _Log) -> Iterator[str]:
    yield from (f"Change {trace} was acknowledged and is gone." for trace in known.acknowledged - log.traces)
    for row in AccessRequest.objects.filter(created_at__gte=known.since):
        for action in {A.REQUEST_SUBMITTED, CLOSED_BY.get(State(row.state), A.REQUEST_SUBMITTED)}:
            if not log.of_requests[action, str(row.id)]:
                yield f"{row} is {row.state}, and {action} stands nowhere."
    for row in Assignment.objects.filter(created_at__gte=known.since):
        if not log.begun[str(row.id)]:
            yield f"Assignment {row.id} was given, and that stands nowhere."
        if row.ended_at and not log.ended[str(row.id)]:
            yield f"Assignment {row.id} has ended, and that stands nowhere."


def _notices_lost(known: Known) -> Iterator[str]:
    told = defaultdict(set)
    for key in Notice.objects.values_list("key", flat=True):
        of, _, what = key.rpartition(":")
        told[of].add(what)
    rows = AccessRequest.objects.filter(created_at__gte=known.since)
    for row in rows.annotate(was_decided=Exists(Approval.objects.filter(request=OuterRef("pk")))):
        for what in _told_of(row) - told[f"request:{row.id}"]:
            yield f"{row} is {row.state}, and there is no notice of that: {what}."
    expired = Assignment.objects.activated().filter(ended_how=Assignment.End.EXPIRED)
    for row in expired.filter(created_at__gte=known.since):
        if "ended" not in told[f"assignment:{row.id}"]:
            yield f"Assignment {row.id} has expired, and nobody was told."


def _told_of(row: AccessRequest) -> set[str]:
    """Of what somebody must have heard."""
    told = set()
    if row.was_decided or row.state in WAITING:
        told.add("approval_needed" if row.family == Family.ACTIVATION else "decision_needed")
    if row.was_decided:
        told.add("decided")
    elif row.state == State.TIMED_OUT:
        told.add("closed")
    elif row.action == Action.SELF_ACTIVATE and row.state == State.PROVISIONED:
        told.add("granted")
    return told


# ---- Nothing twice -----------------------------------------------------------------------------------------


def _twice(known: Known, log: _Log) -> Iterator[str]:
    for counted, name in ((log.of_requests, "request"), (log.begun, "beginning"), (log.ended, "end")):
        yield from (
            f"The {name} {of} was written {count} times." for of, count in counted.items() if count > 1
        )
    if known.mailed is None:
        return
    yield from (f"Notice {pk} was mailed {count} times." for pk, count in known.mailed.items() if count > 2)
    for pk in Notice.objects.filter(state=Notice.State.SENT).values_list("pk", flat=True):
        if not known.mailed.get(str(pk)):
            yield f"Notice {pk} counts as sent, and never came."


# ---- Nothing stuck -----------------------------------------------------------------------------------------


def _stuck(now: datetime) -> Iterator[str]:
    waiting = {
        "requests past their deadline": AccessRequest.objects.past_their_deadline(now),
        "ends that nobody has written down": Assignment.objects.past_their_end(now),
        "activations without ground": groundless(now=now),
        "mails": Notice.objects.to_send(),
        "webhook deliveries": WebhookDelivery.objects.due(now),
        "jobs under way": Job.objects.filter(state__in=UNDER_WAY),
        "periodic jobs that are late": Schedule.objects.filter(next_run__lt=now - _A_MOMENT),
        "unsealed events": Unsealed.objects.filter(at__lt=now - _A_MOMENT),
    }
    counts = {what: len(rows) for what, rows in waiting.items()}
    yield from (f"{count} {what} wait." for what, count in counts.items() if count)
    if (count := _not_ticked_off(now)) > OF_A_KILLED_WORKER:
        yield f"{count} tasks were taken from the queue just now, and nobody ticks them off."


def _not_ticked_off(now: datetime) -> int:
    """Of what was taken 10 to 20 seconds ago. Most takes no time; what a killed worker was at stays."""
    taken = now + timedelta(seconds=settings.Q_CLUSTER["retry"])
    return OrmQ.objects.filter(lock__range=(taken - 4 * _A_MOMENT, taken - 2 * _A_MOMENT)).count()


# ---- Nothing forged ----------------------------------------------------------------------------------------


def _forged(now: datetime) -> Iterator[str]:
    """As `manage.py audit verify` has it, without noting that it was asked."""
    walk = whole_walk()
    while not walk.is_over:
        walk, found = step(walk)
        yield from map(str, found)
    yield from map(str, conclude(walk, now=now))
