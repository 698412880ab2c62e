"""Warns of what ends soon: assignments two weeks and a day before, activations a quarter of an hour before.

Each kind goes through what ends, by the index on the end, from where it stopped. What a stopped worker missed
is told as it then is; what a later warning or the end itself tells is not told any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.assignments.models import Assignment, AssignmentQuerySet, ReminderProgress
from apps.assignments.notices.cells import admins_on_each
from apps.assignments.notices.soon import letters_before_the_end
from apps.common.lookup import present
from apps.common.paging import each_of, in_batches, soonest_first
from apps.notifications.services import notify_many
from apps.roles.selectors import rules_for_many

BATCH = 200
OVERLAP = timedelta(minutes=1)  # what was committed this late is met all the same


@dataclass(frozen=True)
class Reminder:
    """One kind: what ends in `lead`, or sooner, but not as soon as in `nearer`."""

    name: str
    origin: Assignment.Origin
    lead: timedelta
    nearer: timedelta = timedelta(0)


REMINDERS = (
    Reminder("ends_14d", Assignment.Origin.ASSIGNED, timedelta(days=14), nearer=timedelta(days=1)),
    Reminder("ends_1d", Assignment.Origin.ASSIGNED, timedelta(days=1)),
    Reminder("ends_15m", Assignment.Origin.ACTIVATED, timedelta(minutes=15)),
)


def remind_of_ends(*, now: datetime) -> int:
    """Tell of everything that has come this near to its end; answers how many assignments it told of. May run
    twice, may be killed anywhere: who is told already is not told again."""
    return sum(_remind(reminder, now) for reminder in REMINDERS)


def _remind(reminder: Reminder, now: datetime) -> int:
    told, reached = 0, now + reminder.lead - OVERLAP
    since = ReminderProgress.since(reminder.name, first=now, latest=reached)
    ending = each_of(_ending(reminder, since, now), soonest_first("ends_at"), size=BATCH)
    for rows in in_batches(ending, BATCH):
        told += _tell(reminder, rows, now)
    ReminderProgress.note(reminder.name, reached)
    return told


def _ending(reminder: Reminder, since: datetime, now: datetime) -> AssignmentQuerySet:
    """What somebody loses then: whoever is disabled does not."""
    return (
        Assignment.objects.filter(
            ended_at__isnull=True,
            origin=reminder.origin,
            ends_at__gte=since,
            ends_at__gt=now + reminder.nearer,
            ends_at__lte=now + reminder.lead,
        )
        .exclude(principal__user__is_enabled=False)
        .with_names()
        .select_related("principal__user")
    )


@transaction.atomic
def _tell(reminder: Reminder, rows: list[Assignment], now: datetime) -> int:
    """One batch, in a number of queries that does not grow with it. What was given for no longer than the
    warning comes before the end is not warned of."""
    due = [row for row in rows if present(row.ends_at) - row.starts_at > reminder.lead]
    rules = rules_for_many((row.role, row.governed_on) for row in due)
    admins = _admins(due, now)
    letters = {
        _key(row, reminder): letters_before_the_end(
            row, rules[row.role_id, row.governed_on.id], admins.get(row.resource_id, ()), now=now
        )
        for row in due
    }
    notify_many(letters, now=now)
    ReminderProgress.note(reminder.name, present(rows[-1].ends_at))
    return len(due)


def _admins(rows: Iterable[Assignment], now: datetime) -> Mapping[UUID, Iterable[User]]:
    return admins_on_each({row.resource for row in rows if not row.is_activated}, now=now)


def _key(row: Assignment, reminder: Reminder) -> str:
    """With the end: an assignment that was extended ends another time, and is warned of again."""
    return f"assignment:{row.id}:{reminder.name}:{present(row.ends_at).isoformat()}"
