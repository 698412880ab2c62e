from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from apps.access_requests.policy.activation import (
    ActivationFacts,
    can_activate,
    can_grant,
    granted_period,
    may_extend,
    may_open,
)
from apps.accounts.policy import NO_FACTOR, SecondFactor
from apps.common.period import Period
from apps.roles.policy.rules import Authentication, RoleRules

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))
RULES = RoleRules()
ELIGIBLE = Period(NOW - 30 * DAY, NOW + 30 * DAY)

# Nothing refuses these: an hour, from now, with a reason and a code of just now.
FINE = ActivationFacts(
    rules=RULES,
    eligible=ELIGIBLE,
    now=NOW,
    minutes=60,
    justification="Deploy",
    second_factor=SecondFactor(NOW),
)


def facts(**changes):
    return replace(FINE, **changes)


def rules(**changes):
    return {"rules": replace(RULES, **changes)}


def test_allows_what_follows_every_rule():
    assert can_activate(FINE)
    assert can_grant(FINE)
    assert may_open(FINE)


# ---- One rule at a time ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "rule", "reason", "field"),
    [
        pytest.param(
            {"eligible": None},
            "EligibilityRule",
            "You are not eligible for this role now.",
            "",
            id="not eligible",
        ),
        pytest.param(
            {"starts_at": NOW + 30 * DAY},
            "EligibilityRule",
            "You are no longer eligible at that time.",
            "starts_at",
            id="no longer eligible at the asked start",
        ),
        pytest.param(
            {"minutes": 4}, "ExpirationRule", "At least 5 min.", "duration", id="shorter than 5 min"
        ),
        pytest.param({"minutes": 0}, "ExpirationRule", "At least 5 min.", "duration", id="no time at all"),
        pytest.param({"minutes": -1}, "ExpirationRule", "At least 5 min.", "duration", id="negative time"),
        pytest.param(
            {"minutes": 481},
            "ExpirationRule",
            "At most 8 h for this role.",
            "duration",
            id="longer than the role allows",
        ),
        pytest.param(
            {"starts_at": NOW + 365 * DAY + SECOND, "eligible": Period(NOW)},
            "ExpirationRule",
            "A start lies at most a year ahead.",
            "starts_at",
            id="a start in more than a year",
        ),
        pytest.param(
            {"extends_until": NOW + HOUR},
            "ExpirationRule",
            "It lasts that long already. Choose a longer time, or extend it later.",
            "duration",
            id="an extension that adds nothing",
        ),
        pytest.param(
            {"second_factor": NO_FACTOR},
            "MfaRule",
            "Confirm with your second factor.",
            "code",
            id="no second factor",
        ),
        pytest.param(
            rules(authentication=Authentication.CONTEXT, authentication_context="c1"),
            "MfaRule",
            "This role asks for an authentication context, which is not available yet.",
            "",
            id="an authentication context",
        ),
        pytest.param(
            {"justification": ""},
            "JustificationRule",
            "Say why you need the role.",
            "justification",
            id="no reason",
        ),
        pytest.param(
            {"justification": " \n\t"},
            "JustificationRule",
            "Say why you need the role.",
            "justification",
            id="a reason of blanks",
        ),
        pytest.param(
            rules(requires_ticket=True),
            "TicketingRule",
            "This role needs a ticket number.",
            "ticket_number",
            id="no ticket",
        ),
        pytest.param(
            rules(requires_approval=True) | {"has_approver": False},
            "ApprovalRule",
            "Nobody can approve this now. Ask an admin to name approvers.",
            "",
            id="nobody to approve",
        ),
        pytest.param(
            {"overlapping": Period(NOW - HOUR, NOW + HOUR)},
            "RoleAssignmentExists",
            "Active already, until 14:00 UTC.",
            "",
            id="active already",
        ),
        pytest.param(
            {"overlapping": Period(NOW + 10 * MINUTE, NOW + HOUR)},
            "RoleAssignmentExists",
            "Starts 13:10 UTC already, until 14:00 UTC.",
            "",
            id="starts within the asked time",
        ),
        pytest.param(
            {"overlapping": Period(NOW - DAY)},
            "RoleAssignmentExists",
            "Active already, permanently.",
            "",
            id="active for good",
        ),
        pytest.param(
            {"is_waiting": True},
            "PendingRoleAssignmentRequest",
            "A request for this waits already.",
            "",
            id="asked for already",
        ),
    ],
)
def test_refuses_by_one_rule_with_a_sentence_at_its_field(change, rule, reason, field):
    refusals = can_activate(facts(**change)).refusals

    assert [(r.rule, r.reason, r.field) for r in refusals] == [(rule, reason, field)]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"minutes": 5}, id="the shortest"),
        pytest.param({"minutes": 480}, id="the longest"),
        pytest.param({"starts_at": NOW + 30 * DAY - SECOND}, id="a start just before the eligibility ends"),
        pytest.param({"starts_at": NOW + 365 * DAY, "eligible": Period(NOW)}, id="a start in exactly a year"),
        pytest.param({"starts_at": NOW - 365 * DAY}, id="a start that has passed"),
        pytest.param({"extends_until": NOW + HOUR - SECOND}, id="an extension by a second"),
        pytest.param(rules(requires_ticket=True) | {"ticket_number": "INC-1"}, id="a ticket"),
        pytest.param(rules(requires_approval=True), id="somebody to approve"),
        pytest.param({"has_approver": False}, id="nobody to approve what needs no approval"),
        pytest.param(
            rules(requires_justification=False) | {"justification": ""}, id="no reason where none is needed"
        ),
    ],
)
def test_allows_what_just_fits(change):
    assert can_activate(facts(**change)).reason == ""


