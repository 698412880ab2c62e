from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from apps.reviews.policy.recommending import (
    Evidence,
    Person,
    Recommendation,
    habit_of,
    is_inactive,
    is_unused,
    recommend,
)

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
TICK, DAY = timedelta(microseconds=1), timedelta(days=1)
LONG_AGO = NOW - 400 * DAY
APPROVE, DENY, NO_INFO = Recommendation.APPROVE, Recommendation.DENY, Recommendation.NO_INFO


def person(signed_in=3 * DAY, *, is_enabled=True, age=400 * DAY, is_member=True):
    """Somebody who signed in so long ago; None: never."""
    last = None if signed_in is None else NOW - signed_in
    return Person(uuid4(), "Jane", "jane@example.com", NOW - age, is_enabled, last, is_member)


def evidence(*people, **facts):
    """A person's eligible row, held for long and never activated, unless told otherwise."""
    facts = {
        "at": NOW,
        "is_group": False,
        "is_eligible": True,
        "is_permanent": True,
        "held_since": LONG_AGO,
        "holder_created_at": min((each.created_at for each in people), default=LONG_AGO),
    } | facts
    return Evidence(people=people or (person(),), **facts)


def used(*people, last=5 * DAY, activations=11, habit="uses it every week", **facts):
    uses = {"last_used_at": NOW - last, "activations": activations, "habit": habit}
    return evidence(*people, **uses, **facts)


def active(*people, **facts):
    return evidence(*people, is_eligible=False, **facts)


def group(*people, **facts):
    """An active row of a group with just these people."""
    return replace(active(**facts), is_group=True, people=people)


# ---- A person's row ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "recommendation", "short", "reason"),
    [
        pytest.param(
            used(person(is_enabled=False)),
            DENY,
            "account is disabled",
            "The account is disabled.",
            id="disabled, whatever else",
        ),
        pytest.param(
            used(),
            APPROVE,
            "uses it every week",
            "Activated 11 times in 90 days, last on 19 Nov 2026.",
            id="used",
        ),
        pytest.param(
            used(activations=1, habit="used once", last=80 * DAY),
            APPROVE,
            "used once",
            "Activated once in 90 days, last on 5 Sep 2026.",
            id="used once",
        ),
        pytest.param(
            evidence(),
            DENY,
            "never used",
            "Eligible since 20 Oct 2025, and never activated.",
            id="eligible for long and never used",
        ),
        pytest.param(
            used(last=90 * DAY, activations=0, habit=""),
            DENY,
            "not used in 90 days",
            "Not activated since 26 Aug 2026.",
            id="not used any more",
        ),
        pytest.param(
            evidence(held_since=NOW - 90 * DAY + TICK),
            APPROVE,
            "signed in recently",
            "Signed in on 21 Nov 2026.",
            id="eligible not for long enough to say",
        ),
        pytest.param(
            active(), APPROVE, "signed in recently", "Signed in on 21 Nov 2026.", id="active, signed in"
        ),
        pytest.param(
            active(person(41 * DAY)),
            DENY,
            "no recent sign-in",
            "Has not signed in since 14 Oct 2026, and the role is active all the time.",
            id="active permanently, not signed in",
        ),
        pytest.param(
            active(person(41 * DAY), is_permanent=False),
            DENY,
            "no recent sign-in",
            "Has not signed in since 14 Oct 2026.",
            id="active for a time, not signed in",
        ),
        pytest.param(
            evidence(person(41 * DAY)),
            DENY,
            "no recent sign-in",
            "Has not signed in since 14 Oct 2026.",
            id="eligible, not signed in",
        ),
        pytest.param(
            evidence(person(None)), DENY, "never signed in", "Has never signed in.", id="never signed in"
        ),
        pytest.param(
            evidence(person(None, age=29 * DAY), held_since=NOW - 29 * DAY),
            NO_INFO,
            "account is new",
            "Has not signed in yet, but the account is younger than 30 days.",
            id="new",
        ),
        pytest.param(
            used(person(41 * DAY), last=41 * DAY),
            DENY,
            "no recent sign-in",
            "Has not signed in since 14 Oct 2026.",
            id="used, but away since",
        ),
        pytest.param(
            used(person(None)),
            APPROVE,
            "uses it every week",
            "Activated 11 times in 90 days, last on 19 Nov 2026.",
            id="used lately, so surely there",
        ),
    ],
)
def test_recommends_by_what_a_person_made_of_it(facts, recommendation, short, reason):
    advice = recommend(facts)

    assert (advice.recommendation, advice.short, advice.reason) == (recommendation, short, reason)


