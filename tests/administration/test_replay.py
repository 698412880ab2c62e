from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from apps.administration.policy.replay import PastActivation, Replay, replay
from apps.administration.selectors.replay import Trial, replays_of
from apps.roles import built_in
from apps.roles.policy.rules import Authentication, RoleRules
from tests.factories import activate, assign, make_resource, make_user, role, set_rules

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
PAST = PastActivation(AT, minutes=240, justification="Upgrade", second_factor_at=AT - timedelta(minutes=2))
LENIENT = RoleRules(authentication=Authentication.NONE, requires_justification=False)


def differences(past, **rules):
    return replay([past], replace(LENIENT, **rules), second_factor_max_age=300).differences


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({}, {}),
        ({"maximum_half_hours": 8}, {}),
        ({"maximum_half_hours": 7}, {"ExpirationRule": 1}),
        ({"requires_ticket": True}, {"TicketingRule": 1}),
        ({"requires_justification": True}, {}),
        ({"requires_approval": True}, {"approval": 1}),
        ({"authentication": Authentication.MFA}, {}),
        ({"authentication": Authentication.MFA_EACH_TIME}, {"MfaRule": 1}),
        ({"authentication": Authentication.CONTEXT, "authentication_context": "c1"}, {"context": 1}),
        ({"maximum_half_hours": 1, "requires_ticket": True}, {"ExpirationRule": 1, "TicketingRule": 1}),
    ],
)
def test_judges_the_past_by_the_rules_of_the_door(rules, expected):
    assert differences(PAST, **rules) == expected


def test_counts_what_would_need_no_approval_any_more():
    assert differences(replace(PAST, needed_approval=True)) == {"no approval": 1}


def test_takes_a_factor_of_the_same_moment_for_one_of_the_same_form():
    assert differences(replace(PAST, second_factor_at=AT), authentication=Authentication.MFA_EACH_TIME) == {}


def test_misses_a_reason_where_none_was_given():
    assert differences(replace(PAST, justification=" "), requires_justification=True) == {
        "JustificationRule": 1
    }


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (Replay(), "Nobody activated this in the last 90 days."),
        (Replay(1), "Of 1 activation in the last 90 days, every one would have gone the same way."),
        (
            Replay(41, {"TicketingRule": 5, "ExpirationRule": 3, "approval": 14}),
            "Of 41 activations in the last 90 days, 14 would have needed approval, 3 would have been refused "
            "(too long) and 5 would have needed a ticket.",
        ),
    ],
)
def test_says_it_in_a_sentence(found, sentence):
    assert found.sentence == sentence


@pytest.mark.django_db
def test_finds_the_activations_that_the_settings_would_govern(now, django_assert_num_queries):
    long_ago = now - timedelta(days=91)
    top = make_resource("Contoso", now=long_ago)
    production = make_resource("Production", parent=top, now=long_ago)
    test = make_resource("Test", parent=top, now=long_ago)
    set_rules(built_in.CONTRIBUTOR, resource=test, now=long_ago)
    for place, days in ((top, 80), (production, 10), (production, 90), (test, 10), (production, 91)):
        asked_at = now - timedelta(days=days)
        user = make_user(now=long_ago)
        eligible = assign(
            user, built_in.CONTRIBUTOR, place, now=long_ago, ends_at=long_ago + timedelta(days=300)
        )
        activate(eligible, user, now=asked_at)
    rules = RoleRules(requires_approval=True)
    places = (None, top, production, test)
    trials = [Trial(role(built_in.CONTRIBUTOR), place, rules) for place in places]

    with django_assert_num_queries(2):
        together = replays_of(trials, now=now)
    alone = [replays_of([trial], now=now)[0] for trial in trials]

    assert [found.total for found in together] == [0, 1, 2, 1]
    assert [found.total for found in alone] == [3, 3, 2, 1]
    assert alone[3].differences == {"approval": 1}


@pytest.mark.django_db
def test_knows_what_needed_approval(now, needs_approval, eligible, requester):
    activate(eligible, requester, now=now)

    [found] = replays_of([Trial(eligible.role, None, RoleRules())], now=now + timedelta(days=1))

    assert found.differences == {"no approval": 1}
