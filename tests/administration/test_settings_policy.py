from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from apps.accounts.policy import SecondFactor
from apps.administration.policy.settings import SettingsFacts, can_save, effective, may_manage, plan_digest
from apps.administration.policy.settings_words import Tab, cell_in_words, diff
from apps.common.access import DIRECTORY_PATH, Access, Grant, Permission, Provider
from apps.common.decision import ALLOWED, denied
from apps.roles.policy.rules import (
    Audience,
    Authentication,
    Cell,
    NoticeCase,
    RoleRules,
    Seat,
    SeatKind,
    default_rules,
)

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
ADA = Seat(SeatKind.PRINCIPAL, UUID(int=1), "Ada")
OWNERS, MANAGER = Seat(SeatKind.RESOURCE_OWNERS), Seat(SeatKind.MANAGER)
BASE = SettingsFacts(
    rules=RoleRules(),
    role_provider=Provider.DIRECTORY,
    place_provider=Provider.DIRECTORY,
    second_factor=SecondFactor(NOW),
    now=NOW,
)


def refusals(facts=BASE, **rules):
    decision = can_save(replace(facts, rules=replace(facts.rules, **rules)))
    return [(refusal.rule, refusal.field) for refusal in decision.refusals]


def cells(audience=Audience.ADMIN, *addresses):
    return {(NoticeCase.ACTIVATION, audience): Cell(additional_recipients=addresses)}


@pytest.mark.parametrize("half_hours", [1, 47, 48])
@pytest.mark.parametrize("days", [15, 30, 90, 180, 365])
def test_takes_what_entra_takes(half_hours, days):
    assert refusals(maximum_half_hours=half_hours, eligible_maximum_days=days, active_maximum_days=days) == []


REFUSED = {
    "no duration": ({"maximum_half_hours": 0}, ("ExpirationRule", "maximum_half_hours")),
    "over a day": ({"maximum_half_hours": 49}, ("ExpirationRule", "maximum_half_hours")),
    "no such demand": ({"authentication": "password"}, ("MfaRule", "authentication")),
    "no context named": (
        {"authentication": Authentication.CONTEXT},
        ("MfaRule", "authentication_context"),
    ),
    "a long context": (
        {"authentication": Authentication.CONTEXT, "authentication_context": "c" * 61},
        ("MfaRule", "authentication_context"),
    ),
    "MFA and a context": ({"authentication_context": "c1"}, ("MfaRule", "authentication_context")),
    "4 minutes to decide": ({"approval_window_minutes": 4}, ("ApprovalRule", "approval_window_minutes")),
    "a month to decide": ({"approval_window_minutes": 43200}, ("ApprovalRule", "approval_window_minutes")),
    "100 days eligible": ({"eligible_maximum_days": 100}, ("ExpirationRule", "eligible_maximum_days")),
    "a day active": ({"active_maximum_days": 1}, ("ExpirationRule", "active_maximum_days")),
    "an approver twice": ({"approvers": (ADA, replace(ADA, name="A."))}, ("ApproverRule", "approvers")),
    "owners of the directory": ({"approvers": (OWNERS,)}, ("ApproverRule", "approvers")),
    "no address": (
        {"cells": cells(Audience.ADMIN, "soc")},
        ("NotificationRule", "activation_admin_additional"),
    ),
    "others asked to approve": (
        {"cells": cells(Audience.APPROVER, "soc@example.com")},
        ("NotificationRule", "activation_approver_additional"),
    ),
    "21 addresses": (
        {"cells": cells(Audience.ADMIN, *(f"a{n}@example.com" for n in range(21)))},
        ("NotificationRule", "activation_admin_additional"),
    ),
}


@pytest.mark.parametrize(("rules", "refusal"), REFUSED.values(), ids=REFUSED)
def test_refuses_with_the_field_that_puts_it_right(rules, refusal):
    assert refusals(**rules) == [refusal]


def test_says_everything_at_once():
    assert len(refusals(maximum_half_hours=0, eligible_maximum_days=1, cells=cells(Audience.ADMIN, "x"))) == 3


@pytest.mark.parametrize("provider", [Provider.GROUPS, Provider.RESOURCES])
def test_asks_for_named_approvers_outside_the_directory(provider):
    facts = replace(BASE, role_provider=provider, place_provider=provider)

    assert refusals(facts, requires_approval=True) == [("ApproverRule", "approvers")]
    assert refusals(facts, requires_approval=True, approvers=(OWNERS,)) == []
    assert refusals(requires_approval=True) == []


def test_asks_that_somebody_can_approve():
    unproved = replace(BASE, proved=False)

    assert refusals(unproved, requires_approval=True, approvers=(ADA,)) == [("ApproverRule", "approvers")]
    assert refusals(unproved, requires_approval=True) == [("ApproverRule", "approvers")]
    assert refusals(unproved, approvers=(ADA,)) == []


