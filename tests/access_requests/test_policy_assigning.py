from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from apps.access_requests.policy.assigning import (
    AssignmentFacts,
    GroupFacts,
    RemovalFacts,
    can_assign,
    can_remove,
    can_update,
)
from apps.accounts.policy import NO_FACTOR, SecondFactor
from apps.assignments.models import Assignment
from apps.common.access import Provider
from apps.common.decision import denied
from apps.roles.policy.rules import RoleRules

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
ELIGIBLE, ACTIVE = Assignment.Kind.ELIGIBLE, Assignment.Kind.ACTIVE
RULES = RoleRules()
NO_RIGHT = denied("AdminRequestRule", "Not here.")
BOUNDED = RoleRules(permanent_eligible=False, permanent_active=False)

PLAIN = GroupFacts(is_role_assignable=False, is_managed=True)
ROLE_ASSIGNABLE = GroupFacts(is_role_assignable=True, is_managed=True)
UNMANAGED = GroupFacts(is_role_assignable=False, is_managed=False)
UNMANAGED_ROLE_ASSIGNABLE = GroupFacts(is_role_assignable=True, is_managed=False)

# Nothing refuses these: an admin makes a person eligible for a directory role, for good.
FINE = AssignmentFacts(
    rules=RULES,
    kind=ELIGIBLE,
    now=NOW,
    role_provider=Provider.DIRECTORY,
    resource_provider=Provider.DIRECTORY,
    starts_at=NOW,
    ends_at=None,
    exists=False,
    second_factor=SecondFactor(NOW),
)


def facts(**changes):
    return replace(FINE, **changes)


def group_role(**changes):
    """The same for a role on a group."""
    return facts(role_provider=Provider.GROUPS, resource_provider=Provider.GROUPS, **changes)


def test_allows_what_follows_every_rule():
    assert can_assign(FINE)


@pytest.mark.parametrize(
    ("change", "rule", "reason", "field"),
    [
        pytest.param({"right": NO_RIGHT}, "AdminRequestRule", "Not here.", "", id="no right to"),
        pytest.param(
            {"role_provider": Provider.RESOURCES},
            "RoleNotFound",
            "This role does not exist on that resource.",
            "role",
            id="a role of another provider",
        ),
        pytest.param(
            {"ends_at": NOW - DAY},
            "ExpirationRule",
            "The end lies before the start.",
            "ends_at",
            id="an end before the start",
        ),
        pytest.param(
            {"ends_at": NOW},
            "ExpirationRule",
            "The end lies before the start.",
            "ends_at",
            id="no time at all",
        ),
        pytest.param(
            {"ends_at": NOW + 5 * MINUTE - SECOND},
            "ExpirationRule",
            "At least 5 min.",
            "ends_at",
            id="shorter than 5 min",
        ),
        pytest.param(
            {"rules": BOUNDED, "ends_at": NOW + 365 * DAY + SECOND},
            "ExpirationRule",
            "At most 365 days for this role.",
            "ends_at",
            id="eligible for longer than the role allows",
        ),
        pytest.param(
            {"rules": BOUNDED},
            "ExpirationRule",
            "This role may not be assigned permanently. Give an end.",
            "ends_at",
            id="eligible for good",
        ),
        pytest.param(
            {"second_factor": NO_FACTOR},
            "MfaRule",
            "Confirm with your second factor.",
            "code",
            id="no second factor",
        ),
        pytest.param(
            {"kind": ACTIVE}, "JustificationRule", "Say why.", "justification", id="active, no reason"
        ),
        pytest.param(
            {"exists": True},
            "RoleAssignmentExists",
            "Assigned already. Change that assignment instead.",
            "",
            id="assigned already",
        ),
        pytest.param(
            {"holder_group": PLAIN},
            "SubjectNotFound",
            "Only a role-assignable group can hold a directory role.",
            "principal",
            id="a directory role for just any group",
        ),
    ],
)
def test_refuses_by_one_rule_with_a_sentence_at_its_field(change, rule, reason, field):
    refusals = can_assign(facts(**change)).refusals

    assert [(r.rule, r.reason, r.field) for r in refusals] == [(rule, reason, field)]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"ends_at": NOW + 5 * MINUTE}, id="the shortest"),
        pytest.param({"rules": BOUNDED, "ends_at": NOW + 365 * DAY}, id="the longest"),
        pytest.param(
            {"rules": BOUNDED, "starts_at": NOW + DAY, "ends_at": NOW + 366 * DAY},
            id="the longest, from a later start",
        ),
        pytest.param({"ends_at": NOW + 3650 * DAY}, id="ten years of what may be permanent"),
        pytest.param({"kind": ACTIVE, "justification": "On call"}, id="active with a reason"),
        pytest.param(
            {"kind": ACTIVE, "rules": replace(RULES, active_requires_justification=False)},
            id="active without the reason that nobody asks for",
        ),
        pytest.param({"holder_group": ROLE_ASSIGNABLE}, id="a directory role for a role-assignable group"),
        pytest.param({"is_console": True, "second_factor": NO_FACTOR}, id="the console, which has no factor"),
    ],
)
def test_allows_what_just_fits(change):
    assert can_assign(facts(**change)).reason == ""


