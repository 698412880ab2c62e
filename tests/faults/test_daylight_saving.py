"""The hour that comes twice, and the one that is skipped: what counts minutes, and what keeps to the wall."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from apps.assignments.models import Assignment
from apps.assignments.reminders import remind_of_ends
from apps.assignments.selectors import holdings_of
from apps.assignments.sweep import write_down_the_clock
from apps.notifications.models import Notice
from apps.notifications.policy import after_quiet, next_digest
from tests.factories import activate, assign, make_user

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
CHANGES = {  # one o'clock in UTC
    "the hour comes twice": datetime(2026, 10, 25, 1, tzinfo=UTC),
    "the hour is skipped": datetime(2027, 3, 28, 1, tzinfo=UTC),
}

both_ways = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())


def each(step: timedelta, begin: datetime, end: datetime) -> Iterator[datetime]:
    while begin <= end:
        yield begin
        begin += step


@both_ways
@pytest.mark.django_db
def test_an_activation_lasts_exactly_its_minutes(change):
    began = change - 90 * MINUTE
    person = make_user(now=began, time_zone="Europe/Berlin")
    row = activate(assign(person, now=began), person, now=began, minutes=180).result

    in_force = [
        instant
        for instant in each(10 * MINUTE, began - 30 * MINUTE, began + 5 * HOUR)
        if holdings_of(person, now=instant).active
    ]

    assert in_force == list(each(10 * MINUTE, began, began + 170 * MINUTE))
    assert write_down_the_clock(now=began + 5 * HOUR) == 1
    row.refresh_from_db()
    assert (row.ended_at - row.starts_at, row.ended_how) == (180 * MINUTE, Assignment.End.EXPIRED)


@both_ways
@pytest.mark.django_db
def test_its_end_is_announced_once(change):
    began = change - 90 * MINUTE
    person = make_user(now=began, time_zone="Europe/Berlin")
    activate(assign(person, now=began), person, now=began, minutes=120)

    for instant in each(10 * MINUTE, began + HOUR, began + 3 * HOUR):
        remind_of_ends(now=instant)

    assert Notice.objects.filter(key__contains=":ends_15m:", recipient_id=person.id).count() == 1


@both_ways
@pytest.mark.parametrize("hour", range(5))
def test_there_is_one_digest_a_day(change, hour):
    first, last = change - 48 * HOUR, change + 48 * HOUR

    digests = {next_digest(hour, BERLIN, now=instant) for instant in each(15 * MINUTE, first, last)}

    days = [digest.astimezone(BERLIN).date() for digest in digests]
    assert len(days) == len(set(days)) == (max(days) - min(days)).days + 1


@both_ways
@pytest.mark.parametrize(("begin", "end"), [(22, 2), (1, 3), (2, 3), (2, 6)])
def test_what_waits_for_the_end_of_quiet_hours_waits_for_one_instant(change, begin, end):
    """However long those are that night, and never for a time that is over."""
    ends = {
        after_quiet(time(begin), time(end), BERLIN, now=instant) - instant
        for instant in each(5 * MINUTE, change - 24 * HOUR, change + 24 * HOUR)
    }

    assert min(ends) >= timedelta()
    assert max(ends) <= timedelta(hours=(end - begin) % 24 + 1)