@pytest.mark.parametrize(
    ("ago", "look_back", "expected"),
    [
        pytest.param(30 * DAY - TICK, 30, APPROVE, id="just within"),
        pytest.param(30 * DAY, 30, DENY, id="just before"),
        pytest.param(59 * DAY, 60, APPROVE, id="as far back as asked for"),
    ],
)
def test_looks_back_for_a_sign_in_as_far_as_told(ago, look_back, expected):
    assert recommend(active(person(ago), look_back_days=look_back)).recommendation is expected


def test_says_days_as_they_are_in_the_zone():
    midnight = active(person(timedelta(hours=13, minutes=30)), zone=ZoneInfo("Europe/Berlin"))

    assert recommend(midnight).reason == "Signed in on 24 Nov 2026."


# ---- A group's row -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "recommendation", "short", "reason"),
    [
        pytest.param(
            group(), DENY, "nobody is in it", "Nobody is in this group, and nobody may join it.", id="empty"
        ),
        pytest.param(
            group(person(is_enabled=False), person(is_enabled=False)),
            DENY,
            "all accounts disabled",
            "Everybody in this group is disabled.",
            id="all disabled",
        ),
        pytest.param(
            group(person(), person(41 * DAY)),
            APPROVE,
            "signed in recently",
            "1 of 2 people in this group signed in within 30 days, last on 21 Nov 2026.",
            id="one signed in",
        ),
        pytest.param(
            group(person(41 * DAY), person(None), is_permanent=False),
            DENY,
            "no recent sign-in",
            "Nobody in this group has signed in since 14 Oct 2026.",
            id="none signed in",
        ),
        pytest.param(
            group(person(None), person(is_enabled=False), is_permanent=False),
            DENY,
            "never signed in",
            "Nobody enabled in this group has ever signed in.",
            id="only who is disabled signed in",
        ),
        pytest.param(
            group(person(41 * DAY), person(None, age=DAY)),
            NO_INFO,
            "account is new",
            "Nobody in this group has signed in lately, but some accounts are younger than 30 days.",
            id="somebody is new",
        ),
        pytest.param(
            replace(used(activations=3, habit="uses it every month"), is_group=True),
            APPROVE,
            "uses it every month",
            "Activated 3 times in 90 days, last on 19 Nov 2026.",
            id="somebody used it",
        ),
    ],
)
def test_recommends_by_the_people_of_a_group(facts, recommendation, short, reason):
    advice = recommend(facts)

    assert (advice.recommendation, advice.short, advice.reason) == (recommendation, short, reason)


# ---- Habits ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days_ago", "words"),
    [
        pytest.param([], "", id="never"),
        pytest.param([50], "used once", id="once"),
        pytest.param([3] * 60, "used 60 times", id="often on one day is no habit"),
        pytest.param([1, 31, 61], "uses it every month", id="each month"),
        pytest.param([1, 2, 61], "used 3 times", id="not each month"),
        pytest.param(range(0, 70, 7), "uses it every week", id="in ten weeks"),
        pytest.param(range(0, 63, 7), "used 9 times", id="in nine weeks of two months"),
        pytest.param(range(0, 90, 2), "uses it every day", id="on 45 days"),
    ],
)
def test_says_a_habit_as_people_say_it(days_ago, words):
    assert habit_of([NOW - days * DAY for days in days_ago], now=NOW) == words


# ---- Inactive, unused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(active(person(60 * DAY)), True, id="signed in so long ago"),
        pytest.param(active(person(60 * DAY - TICK)), False, id="signed in since"),
        pytest.param(active(person(None)), True, id="never signed in"),
        pytest.param(active(person(None, age=60 * DAY)), True, id="exists just as long"),
        pytest.param(active(person(None, age=60 * DAY - TICK)), False, id="does not exist that long"),
        pytest.param(group(person(61 * DAY), person(None)), True, id="a whole group"),
        pytest.param(group(person(61 * DAY), person()), False, id="a group with one who signed in"),
        pytest.param(group(person(61 * DAY), person(None, age=DAY)), False, id="a group with a new one"),
        pytest.param(group(person(61 * DAY), person(is_enabled=False)), True, id="only a disabled one did"),
        pytest.param(group(), True, id="an old group with nobody in it"),
        pytest.param(group(holder_created_at=NOW - DAY), False, id="a new group with nobody in it"),
    ],
)
def test_is_inactive_when_nobody_signed_in_for_so_long(facts, expected):
    assert is_inactive(facts, 60) is expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(evidence(), True, id="never activated"),
        pytest.param(evidence(held_since=NOW - 60 * DAY), True, id="held just as long"),
        pytest.param(evidence(held_since=NOW - 60 * DAY + TICK), False, id="not held that long"),
        pytest.param(used(last=60 * DAY), True, id="activated so long ago"),
        pytest.param(used(last=60 * DAY - TICK), False, id="activated since"),
        pytest.param(active(), False, id="active: there is nothing to activate"),
    ],
)
def test_is_unused_when_eligible_and_not_activated_for_so_long(facts, expected):
    assert is_unused(facts, 60) is expected
