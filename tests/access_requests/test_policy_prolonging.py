"""When an assignment can be extended or renewed, and until when that asks for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from apps.access_requests.policy.gaining import Terms, widens
from apps.access_requests.policy.prolonging import (
    ProlongingFacts,
    asked_end,
    can_extend,
    can_renew,
    can_renew_for,
    may_extend,
    may_renew,
)
from apps.assignments.models import Assignment
from apps.common.period import Period
from apps.roles.policy.rules import RoleRules

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
ELIGIBLE, ACTIVE = Assignment.Kind.ELIGIBLE, Assignment.Kind.ACTIVE
EXPIRED, REMOVED = Assignment.End.EXPIRED, Assignment.End.REMOVED
BOUNDED = RoleRules(permanent_eligible=False, eligible_maximum_days=90, permanent_active=True)

ENDING = ProlongingFacts(period=Period(NOW - 80 * DAY, NOW + 10 * DAY), now=NOW, justification="Still here")
ENDED = replace(
    ENDING, period=Period(NOW - 100 * DAY, NOW - 10 * DAY), ended_how=EXPIRED, ended_at=NOW - 10 * DAY
)


def test_extends_what_ends_soon_and_renews_what_has_ended():
    assert can_extend(ENDING)
    assert can_renew(ENDED)


@pytest.mark.parametrize(("before", "fits"), [(14 * DAY, True), (14 * DAY + SECOND, False), (SECOND, True)])
def test_extends_in_the_last_14_days(before, fits):
    facts = replace(ENDING, period=Period(NOW - 80 * DAY, NOW + before))

    assert bool(may_extend(facts)) is fits


@pytest.mark.parametrize(("after", "fits"), [(0 * DAY, True), (30 * DAY - SECOND, True), (30 * DAY, False)])
def test_renews_for_30_days(after, fits):
    facts = replace(ENDED, ended_at=NOW - after)

    assert bool(may_renew(facts)) is fits
    assert bool(can_renew_for(facts)) is fits


@pytest.mark.parametrize(
    ("change", "rule", "reason"),
    [
        (
            {"is_activated": True},
            "RoleAssignmentDoesNotExist",
            "This was activated, not assigned by an admin.",
        ),
        ({"via": "Leads"}, "RoleAssignmentDoesNotExist", "Held through Leads. Its keepers extend it."),
        (
            {"ended_how": EXPIRED, "ended_at": NOW},
            "RoleAssignmentDoesNotExist",
            "This has ended. Ask to renew it.",
        ),
        ({"period": Period(NOW)}, "ExtensionRule", "This has no end."),
        (
            {"period": Period(NOW, NOW + 15 * DAY)},
            "ExtensionRule",
            "From 25 Nov 2026, 14 days before the end.",
        ),
        ({"is_waiting": True}, "PendingRoleAssignmentRequest", "A request for this waits already."),
        (
            {"has_decider": False},
            "ApprovalRule",
            "Nobody can decide this now: no other admin can be reached.",
        ),
        ({"justification": " "}, "JustificationRule", "Say why you still need the role."),
    ],
)
def test_refuses_to_extend_by_one_rule_with_a_sentence(change, rule, reason):
    refusals = can_extend(replace(ENDING, **change)).refusals

    assert [(refusal.rule, refusal.reason) for refusal in refusals] == [(rule, reason)]


@pytest.mark.parametrize(
    ("change", "rule", "reason"),
    [
        ({"ended_how": ""}, "RenewalRule", "This has not ended. Ask to extend it."),
        (
            {"ended_at": NOW - 31 * DAY},
            "RenewalRule",
            "Renewed at most 30 days after the end.",
        ),
        ({"ended_how": REMOVED}, "RenewalRule", "An admin removed this. Only an admin gives it again."),
        ({"retired": "Shop"}, "RenewalRule", "Shop has been retired."),
        ({"exists": True}, "RoleAssignmentExists", "You have been given this again meanwhile."),
        ({"is_waiting": True}, "PendingRoleAssignmentRequest", "A request for this waits already."),
    ],
)
def test_refuses_to_renew_by_one_rule_with_a_sentence(change, rule, reason):
    refusals = can_renew(replace(ENDED, **change)).refusals

    assert [(refusal.rule, refusal.reason) for refusal in refusals] == [(rule, reason)]


def test_lets_an_admin_renew_what_an_admin_removed():
    assert can_renew_for(replace(ENDED, ended_how=REMOVED))


@pytest.mark.parametrize(
    ("period", "kind", "end"),
    [
        pytest.param(ENDING.period, ACTIVE, NOW + 100 * DAY, id="as long again"),
        pytest.param(ENDING.period, ELIGIBLE, NOW + 90 * DAY, id="at most what the role allows"),
        pytest.param(ENDED.period, ACTIVE, NOW + 90 * DAY, id="from now, where it has ended"),
        pytest.param(Period(NOW), ACTIVE, None, id="permanent stays permanent"),
    ],
)
def test_asks_for_as_long_as_it_was_for(period, kind, end):
    assert asked_end(period, BOUNDED, kind, now=NOW) == end


# ---- Who gains ---------------------------------------------------------------------------------------------

HELD = Terms(ELIGIBLE, Period(NOW - DAY, NOW + 10 * DAY))


@pytest.mark.parametrize(
    ("wanted", "gains"),
    [
        pytest.param(HELD, False, id="the same"),
        pytest.param(Terms(ELIGIBLE, Period(NOW - DAY, NOW + DAY)), False, id="shorter"),
        pytest.param(Terms(ELIGIBLE, Period(NOW, NOW + 10 * DAY)), False, id="later"),
        pytest.param(Terms(ELIGIBLE, Period(NOW - DAY, NOW + 11 * DAY)), True, id="longer"),
        pytest.param(Terms(ELIGIBLE, Period(NOW - DAY)), True, id="permanent"),
        pytest.param(Terms(ELIGIBLE, Period(NOW - 2 * DAY, NOW + DAY)), True, id="earlier"),
        pytest.param(Terms(ACTIVE, Period(NOW, NOW + DAY)), True, id="active instead"),
    ],
)
def test_gains_by_more_time_or_by_becoming_active(wanted, gains):
    assert widens(HELD, wanted) is gains


def test_gains_by_anything_new():
    assert widens(None, HELD)


def test_gains_nothing_by_becoming_eligible_instead():
    assert not widens(Terms(ACTIVE, Period(NOW - DAY)), Terms(ELIGIBLE, Period(NOW, NOW + DAY)))
