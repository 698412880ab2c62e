import pytest

from apps.alerts.policy import catalogue
from apps.alerts.policy.rules.requests import (
    Approved,
    OwnGrant,
    Pair,
    Use,
    activated_too_frequently,
    always_the_same_pair,
    granted_oneself,
    hasty_approvals,
)
from apps.audit.vocabulary import Party
from tests.alerts.facts import DATABASE, DIRECTORY, HOUR, ROLE_AND_PLACE, SECOND, look, texts
from tests.alerts.making import NOW

TOM, ADA, EVE = (Party("user", name.lower(), name) for name in ("Tom", "Ada", "Eve"))


def uses(*ago, role="Teams Administrator", role_id="r1"):
    return [Use(TOM, role_id, role, DIRECTORY, NOW - each) for each in ago]


@pytest.mark.parametrize(
    ("ago", "count"),
    [
        ((2 * HOUR, HOUR), 0),
        ((25 * HOUR, 2 * HOUR, HOUR), 0),  # a day is half-open
        ((25 * HOUR - SECOND, 2 * HOUR, HOUR), 1),
        ((90 * HOUR, 89 * HOUR, 88 * HOUR, HOUR), 1),  # then, though not since
        ((4 * HOUR, 3 * HOUR, 2 * HOUR, HOUR), 1),
    ],
)
def test_finds_many_activations_within_a_day(ago, count):
    assert len(look(catalogue.ACTIVATED_TOO_FREQUENTLY, activated_too_frequently, uses(*ago))) == count


def test_counts_activations_of_each_role_apart():
    facts = uses(2 * HOUR, HOUR) + uses(2 * HOUR, HOUR, role_id="r2")

    assert not look(catalogue.ACTIVATED_TOO_FREQUENTLY, activated_too_frequently, facts)


def test_says_how_often_and_when_last():
    found = look(catalogue.ACTIVATED_TOO_FREQUENTLY, activated_too_frequently, uses(*[HOUR] * 4))

    assert texts(found) == [
        "Tom activated Teams Administrator on Contoso 4 times within 24 hours, last on 2 March 2026."
    ]
    assert found[0].ids == ROLE_AND_PLACE | {"person": "tom"}


@pytest.mark.parametrize(("decided", "count"), [(9, 0), (10, 1), (11, 1)])
def test_finds_two_who_always_meet(decided, count):
    said = (
        f"All {decided} requests of Tom on Contoso that somebody decided in the last 90 days were decided by"
    )

    found = look(catalogue.SAME_PAIR, always_the_same_pair, [Pair(TOM, ADA, DIRECTORY, decided)])

    assert texts(found) == [f"{said} Ada."] * count


def test_does_not_mind_those_who_meet_others_too():
    pairs = [Pair(TOM, ADA, DIRECTORY, 40), Pair(TOM, EVE, DIRECTORY, 1), Pair(EVE, ADA, DIRECTORY, 2)]

    assert not look(catalogue.SAME_PAIR, always_the_same_pair, pairs)


@pytest.mark.parametrize(("after", "times", "count"), [(9, 4, 0), (9, 5, 1), (9, 6, 1), (10, 6, 0)])
def test_finds_approvals_within_seconds(after, times, count):
    facts = [Approved(ADA, DIRECTORY, after * SECOND)] * times + [Approved(ADA, DIRECTORY, HOUR)]
    said = f"Ada approved {times} requests on Contoso in the last 30 days, each less than 10 seconds after it"

    found = look(catalogue.HASTY_APPROVALS, hasty_approvals, facts)

    assert texts(found) == [f"{said} was sent."] * count


def test_counts_hasty_approvals_for_each_place_and_approver_apart():
    facts = [
        Approved(who, place, SECOND) for who in (ADA, EVE) for place in (DATABASE, DIRECTORY) for _ in "four"
    ]

    assert not look(catalogue.HASTY_APPROVALS, hasty_approvals, facts)
    assert len(look(catalogue.HASTY_APPROVALS, hasty_approvals, facts, times=4)) == 4


def test_finds_what_admins_gave_themselves():
    group = Party("group", "g", "Ops")
    facts = [OwnGrant(f"q{n}", "a", ADA, who, "Owner", DATABASE, NOW) for n, who in enumerate((ADA, group))]

    found = look(catalogue.GRANTED_ONESELF, granted_oneself, facts)

    assert texts(found) == [
        "Ada gave themself Owner on Database on 2 March 2026. Nobody else agreed.",
        "Ada gave the group Ops, and so themself, Owner on Database on 2 March 2026. Nobody else agreed.",
    ]
    assert found[0].ids == {"assignment": "a", "request": "q0", "person": "ada"}
