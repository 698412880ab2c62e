"""Writes down each day once it is over. A day that is written again comes out the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import date, datetime, timedelta
from itertools import groupby

from django.db import transaction
from django.db.models import Max, Min, Q

from apps.assignments.models import Assignment, AssignmentQuerySet, DailyAccess
from apps.assignments.roll_ups.counting import DAY, Row, Totals, day_of, start_of, totals_of
from apps.common.paging import in_batches

DAYS_AT_ONCE = 3  # per run, so that it ends before its lease does; the next one takes more
# An end may be written down late, while the worker stands still: with each new day the ones before it are
# counted again. One that comes later still changes no day that has been counted.
COUNTED_AGAIN = timedelta(days=2)
_AT_ONCE = 500  # rows read, and written, with one statement


def roll_up(*, now: datetime) -> int:
    """Count the days that are over and not written yet, the oldest first. Repeatable, and may be killed
    anywhere: each day is one transaction. Returns how many days had anything to count."""
    written = 0
    for day in _due(day_of(now) - DAY):
        written += _write_day(day)
        if written == DAYS_AT_ONCE:
            break
    return written


def _due(yesterday: date) -> Iterator[date]:
    """From the day after the last one that was written, or the first on which anything was held."""
    last = DailyAccess.objects.aggregate(last=Max("day"))["last"]
    if last is not None and last >= yesterday:
        return
    begun = Assignment.objects.aggregate(first=Min("starts_at"))["first"]
    if begun is None:
        return
    first = day_of(begun)
    day = first if last is None else max(first, min(last + DAY, yesterday - COUNTED_AGAIN))
    while day <= yesterday:
        yield day
        day += DAY


@transaction.atomic
def _write_day(day: date) -> bool:
    """Of two workers at once the second one writes the same over it."""
    DailyAccess.objects.filter(day=day).delete()
    found = False
    for some in in_batches(_rows_of(day), _AT_ONCE):
        DailyAccess.objects.bulk_create(
            some,
            update_conflicts=True,
            unique_fields=["day", "role", "resource"],
            update_fields=list(Totals.__dataclass_fields__),
        )
        found = True
    return found


def _rows_of(day: date) -> Iterator[DailyAccess]:
    """Rows of one role and resource come together, so none but the current ones are held in memory."""
    for (role_id, resource_id), rows in groupby(_overlapping(day), key=lambda row: row[:2]):
        totals = totals_of(rows, day)
        if totals != Totals():
            yield DailyAccess(day=day, role_id=role_id, resource_id=resource_id, **asdict(totals))


def _overlapping(day: date) -> Iterable[Row]:
    begins = start_of(day)
    rows: AssignmentQuerySet = Assignment.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=begins),
        Q(ended_at__isnull=True) | Q(ended_at__gt=begins),
        starts_at__lt=begins + DAY,
    )
    columns = rows.order_by("role_id", "resource_id").values_list(*Row._fields)
    return map(Row._make, columns.iterator(chunk_size=_AT_ONCE))
