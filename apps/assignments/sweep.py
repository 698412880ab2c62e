"""Writes down what the clock has done already: event, notice, end. Access never waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import takewhile

from apps.assignments.models import Assignment
from apps.assignments.selectors import groundless, groundless_of
from apps.assignments.services import Ending, by_the_clock, end_all, lock_principals
from apps.audit.vocabulary import CLOCK
from apps.common.commands import command
from apps.common.isolation import as_many_as_can_be
from apps.common.paging import each_of, in_batches, soonest_first

BATCH = 250  # rows of one transaction: whoever else writes waits for as long as that takes

HasTime = Callable[[], bool]


def write_down_the_clock(*, now: datetime, has_time: HasTime = lambda: True) -> int:
    """End every row past its end, then every activation whose ground is gone, as long as there is time; the
    next run takes the rest. Returns how many were written. May run twice, may be killed anywhere."""
    due = Assignment.objects.past_their_end(now).values_list("id", "ends_at", "principal_id", named=True)
    ending = each_of(due, soonest_first("ends_at"), size=BATCH)
    written = _write(ending, lambda rows: _write_expired(rows, now), has_time)
    return written + _write(groundless(now=now), lambda rows: _write_ground_lost(rows, now), has_time)


def _write(rows: Iterable[Assignment], step: Callable[[Sequence[Assignment]], int], has_time: HasTime) -> int:
    batches = takewhile(lambda _: has_time(), in_batches(rows, BATCH))
    return sum(as_many_as_can_be(batch, step, what="End of an assignment") for batch in batches)


@command()
def _write_expired(rows: Sequence[Assignment], now: datetime) -> int:
    lock_principals(row.principal_id for row in rows)
    due = Assignment.objects.past_their_end(now).filter(pk__in=[row.id for row in rows]).in_bulk_with_names()
    endings = [by_the_clock(row) for row in due]
    end_all(endings, now=now)
    return len(endings)


@command()
def _write_ground_lost(rows: Sequence[Assignment], now: datetime) -> int:
    """Looks again under the lock: whoever got the ground back meanwhile keeps the activation."""
    lock_principals(row.principal_id for row in rows)
    running = Assignment.objects.not_ended(now).filter(pk__in=[row.id for row in rows]).with_names()
    lost = groundless_of(running, now=now)
    end_all([Ending(row, Assignment.End.GROUND_LOST, CLOCK, now) for row in lost], now=now)
    return len(lost)