def test_wants_a_reason_where_an_approver_has_to_judge_by_it():
    asked = facts(**rules(requires_justification=False, requires_approval=True), justification="")

    assert can_activate(asked).rules == ("JustificationRule",)


def test_answers_every_refusal_together_in_entras_order():
    strict = replace(RULES, requires_ticket=True, requires_approval=True)

    refused = can_activate(
        ActivationFacts(
            rules=strict,
            eligible=None,
            now=NOW,
            minutes=1000,
            has_approver=False,
            overlapping=ELIGIBLE,
            is_waiting=True,
        )
    )

    assert refused.rules == (
        "EligibilityRule",
        "ExpirationRule",
        "MfaRule",
        "JustificationRule",
        "TicketingRule",
        "ApprovalRule",
        "RoleAssignmentExists",
        "PendingRoleAssignmentRequest",
    )


def test_says_until_when_in_the_zone_of_the_requester():
    asked = facts(overlapping=Period(NOW - HOUR, NOW + HOUR), zone=ZoneInfo("Europe/Berlin"))

    assert can_activate(asked).reason == "Active already, until 15:00 CET."


# ---- The second factor -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "fresh"),
    [
        pytest.param(timedelta(0), True, id="just now"),
        pytest.param(300 * SECOND, True, id="at its greatest age"),
        pytest.param(301 * SECOND, False, id="just older"),
        pytest.param(12 * HOUR, False, id="from when the session began"),
        pytest.param(-SECOND, False, id="from the future"),
    ],
)
def test_counts_a_second_factor_for_five_minutes(age, fresh):
    asked = facts(second_factor=SecondFactor(NOW - age))

    assert bool(can_activate(asked)) is fresh


@pytest.mark.parametrize(("in_this_post", "counts"), [(True, True), (False, False)])
def test_counts_it_once_where_the_role_says_so(in_this_post, counts):
    asked = facts(
        **rules(authentication=Authentication.MFA_EACH_TIME),
        second_factor=SecondFactor(NOW, in_this_post=in_this_post),
    )

    assert bool(can_activate(asked)) is counts


def test_needs_none_where_the_role_asks_for_none():
    asked = facts(**rules(authentication=Authentication.NONE), second_factor=NO_FACTOR)

    assert can_activate(asked)


