"""Who may set up a second factor, and on what ground. No database."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.accounts.policy import (
    SETTING_UP_LASTS,
    Ground,
    can_confirm_factor,
    can_delete_factor,
    can_issue_enrolment_code,
    can_make_recovery_codes,
    can_set_up_factor,
)

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)

# Each ground, by: has a second factor, proved it just now, in the demo.
SETTING_UP = [
    (Ground.FACTOR, (True, True, False), ()),
    (Ground.FACTOR, (True, False, False), ("MfaRule",)),
    (Ground.FACTOR, (False, False, True), ("MfaRule",)),
    (Ground.FACTOR, (False, True, False), ("EnrolmentRule",)),
    (Ground.RECOVERY_CODE, (True, False, False), ()),
    (Ground.RECOVERY_CODE, (False, False, True), ("EnrolmentRule",)),
    (Ground.ENROLMENT_CODE, (False, False, False), ()),
    (Ground.ENROLMENT_CODE, (False, False, True), ()),
    (Ground.ENROLMENT_CODE, (True, True, False), ("EnrolmentRule",)),
    (Ground.LINK, (False, False, True), ("EnrolmentRule",)),
    (Ground.DEMO, (False, False, True), ()),
    (Ground.DEMO, (False, False, False), ("EnrolmentRule",)),
    (Ground.DEMO, (True, True, True), ("EnrolmentRule",)),
]


@pytest.mark.parametrize(("ground", "facts", "rules"), SETTING_UP)
def test_lets_people_set_up_a_factor_on_a_ground_that_suits_them(ground, facts, rules):
    is_enrolled, is_fresh, in_demo = facts

    decision = can_set_up_factor(ground, is_enrolled=is_enrolled, factor_is_fresh=is_fresh, in_demo=in_demo)

    assert decision.rules == rules


@pytest.mark.parametrize(("is_enrolled", "rules"), [(False, ()), (True, ("EnrolmentRule",))])
def test_lets_a_link_that_was_just_used_set_up_the_first_factor(is_enrolled, rules):
    assert can_set_up_factor(Ground.LINK, is_enrolled=is_enrolled, link_was_used=True).rules == rules


def test_judges_every_ground():
    assert {ground for ground, _, _ in SETTING_UP} == set(Ground)


@pytest.mark.parametrize(
    ("age", "rules"),
    [
        (timedelta(0), ()),
        (SETTING_UP_LASTS - INSTANT, ()),
        (SETTING_UP_LASTS, ("EnrolmentRule",)),
        (SETTING_UP_LASTS + INSTANT, ("EnrolmentRule",)),
    ],
)
def test_lets_a_factor_be_confirmed_for_half_an_hour(age, rules):
    decision = can_confirm_factor(Ground.FACTOR, is_enrolled=True, began_at=NOW - age, now=NOW)

    assert decision.rules == rules


@pytest.mark.parametrize(
    ("ground", "is_enrolled", "allowed"),
    [
        (Ground.FACTOR, True, True),
        (Ground.FACTOR, False, False),
        (Ground.RECOVERY_CODE, True, True),
        (Ground.RECOVERY_CODE, False, False),
        (Ground.ENROLMENT_CODE, False, True),
        (Ground.ENROLMENT_CODE, True, False),
        (Ground.DEMO, False, True),
        (Ground.DEMO, True, False),
    ],
)
def test_lets_a_factor_be_confirmed_only_while_its_ground_holds(ground, is_enrolled, allowed):
    assert bool(can_confirm_factor(ground, is_enrolled=is_enrolled, began_at=NOW, now=NOW)) is allowed


@pytest.mark.parametrize(
    ("others", "is_fresh", "rules"),
    [
        (1, True, ()),
        (1, False, ("MfaRule",)),
        (0, True, ("LastFactor",)),
        (0, False, ("LastFactor", "MfaRule")),
    ],
)
def test_lets_a_factor_go_that_is_not_the_last(others, is_fresh, rules):
    assert can_delete_factor(others=others, factor_is_fresh=is_fresh).rules == rules


@pytest.mark.parametrize("is_fresh", [True, False])
def test_makes_recovery_codes_for_a_fresh_factor_only(is_fresh):
    assert bool(can_make_recovery_codes(factor_is_fresh=is_fresh)) is is_fresh


@pytest.mark.parametrize("is_enrolled", [True, False])
def test_issues_an_enrolment_code_for_the_first_factor_only(is_enrolled):
    assert bool(can_issue_enrolment_code(is_enrolled=is_enrolled)) is not is_enrolled