def test_takes_role_assignable_groups_only_where_directory_roles_are_approved():
    facts = replace(BASE, outsiders=("Operators",))

    assert refusals(facts, approvers=(ADA,)) == [("ApproverRule", "approvers")]
    assert "Operators" in can_save(facts).reason
    assert refusals(replace(facts, role_provider=Provider.GROUPS, place_provider=Provider.GROUPS)) == []


def test_refuses_approvers_who_are_nobody():
    assert refusals(replace(BASE, unknown=True), approvers=(ADA,)) == [("ApproverRule", "approvers")]


def test_refuses_a_role_of_another_provider():
    assert refusals(replace(BASE, place_provider=Provider.GROUPS)) == [("RoleNotFound", "")]


def test_asks_for_the_right_and_a_fresh_factor():
    no_right = denied("AdminRequestRule", "No.")
    stale = SecondFactor(NOW - timedelta(minutes=6))
    facts = replace(BASE, right=no_right, second_factor=stale)

    assert refusals(replace(facts, right=ALLOWED)) == [("MfaRule", "code")]
    assert refusals(facts) == [("AdminRequestRule", "")]
    assert refusals(replace(facts, is_console=True)) == []


@pytest.mark.parametrize(
    ("provider", "held", "path", "may"),
    [
        (Provider.DIRECTORY, DIRECTORY_PATH, "", True),
        (Provider.DIRECTORY, "", "", True),
        (Provider.RESOURCES, "a/", "a/b/", True),
        (Provider.RESOURCES, "a/", "a/", True),
        (Provider.RESOURCES, "a/b/", "a/", False),
        (Provider.RESOURCES, "a/", "", False),
        (Provider.RESOURCES, "", "", True),
        (Provider.GROUPS, "g/", "", False),
    ],
)
def test_asks_for_the_right_at_the_very_place(provider, held, path, may):
    access = Access(None, frozenset({Grant(Permission.SETTINGS_MANAGE, provider, held)}))

    reader = Access(None, frozenset({Grant(Permission.SETTINGS_READ, provider, "")}))

    assert bool(may_manage(access, provider, path)) is may
    assert not may_manage(reader, provider, path)


# ---- In words ----------------------------------------------------------------------------------------------


def test_says_what_differs_in_the_order_of_the_page():
    new = RoleRules(
        maximum_half_hours=3,
        authentication=Authentication.NONE,
        requires_approval=True,
        approvers=(ADA,),
        permanent_eligible=False,
        eligible_maximum_days=90,
        cells={(NoticeCase.ACTIVATION, Audience.ADMIN): Cell(False, ("soc@example.com",), True)},
    )

    said = [(each.tab, each.label, each.old, each.new) for each in diff(RoleRules(), new)]

    assert said == [
        (Tab.ACTIVATION, "Activation maximum duration", "8 h", "1 h 30 min"),
        (Tab.ACTIVATION, "On activation, require", "MFA", "None"),
        (Tab.ACTIVATION, "Require approval to activate", "No", "Yes"),
        (Tab.ACTIVATION, "Approvers", "Nobody named", "Ada"),
        (Tab.ASSIGNMENT, "Allow permanent eligible assignment", "Yes", "No"),
        (Tab.ASSIGNMENT, "Expire eligible assignments after", "1 year, not in use", "3 months"),
        (
            Tab.NOTIFICATION,
            "Eligible members activate: Admin",
            "Default recipients",
            "soc@example.com, critical only",
        ),
    ]
    assert diff(new, new) == []


def test_says_that_nobody_is_told():
    assert cell_in_words(Cell(False, (), critical_only=True)) == "Nobody"


# ---- In force, and the plan --------------------------------------------------------------------------------


def test_finds_the_nearest_rules_or_the_defaults():
    own, wide = RoleRules(maximum_half_hours=2), RoleRules(maximum_half_hours=4)
    rows = {None: wide, "a/b/": own}

    assert effective(Provider.RESOURCES, "a/b/c/", rows) == (own, "a/b/", True)
    assert effective(Provider.RESOURCES, "a/", rows) == (wide, None, True)
    assert effective(Provider.RESOURCES, "a/", {}) == (default_rules(Provider.RESOURCES), None, False)


def test_names_a_plan_by_all_that_it_does():
    line = (UUID(int=1), None, RoleRules(), False, RoleRules(maximum_half_hours=2), True)
    other = (UUID(int=2), *line[1:])

    assert plan_digest([line, other]) == plan_digest([other, line])
    for moved in [(UUID(int=3), *line[1:]), (*line[:3], True, *line[4:]), (*line[:2], line[4], *line[3:])]:
        assert plan_digest([moved]) != plan_digest([line])