# ---- What a grant gives ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "start", "end"),
    [
        pytest.param({}, NOW, NOW + HOUR, id="from the decision"),
        pytest.param(
            {"starts_at": NOW - 5 * HOUR}, NOW, NOW + HOUR, id="in full when the asked start has passed"
        ),
        pytest.param({"starts_at": NOW}, NOW, NOW + HOUR, id="at the asked start"),
        pytest.param(
            {"starts_at": NOW + DAY}, NOW + DAY, NOW + DAY + HOUR, id="from a start that lies ahead"
        ),
        pytest.param(
            {"eligible": Period(NOW, NOW + 20 * MINUTE)},
            NOW,
            NOW + 20 * MINUTE,
            id="never past the end of the eligibility",
        ),
        pytest.param({"eligible": Period(NOW)}, NOW, NOW + HOUR, id="in full of a permanent eligibility"),
        pytest.param({"extends_until": NOW + 59 * MINUTE}, NOW, NOW + HOUR, id="an extension from now"),
    ],
)
def test_gives_the_full_time_from_the_later_of_start_and_decision(change, start, end):
    assert granted_period(facts(**change)) == Period(start, end)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"eligible": Period(NOW - DAY, NOW)}, id="the eligibility ends now"),
        pytest.param(
            {"eligible": Period(NOW - DAY, NOW + HOUR), "starts_at": NOW + HOUR}, id="it ends at the start"
        ),
        pytest.param({"minutes": 0}, id="no time was asked for"),
        pytest.param({"extends_until": NOW + HOUR}, id="it lasts that long already"),
        pytest.param(
            {"eligible": Period(NOW, NOW + 30 * MINUTE), "extends_until": NOW + 30 * MINUTE},
            id="it lasts as long as the eligibility",
        ),
    ],
)
def test_gives_nothing_where_nothing_would_be_gained(change):
    assert granted_period(facts(**change)) is None


# ---- At the decision, and before anything is filled in -----------------------------------------------------


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        pytest.param({"eligible": None}, "EligibilityRule", id="eligible no more"),
        pytest.param(rules(maximum_half_hours=1), "ExpirationRule", id="a lower maximum by now"),
        pytest.param({"extends_until": NOW + HOUR}, "ExpirationRule", id="extended meanwhile"),
        pytest.param({"overlapping": ELIGIBLE}, "RoleAssignmentExists", id="active meanwhile"),
    ],
)
def test_grants_no_longer_what_the_rules_of_now_refuse(change, rule):
    assert can_grant(facts(**change)).rules == (rule,)


def test_does_not_ask_again_for_what_the_requester_has_given_once():
    asked = facts(
        **rules(requires_ticket=True),
        second_factor=NO_FACTOR,
        justification="",
        has_approver=False,
        is_waiting=True,
    )

    assert can_grant(asked)


@pytest.mark.parametrize(
    ("change", "rules_refusing"),
    [
        ({"eligible": None}, ("EligibilityRule",)),
        ({"overlapping": ELIGIBLE}, ("RoleAssignmentExists",)),
        ({"is_waiting": True}, ("PendingRoleAssignmentRequest",)),
        ({"justification": "", "second_factor": NO_FACTOR, "minutes": 0}, ()),
    ],
)
def test_opens_the_form_unless_nothing_typed_there_could_help(change, rules_refusing):
    assert may_open(facts(**change)).rules == rules_refusing


LONGEST = {"minutes": RULES.maximum_minutes, "second_factor": NO_FACTOR, "justification": ""}


@pytest.mark.parametrize(
    ("change", "rules_refusing"),
    [
        pytest.param({"extends_until": NOW + HOUR}, (), id="an hour left of eight"),
        pytest.param({"extends_until": NOW + 8 * HOUR}, ("ExpirationRule",), id="just activated in full"),
        pytest.param(
            {"extends_until": NOW + HOUR, "eligible": Period(NOW - DAY, NOW + HOUR)},
            ("ExpirationRule",),
            id="until the eligibility ends",
        ),
        pytest.param(
            {"extends_until": NOW + HOUR, "is_waiting": True},
            ("PendingRoleAssignmentRequest",),
            id="asked for already",
        ),
        pytest.param(
            {"extends_until": NOW + HOUR, "eligible": None}, ("EligibilityRule",), id="not eligible any more"
        ),
    ],
)
def test_offers_to_extend_where_the_longest_time_would_gain_something(change, rules_refusing):
    assert may_extend(facts(**LONGEST | change), is_activated=True).rules == rules_refusing


@pytest.mark.parametrize(("given", "is_activated"), [(None, True), (FINE, False)])
def test_offers_no_extension_of_what_an_admin_assigned(given, is_activated):
    assert may_extend(given, is_activated=is_activated).rules == ("RoleAssignmentDoesNotExist",)