@pytest.mark.parametrize(("days", "fits"), [(180, True), (181, False)])
def test_limits_active_and_eligible_assignments_apart(days, fits):
    active = facts(rules=BOUNDED, kind=ACTIVE, justification="On call", ends_at=NOW + days * DAY)

    assert bool(can_assign(active)) is fits


@pytest.mark.parametrize(("permanent", "fits"), [(True, True), (False, False)])
def test_asks_for_an_end_where_active_may_not_be_permanent(permanent, fits):
    rules = replace(RULES, permanent_active=permanent)

    assert bool(can_assign(facts(rules=rules, kind=ACTIVE, justification="On call"))) is fits


def test_answers_every_refusal_together():
    refused = can_assign(
        facts(
            role_provider=Provider.GROUPS,
            kind=ACTIVE,
            ends_at=NOW,
            second_factor=NO_FACTOR,
            exists=True,
            holder_group=PLAIN,
            on_group=UNMANAGED_ROLE_ASSIGNABLE,
        )
    )

    assert refused.rules == (
        "RoleNotFound",
        "ExpirationRule",
        "MfaRule",
        "JustificationRule",
        "RoleAssignmentExists",
        "SubjectNotFound",
        "RoleNotFound",
    )


def test_tells_whoever_manages_nothing_there_nothing_of_what_is_there():
    refused = facts(right=NO_RIGHT, exists=True, is_waiting=True, has_approvers=False, closes_loop=True)
    gone = replace(REMOVABLE, right=NO_RIGHT, has_ended=True, last_of="Global Administrator")

    for decision in (can_assign(refused), can_remove(gone), can_update(refused, gone)):
        assert decision.rules == ("AdminRequestRule",)


# ---- Groups ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on_group", "holder_group", "rules_refusing"),
    [
        pytest.param(PLAIN, None, (), id="a person in a group"),
        pytest.param(PLAIN, PLAIN, (), id="a group in a group"),
        pytest.param(PLAIN, ROLE_ASSIGNABLE, (), id="a role-assignable group in a group"),
        pytest.param(ROLE_ASSIGNABLE, None, (), id="a person in a role-assignable group"),
        pytest.param(ROLE_ASSIGNABLE, PLAIN, ("SubjectNotFound",), id="a group in a role-assignable group"),
        pytest.param(
            ROLE_ASSIGNABLE, ROLE_ASSIGNABLE, ("SubjectNotFound",), id="a role-assignable one in another"
        ),
    ],
)
def test_keeps_groups_out_of_role_assignable_ones(on_group, holder_group, rules_refusing):
    assert can_assign(group_role(on_group=on_group, holder_group=holder_group)).rules == rules_refusing


