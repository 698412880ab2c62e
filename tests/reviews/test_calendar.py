"""When rounds start and close, through years, short months and daylight saving. No database."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.reviews.policy.calendar import (
    Calendar,
    Frequency,
    Reminder,
    longest_days,
    reminder_due,
    when_to_remind,
)

BERLIN = "Europe/Berlin"
# North, south, the whole Americas, two where the clock is put forward at midnight, half an hour, none at all.
ZONES = [
    BERLIN,
    "America/New_York",
    "Australia/Sydney",
    "America/Santiago",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
    "UTC",
]
RECURRING = [frequency for frequency in Frequency if frequency != Frequency.ONCE]


def calendar(frequency, first, zone=BERLIN, **ends):
    place = ZoneInfo(zone)
    starts_at = datetime.fromisoformat(first).replace(tzinfo=place).astimezone(UTC)
    return Calendar(frequency=Frequency(frequency), starts_at=starts_at, zone=place, **ends)


def starts(calendar, count):
    """The first rounds, as a clock on the wall and a calendar beside it say it."""
    found = (calendar.occurrence(n) for n in range(1, count + 1))
    return [start and f"{start.astimezone(calendar.zone):%Y-%m-%d %H:%M}" for start in found]


def days(calendar, count):
    return [start and start[:10] for start in starts(calendar, count)]


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# ---- A year and more ---------------------------------------------------------------------------------------


def test_once_is_one_round():
    assert starts(calendar("once", "2026-12-01 09:00"), 3) == ["2026-12-01 09:00", None, None]


def test_each_week_keeps_weekday_and_wall_clock():
    every_week = calendar("weekly", "2026-12-01 09:00")

    year = [every_week.occurrence(n).astimezone(every_week.zone) for n in range(1, 54)]
    assert {(start.weekday(), start.hour, start.minute) for start in year} == {(1, 9, 0)}
    assert {later.date() - start.date() for start, later in pairwise(year)} == {timedelta(days=7)}
    assert year[-1].date() == date(2027, 11, 30)


@pytest.mark.parametrize(
    ("frequency", "first", "expected"),
    [
        (
            "monthly",
            "2027-10-31 09:00",
            "2027-10-31 2027-11-30 2027-12-31 2028-01-31 2028-02-29 2028-03-31 2028-04-30 2028-05-31 "
            "2028-06-30 2028-07-31 2028-08-31 2028-09-30 2028-10-31 2028-11-30 2028-12-31 2029-01-31 "
            "2029-02-28",
        ),
        ("monthly", "2026-12-30 09:00", "2026-12-30 2027-01-30 2027-02-28 2027-03-30 2027-04-30"),
        (
            "quarterly",
            "2026-11-30 09:00",
            "2026-11-30 2027-02-28 2027-05-30 2027-08-30 2027-11-30 2028-02-29",
        ),
        ("semi_annually", "2026-08-31 09:00", "2026-08-31 2027-02-28 2027-08-31 2028-02-29 2028-08-31"),
        ("annually", "2028-02-29 09:00", "2028-02-29 2029-02-28 2030-02-28 2031-02-28 2032-02-29"),
        ("annually", "2026-12-01 09:00", "2026-12-01 2027-12-01 2028-12-01"),
    ],
)
def test_starts_on_the_day_of_the_first_or_the_last_of_a_short_month(frequency, first, expected):
    assert days(calendar(frequency, first), len(expected.split())) == expected.split()


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("frequency", RECURRING)
def test_starts_at_the_same_time_all_year(zone, frequency):
    rounds = starts(calendar(frequency, "2026-10-07 09:30", zone), 54)

    assert {start[11:] for start in rounds} == {"09:30"}


# ---- Daylight saving ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "zone", "second"),
    [
        # What is skipped moves forward by as much as the clock does.
        ("2027-03-21 02:30", BERLIN, "2027-03-28T01:30"),  # reads 03:30
        ("2027-03-07 02:30", "America/New_York", "2027-03-14T07:30"),
        ("2026-09-27 02:30", "Australia/Sydney", "2026-10-03T16:30"),
        ("2026-08-30 00:00", "America/Santiago", "2026-09-06T04:00"),  # midnight itself: reads 01:00
        ("2027-03-21 00:00", "Asia/Beirut", "2027-03-27T22:00"),
        # What comes twice is the first.
        ("2026-10-18 02:30", BERLIN, "2026-10-25T00:30"),
        ("2026-10-25 01:30", "America/New_York", "2026-11-01T05:30"),
        ("2027-03-28 02:30", "Australia/Sydney", "2027-04-03T15:30"),
        ("2027-03-27 23:30", "America/Santiago", "2027-04-04T02:30"),
        ("2026-10-17 23:30", "Asia/Beirut", "2026-10-24T20:30"),
    ],
)
def test_a_time_that_is_skipped_moves_forward_and_of_two_it_is_the_first(first, zone, second):
    assert calendar("weekly", first, zone).occurrence(2) == utc(second)


def test_a_start_moved_by_daylight_saving_moves_no_other():
    rounds = starts(calendar("weekly", "2027-03-21 02:30"), 3)

    assert rounds == ["2027-03-21 02:30", "2027-03-28 03:30", "2027-04-04 02:30"]


def test_only_the_first_start_is_ever_the_second_of_two_times():
    second_of_two = utc("2026-10-25T01:30")  # 02:30 in Berlin, an hour after the first 02:30
    series = Calendar(frequency=Frequency.ANNUALLY, starts_at=second_of_two, zone=ZoneInfo(BERLIN))

    assert series.occurrence(1) == second_of_two
    assert series.occurrence(12) == utc("2037-10-25T00:30")  # where that day has two of them again


# ---- Its end -----------------------------------------------------------------------------------------------


def test_ends_after_so_many_rounds():
    assert days(calendar("monthly", "2026-12-01 09:00", occurrences=2), 3) == [
        "2026-12-01",
        "2027-01-01",
        None,
    ]


@pytest.mark.parametrize(("ends_on", "second"), [("2027-01-01", "2027-01-01"), ("2026-12-31", None)])
def test_ends_with_the_last_start_up_to_a_day(ends_on, second):
    series = calendar("monthly", "2026-12-01 00:00", ends_on=date.fromisoformat(ends_on))

    assert days(series, 3) == ["2026-12-01", second, None]


def test_its_last_day_is_one_of_its_zone():
    # 20:00 on the 31st in New York is the 1st in UTC.
    series = calendar("monthly", "2026-12-31 20:00", "America/New_York", ends_on=date(2027, 1, 31))

    assert days(series, 3) == ["2026-12-31", "2027-01-31", None]


# ---- The next round ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "now", "expected"),
    [
        (0, "2026-11-01T00:00", (1, "2026-12-01")),
        (0, "2027-02-15T00:00", (3, "2027-02-01")),
        (1, "2026-12-01T12:00", (2, "2027-01-01")),
        (1, "2027-01-01T07:59", (2, "2027-01-01")),
        (1, "2027-01-01T08:00", (2, "2027-01-01")),
        (1, "2027-02-01T07:59", (2, "2027-01-01")),
        (1, "2027-02-01T08:00", (3, "2027-02-01")),  # the second was missed
        (1, "2028-06-01T00:00", (4, "2027-03-01")),  # what counts is missed as well: the series is over
        (4, "2027-03-02T00:00", None),
    ],
)
def test_the_latest_that_is_due_follows_and_the_missed_keep_their_numbers(n, now, expected):
    series = calendar("monthly", "2026-12-01 09:00", occurrences=4)  # 08:00 UTC in winter

    found = series.next_after(n, utc(now))
    assert (found and (found[0], found[1].date().isoformat())) == expected


# ---- How long a round lasts --------------------------------------------------------------------------------


def test_closes_at_the_same_wall_clock_time_across_daylight_saving():
    series = calendar("monthly", "2027-03-20 09:00")

    assert series.closes_at(series.starts_at, 14) == utc("2027-04-03T07:00")  # 08:00 to 07:00: an hour less


def test_stages_follow_one_another():
    series = calendar("quarterly", "2027-03-20 09:00")

    closes = series.stages_close(series.starts_at, [7, 3, 4])
    assert closes == [utc("2027-03-27T08:00"), utc("2027-03-30T07:00"), utc("2027-04-03T07:00")]


@pytest.mark.parametrize(
    ("frequency", "first"),
    [
        ("weekly", "2026-12-01"),
        ("monthly", "2027-02-01"),
        ("quarterly", "2027-01-31"),
        ("semi_annually", "2026-09-01"),
        ("annually", "2026-12-01"),
    ],
)
def test_a_day_more_than_the_longest_would_reach_the_next_round(frequency, first):
    series = calendar(frequency, f"{first} 09:00")
    longest = longest_days(series.frequency)

    assert series.closes_at(series.starts_at, longest + 1) == series.occurrence(2)


# ---- Whatever is chosen ------------------------------------------------------------------------------------

series = st.builds(
    lambda frequency, first, zone: calendar(frequency, first.isoformat(), zone),
    st.sampled_from(RECURRING),
    st.datetimes(datetime.fromisoformat("2026-01-01"), datetime.fromisoformat("2035-12-31")),
    st.sampled_from(ZONES),
)
numbers = st.integers(1, 120)


@given(series, numbers)
def test_each_round_is_over_before_the_next_starts(series, n):
    start, later = series.occurrence(n), series.occurrence(n + 1)

    assert start < series.closes_at(start, longest_days(series.frequency)) < later


@given(series, numbers)
def test_each_round_starts_on_its_day_at_its_time(series, n):
    first, start = (series.occurrence(number).astimezone(series.zone) for number in (1, n))
    moved = start.replace(tzinfo=None) - datetime.combine(start.date(), first.time())

    assert timedelta(0) <= moved <= timedelta(hours=1)
    if series.frequency == Frequency.WEEKLY:
        assert start.weekday() == first.weekday()
    else:
        assert start.day == first.day or (start + timedelta(days=1)).day == 1


@given(series, st.integers(0, 20), st.integers(0, 5000))
def test_what_follows_is_due_last_or_comes_first(series, n, waited):
    now = series.starts_at + timedelta(days=waited)
    number, start = series.next_after(n, now)

    assert number > n
    assert start == series.occurrence(number)
    assert series.occurrence(number + 1) > now
    assert number == n + 1 or start <= now


@given(series, st.integers(1, 24))
def test_an_end_takes_nothing_but_what_comes_later(series, n):
    last = series.occurrence(n)
    by_day = Calendar(**(vars(series) | {"ends_on": last.astimezone(series.zone).date()}))
    by_count = Calendar(**(vars(series) | {"occurrences": n}))

    for ended in (by_day, by_count):
        assert (ended.occurrence(n), ended.occurrence(n + 1)) == (last, None)
        assert ended.next_after(n, last) is None


# ---- Reminders ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "hours"),
    [(14, (168, 312)), (3, (36, 48)), (2, (24,)), (1, (12,))],
)
def test_reminds_halfway_and_on_the_last_day_where_there_is_time_for_both(days, hours):
    opened = utc("2026-12-01T08:00")

    reminders = when_to_remind(opened, opened + timedelta(days=days))
    assert list(reminders.values()) == [opened + timedelta(hours=hour) for hour in hours]
    assert list(reminders) == list(Reminder)[: len(hours)]


@given(st.timedeltas(timedelta(minutes=1), timedelta(days=400)))
def test_reminds_while_the_stage_is_open_and_in_order(length):
    opened = utc("2026-12-01T08:00")
    closes = opened + length

    times = [opened, *when_to_remind(opened, closes).values(), closes]
    assert times == sorted(set(times))


@pytest.mark.parametrize(
    ("hours", "due"),
    [
        (167, None),
        (168, Reminder.HALFWAY),
        (311, Reminder.HALFWAY),
        (312, Reminder.LAST_DAY),  # also where nothing ran halfway: one mail, not two
        (335, Reminder.LAST_DAY),
        (336, None),
    ],
)
def test_the_latest_reminder_is_due(hours, due):
    opened = utc("2026-12-01T08:00")

    assert reminder_due(opened, opened + timedelta(days=14), opened + timedelta(hours=hours)) == due


# ---- In words ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frequency", "ends", "days", "words"),
    [
        ("once", {}, 14, "once, on 1 Dec 2026, for 14 days"),
        ("weekly", {}, 1, "each week from 1 Dec 2026, 1 day each, until it is stopped"),
        ("monthly", {"occurrences": 4}, 14, "each month from 1 Dec 2026, 14 days each, 4 times"),
        (
            "quarterly",
            {"ends_on": date(2027, 11, 30)},
            14,
            "each quarter from 1 Dec 2026, 14 days each, until 30 Nov 2027",
        ),
        ("semi_annually", {}, 14, "twice a year from 1 Dec 2026, 14 days each, until it is stopped"),
        ("annually", {}, 14, "each year from 1 Dec 2026, 14 days each, until it is stopped"),
    ],
)
def test_says_itself_in_words(frequency, ends, days, words):
    assert calendar(frequency, "2026-12-01 00:00", **ends).in_words(days) == words
