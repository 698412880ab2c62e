"""Writes down each day once it is over. A day that is written again comes out the same.

It is written a few places at a time, so that nobody waits who wants to write meanwhile. It counts once all of
it is there (`CountedDay`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID

from django.db.models import Exists, Max, Min, OuterRef, Q

from apps.assignments.models import Assignment, AssignmentQuerySet, CountedDay, DailyAccess
from apps.assignments.roll_ups.counting import DAY, Row, Totals, day_of, start_of, totals_of
from apps.common.paging import in_batches

DAYS_AT_ONCE = 3  # per run, so that it ends before its lease does; the next one takes more
# An end may be written down late, while the worker stands still: with each new day the ones before it are
# counted again. One that comes later still changes no day that has been counted.
COUNTED_AGAIN = timedelta(days=2)
_AT_ONCE = 500  # rows written with one statement
_PLACES_AT_ONCE = 50


def roll_up(*, now: datetime) -> int:
    """Count the days that are over and not written yet, the oldest first. Repeatable, and may be killed
    anywhere: a day that is not whole is written again. Returns how many days had anything to count."""
    written = 0
    for day in _due(day_of(now) - DAY):
        written += _write_day(day)
        if written == DAYS_AT_ONCE:
            break
    return written


def _due(yesterday: date) -> Iterator[date]:
    """From the day after the last one that was written, or the first on which anything was held."""
    last = CountedDay.objects.aggregate(last=Max("day"))["last"]
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


def _write_day(day: date) -> bool:
    """Of two workers at once the second one writes the same over it."""
    found = False
    for places in in_batches(_places_of(day), _PLACES_AT_ONCE):
        rows = list(_rows_of(day, places))  # before anything is written: reading locks nothing
        for some in in_batches(rows, _AT_ONCE):
            DailyAccess.objects.bulk_create(
                some,
                update_conflicts=True,
                unique_fields=["day", "role", "resource"],
                update_fields=list(Totals.__dataclass_fields__),
            )
            found = True
    _take_away_nothing(day)
    CountedDay.objects.bulk_create([CountedDay(day=day)], ignore_conflicts=True)
    return found


def _places_of(day: date) -> list[UUID]:
    """Where anything was held."""
    return sorted(_overlapping(day).order_by().values_list("resource_id", flat=True).distinct())


def _rows_of(day: date, places: Collection[UUID]) -> Iterator[DailyAccess]:
    """Rows of one role and resource come together, so none but the current ones are held in memory."""
    held = _overlapping(day).filter(resource_id__in=places).order_by("resource_id", "role_id")
    found = map(Row._make, held.values_list(*Row._fields).iterator(chunk_size=_AT_ONCE))
    for (role_id, resource_id), rows in groupby(found, key=lambda row: row[:2]):
        totals = asdict(totals_of(rows, day))
        yield DailyAccess(day=day, role_id=role_id, resource_id=resource_id, **totals)


def _take_away_nothing(day: date) -> None:
    """What says that nothing was held: it began and ended at once, or its end came late to light."""
    pair = _overlapping(day).filter(role_id=OuterRef("role_id"), resource_id=OuterRef("resource_id"))
    nothing = Q(**asdict(Totals())) | ~Exists(pair)
    DailyAccess.objects.filter(nothing, day=day).delete()


def _overlapping(day: date) -> AssignmentQuerySet:
    begins = start_of(day)
    return Assignment.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=begins),
        Q(ended_at__isnull=True) | Q(ended_at__gt=begins),
        starts_at__lt=begins + DAY,
    )
