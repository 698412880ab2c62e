"""What is written down of each day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from apps.assignments.models import Assignment, CountedDay, DailyAccess
from apps.assignments.roll_ups.counting import Row, Totals, totals_of
from apps.assignments.roll_ups.reading import days_counted
from apps.assignments.roll_ups.writing import roll_up
from apps.roles import built_in
from tests.factories import activate, assign, make_active, make_user

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
TODAY = date(2026, 11, 24)
MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)
NEXT = MIDNIGHT + DAY
WHOLE_DAY = 24 * 60
ELIGIBLE, ACTIVE = Assignment.Kind


def row(starts_at, ends_at=None, ended_at=None, *, kind=ACTIVE, activated=False):
    origin = Assignment.Origin.ACTIVATED if activated else Assignment.Origin.ASSIGNED
    return Row(uuid4(), uuid4(), kind, origin, starts_at, ends_at, ended_at)


def counted(*rows):
    return totals_of(rows, TODAY)


# ---- One day -----------------------------------------------------------------------------------------------


def test_counts_nothing_where_nothing_was_held():
    assert counted() == Totals()


def test_counts_a_whole_day_of_what_ran_before_and_after():
    assert counted(row(MIDNIGHT - DAY)) == Totals(standing_minutes=WHOLE_DAY, permanent=1)


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "minutes"),
    [
        (MIDNIGHT, NEXT, WHOLE_DAY),
        (MIDNIGHT - HOUR, MIDNIGHT + HOUR, 60),
        (NEXT - HOUR, NEXT + HOUR, 60),
        (MIDNIGHT + HOUR, MIDNIGHT + 3 * HOUR, 120),
        (MIDNIGHT - HOUR, MIDNIGHT, 0),  # the day begins as it ends
        (MIDNIGHT - HOUR, MIDNIGHT + MINUTE, 1),
        (NEXT, NEXT + HOUR, 0),  # the next day begins with it
        (NEXT - MINUTE, NEXT + HOUR, 1),
    ],
)
def test_counts_the_minutes_within_the_day(starts_at, ends_at, minutes):
    assert counted(row(starts_at, ends_at)).standing_minutes == minutes
    assert counted(row(starts_at, ends_at, activated=True)).activated_minutes == minutes


@pytest.mark.parametrize(
    ("ended_at", "minutes"),
    [(MIDNIGHT, 0), (MIDNIGHT + HOUR, 60), (NEXT, WHOLE_DAY), (NEXT + DAY, WHOLE_DAY)],
)
def test_counts_to_the_end_that_came_before_its_time(ended_at, minutes):
    assert counted(row(MIDNIGHT, NEXT + 9 * DAY, ended_at)).standing_minutes == minutes


def test_counts_what_the_clock_has_ended_and_nobody_wrote_down():
    assert counted(row(MIDNIGHT, MIDNIGHT + HOUR)) == Totals(standing_minutes=60)


def test_adds_up_seconds_before_it_counts_minutes():
    half = timedelta(seconds=30)

    assert counted(*[row(MIDNIGHT, MIDNIGHT + half)] * 3).standing_minutes == 1


def test_counts_no_access_of_who_is_eligible():
    assert counted(row(MIDNIGHT, kind=ELIGIBLE)) == Totals(eligible=1)


@pytest.mark.parametrize(
    ("starts_at", "activations"),
    [(MIDNIGHT - MINUTE, 0), (MIDNIGHT, 1), (NEXT - MINUTE, 1), (NEXT, 0)],
)
def test_counts_activations_on_the_day_they_began(starts_at, activations):
    assert counted(row(starts_at, starts_at + HOUR, activated=True)).activations == activations


def test_counts_no_activation_that_was_taken_back_before_it_began():
    assert counted(row(MIDNIGHT + 2 * HOUR, MIDNIGHT + 3 * HOUR, MIDNIGHT + HOUR, activated=True)) == Totals()


@pytest.mark.parametrize(("ends_at", "active"), [(NEXT - MINUTE, 0), (NEXT, 1), (NEXT + MINUTE, 1)])
def test_counts_what_lasted_until_the_day_was_over(ends_at, active):
    assert counted(row(MIDNIGHT, ends_at)).active == active
    assert counted(row(MIDNIGHT, ends_at, activated=True)).active == active
    assert counted(row(MIDNIGHT, ends_at, kind=ELIGIBLE)).eligible == active


def test_counts_what_was_permanent_until_somebody_ended_it_later():
    assert counted(row(MIDNIGHT, None, NEXT + HOUR)).permanent == 1
    assert counted(row(MIDNIGHT, None, NEXT - HOUR)).permanent == 0


# ---- The table ---------------------------------------------------------------------------------------------


def written():
    columns = (
        "day",
        "standing_minutes",
        "activated_minutes",
        "activations",
        "eligible",
        "active",
        "permanent",
    )
    return [*DailyAccess.objects.order_by("day", "role__name").values_list(*columns)]


@pytest.mark.postgres
def test_writes_each_day_that_is_over(eligible, requester, now):
    activate(eligible, requester, minutes=90, now=now)

    assert roll_up(now=now + DAY) == 1
    assert roll_up(now=now + 3 * DAY) == 3  # that one again

    assert written() == [
        (TODAY, 0, 90, 1, 1, 0, 0),
        (TODAY + DAY, 0, 0, 0, 1, 0, 0),
        (TODAY + 2 * DAY, 0, 0, 0, 1, 0, 0),
    ]


def test_counts_a_role_on_a_resource_once_for_all_who_hold_it(administrator, now):
    for _ in range(2):
        make_active(make_user(now=now), built_in.SECURITY_READER, now=now)

    roll_up(now=now + DAY)

    until_midnight = 11 * 60
    assert written() == [(TODAY, until_midnight, 0, 0, 0, 0, 1), (TODAY, 2 * until_midnight, 0, 0, 0, 0, 2)]


def test_writes_nothing_of_a_day_that_is_not_over(eligible, now):
    assert roll_up(now=NEXT - MINUTE) == 0
    assert roll_up(now=NEXT) == 1
    assert roll_up(now=NEXT) == 0


def test_catches_up_a_few_days_at_a_time(eligible, now):
    assert [roll_up(now=now + 16 * DAY) for _ in range(7)] == [3] * 6 + [0]  # two of those again
    assert [row[0] for row in written()] == [TODAY + n * DAY for n in range(16)]


@pytest.mark.postgres
def test_counts_an_end_that_was_written_late(eligible, requester, now):
    activate(eligible, requester, minutes=120, now=now)
    roll_up(now=now + DAY)
    Assignment.objects.activated().update(ended_at=now + HOUR, ended_how=Assignment.End.GROUND_LOST)
    Assignment.objects.eligible().update(ended_at=now + HOUR, ended_how=Assignment.End.REMOVED)

    roll_up(now=now + 2 * DAY)

    assert written() == [(TODAY, 0, 60, 1, 0, 0, 0)]


@pytest.mark.postgres
def test_writes_a_day_again_that_was_left_half(eligible, requester, now):
    activate(eligible, requester, minutes=90, now=now)
    roll_up(now=now + DAY)
    whole = written()
    DailyAccess.objects.update(activated_minutes=7)
    CountedDay.objects.all().delete()

    assert days_counted().last is None
    roll_up(now=now + DAY)

    assert written() == whole
    assert days_counted().last == TODAY


def test_asks_the_same_of_the_database_however_much_is_held(administrator, now, django_assert_num_queries):
    first_and_last, a_day = 2, 5  # where, what there is; it is written, cleared, and marked
    with django_assert_num_queries(first_and_last + a_day):
        roll_up(now=now + DAY)
    for _ in range(20):
        assign(make_user(now=now), now=now)
    with django_assert_num_queries(first_and_last + 2 * a_day):
        roll_up(now=now + 2 * DAY)