@pytest.mark.parametrize(
    ("kind", "ends_at", "rules_refusing"),
    [
        pytest.param(ACTIVE, None, (), id="active, permanent"),
        pytest.param(ACTIVE, NOW + DAY, ("RoleNotFound",), id="active, for a time"),
        pytest.param(ELIGIBLE, None, ("RoleNotFound",), id="eligible, permanent"),
        pytest.param(ELIGIBLE, NOW + DAY, ("RoleNotFound",), id="eligible, for a time"),
    ],
)
def test_takes_only_permanent_members_into_a_group_without_management(kind, ends_at, rules_refusing):
    asked = group_role(
        rules=BOUNDED, on_group=UNMANAGED, kind=kind, ends_at=ends_at, justification="New colleague"
    )

    assert can_assign(asked).rules == rules_refusing


def test_obeys_the_settings_of_a_group_under_management():
    asked = group_role(rules=BOUNDED, on_group=PLAIN, kind=ACTIVE, justification="New colleague")

    assert can_assign(asked).rules == ("ExpirationRule",)


# ---- Removing ----------------------------------------------------------------------------------------------

REMOVABLE = RemovalFacts(has_ended=False, now=NOW, second_factor=SecondFactor(NOW))


def test_lets_an_admin_remove_what_runs():
    assert can_remove(REMOVABLE)


@pytest.mark.parametrize(
    ("change", "rule", "reason"),
    [
        ({"right": NO_RIGHT}, "AdminRequestRule", "Not here."),
        ({"has_ended": True}, "RoleAssignmentDoesNotExist", "This has ended already."),
        (
            {"last_of": "Global Administrator"},
            "LastAdminRule",
            "This is the last Global Administrator. Add another permanent one first.",
        ),
        ({"second_factor": NO_FACTOR}, "MfaRule", "Confirm with your second factor."),
    ],
)
def test_refuses_to_remove_by_one_rule_with_a_sentence(change, rule, reason):
    refusals = can_remove(replace(REMOVABLE, **change)).refusals

    assert [(r.rule, r.reason) for r in refusals] == [(rule, reason)]


def test_keeps_the_last_one_from_the_console_too():
    refused = can_remove(
        replace(REMOVABLE, needs_factor=False, second_factor=NO_FACTOR, last_of="Global Administrator")
    )

    assert refused.rules == ("LastAdminRule",)


# ---- Changing the period -----------------------------------------------------------------------------------

PRESENT = RemovalFacts(has_ended=False, now=NOW)


def test_lets_an_admin_give_another_period():
    assert can_update(facts(ends_at=NOW + DAY), PRESENT)


@pytest.mark.parametrize(
    ("wanted", "present", "rules_refusing"),
    [
        pytest.param({"right": NO_RIGHT}, {}, ("AdminRequestRule",), id="no right to"),
        pytest.param({"ends_at": NOW}, {}, ("ExpirationRule",), id="an end that has passed"),
        pytest.param({"rules": BOUNDED}, {}, ("ExpirationRule",), id="permanent where that is not allowed"),
        pytest.param({"second_factor": NO_FACTOR}, {}, ("MfaRule",), id="no second factor"),
        pytest.param({}, {"has_ended": True}, ("RoleAssignmentDoesNotExist",), id="ended meanwhile"),
        pytest.param(
            {"ends_at": NOW + DAY},
            {"last_of": "Global Administrator"},
            ("LastAdminRule",),
            id="an end for the last administrator",
        ),
        pytest.param(
            {"kind": ACTIVE, "justification": "Because"},
            {"last_of": "Global Administrator"},
            (),
            id="the last administrator, for good",
        ),
        pytest.param(
            {"kind": ELIGIBLE},
            {"last_of": "Global Administrator"},
            ("LastAdminRule",),
            id="the last administrator, eligible instead",
        ),
        pytest.param({"exists": True}, {}, ("RoleAssignmentExists",), id="the other kind is held, too"),
        pytest.param(
            {"starts_at": NOW + DAY},
            {"last_of": "Global Administrator"},
            ("LastAdminRule",),
            id="the last administrator, from tomorrow",
        ),
    ],
)
def test_refuses_another_period_as_a_new_one_and_as_the_end_of_the_old(wanted, present, rules_refusing):
    decision = can_update(facts(**wanted), replace(PRESENT, **present))

    assert decision.rules == rules_refusing
