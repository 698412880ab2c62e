"""The clock of reviews over a year: each round begins on its day and at its hour, one after the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from apps.reviews.models import Round
from apps.reviews.policy.calendar import Frequency
from apps.reviews.states import RoundState
from tests.factories import assign
from tests.reviews.making import NOW, calendar_from, make_review, run, stage_of, terms_for

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")  # summer time from 28 Mar to 31 Oct 2027
DAY = timedelta(days=1)


def at(text: str) -> datetime:
    return datetime.strptime(text, "%d %b %Y %H:%M").replace(tzinfo=BERLIN).astimezone(UTC)


@pytest.fixture
def review(owner, reviewer, ann):
    def make(frequency, first, days=1):
        terms = terms_for(assign(ann, now=NOW), stages=(stage_of(reviewer, days=days),))
        return make_review(owner, terms, now=NOW, calendar=calendar_from(first, frequency, zone=BERLIN))

    return make


def each_day(since: datetime, until: datetime) -> None:
    """A worker that looks once a day, at noon."""
    while since < until:
        run(now=since)
        since += DAY


def begun() -> list[str]:
    rounds = Round.objects.exclude(state=RoundState.NOT_STARTED).order_by("number")
    return [row.starts_at.astimezone(BERLIN).strftime("%d %b %Y %H:%M") for row in rounds]


def assert_one_after_the_other() -> None:
    rounds = list(Round.objects.order_by("number"))
    assert [row.number for row in rounds] == list(range(1, len(rounds) + 1))
    assert [row.state for row in rounds[:-2]] == [RoundState.APPLIED] * (len(rounds) - 2)
    assert [row.items.count() for row in rounds[:-1]] == [1] * (len(rounds) - 1)
    for earlier, later in pairwise(rounds[:-1]):
        assert earlier.closed_at <= later.opened_at


@pytest.mark.parametrize(
    ("frequency", "starts"),
    [
        (Frequency.WEEKLY, ["22 Mar 2027 02:30", "29 Mar 2027 02:30", "05 Apr 2027 02:30"]),
        (
            Frequency.MONTHLY,
            [
                *("31 Dec 2026 09:00", "31 Jan 2027 09:00", "28 Feb 2027 09:00", "31 Mar 2027 09:00"),
                *("30 Apr 2027 09:00", "31 May 2027 09:00", "30 Jun 2027 09:00", "31 Jul 2027 09:00"),
                *("31 Aug 2027 09:00", "30 Sep 2027 09:00", "31 Oct 2027 09:00", "30 Nov 2027 09:00"),
            ],
        ),
        (
            Frequency.QUARTERLY,
            ["30 Nov 2026 09:00", "28 Feb 2027 09:00", "30 May 2027 09:00", "30 Aug 2027 09:00"],
        ),
        (Frequency.SEMI_ANNUALLY, ["31 Dec 2026 09:00", "30 Jun 2027 09:00", "31 Dec 2027 09:00"]),
        (Frequency.ANNUALLY, ["29 Feb 2028 09:00", "28 Feb 2029 09:00"]),
    ],
)
def test_begins_by_the_calendar_on_the_wall(review, frequency, starts):
    first, last = at(starts[0]), at(starts[-1])
    review(frequency, first)

    each_day(first.replace(hour=12) - DAY, last + 3 * DAY)

    assert begun() == starts
    assert_one_after_the_other()


def test_goes_on_with_one_round_after_months_in_which_nothing_ran(review):
    review(Frequency.MONTHLY, at("30 Nov 2026 09:00"), days=14)
    run(now=at("30 Nov 2026 09:00"))
    back = at("10 May 2027 12:00")

    each_day(back, back + 30 * DAY)

    assert begun() == ["30 Nov 2026 09:00", "30 Apr 2027 09:00", "30 May 2027 09:00"]
    assert_one_after_the_other()
    late = Round.objects.get(number=2)
    assert late.opened_at - back <= DAY
    assert late.stage_closes_at - late.opened_at == 14 * DAY  # it still gets all of its days
    assert Round.objects.get(state=RoundState.NOT_STARTED).starts_at == at("30 Jun 2027 09:00")


def test_lets_a_round_that_began_late_end_before_the_next_begins(review):
    """Nothing ran from before the first one was due until two days before the second."""
    review(Frequency.WEEKLY, at("01 Mar 2027 09:00"), days=6)
    each_day(at("06 Mar 2027 12:00"), at("14 Mar 2027 12:00"))

    assert_one_after_the_other()
    first, second = Round.objects.exclude(state=RoundState.NOT_STARTED).order_by("number")
    assert (first.opened_at, first.closed_at) == (at("06 Mar 2027 12:00"), at("12 Mar 2027 12:00"))
    assert second.opened_at == at("12 Mar 2027 12:00")
