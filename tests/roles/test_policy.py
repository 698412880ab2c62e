from dataclasses import replace
from uuid import UUID

import pytest

from apps.common.access import Provider
from apps.roles.policy.paths import ancestor_ids, nearest
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

ADA, BOB = (Seat(SeatKind.PRINCIPAL, UUID(int=number)) for number in (1, 2))


# ---- Which rules govern ------------------------------------------------------------------------------------

BY_ROLE, BY_ROOT, BY_MIDDLE = (None, "role"), ("1/", "root"), ("1/2/", "middle")


@pytest.mark.parametrize(
    ("path", "candidates", "winner"),
    [
        pytest.param("1/2/3/", [BY_ROLE, BY_ROOT, BY_MIDDLE], "middle", id="the nearest of all"),
        pytest.param("1/2/3/", [BY_MIDDLE, BY_ROOT, BY_ROLE], "middle", id="in whatever order"),
        pytest.param("1/2/", [BY_ROLE, BY_ROOT, BY_MIDDLE], "middle", id="the resource itself"),
        pytest.param("1/4/", [BY_ROLE, BY_ROOT, BY_MIDDLE], "root", id="not those of a sibling"),
        pytest.param("1/", [BY_ROLE, BY_MIDDLE], "role", id="not those of a child"),
        pytest.param("12/", [BY_ROLE, BY_ROOT], "role", id="not those of a path that begins alike"),
        pytest.param("5/", [BY_ROLE], "role", id="the role's own"),
        pytest.param("5/", [BY_ROOT], None, id="none"),
        pytest.param("5/", [], None, id="none at all"),
    ],
)
def test_takes_the_nearest_settings_above(path, candidates, winner):
    assert nearest(path, candidates) == winner


def test_reads_the_ancestors_off_the_path():
    root, leaf = UUID(int=1), UUID(int=2)

    assert ancestor_ids(f"{root}/{leaf}/") == [root, leaf]


# ---- Defaults (fact sheet, section 4) ----------------------------------------------------------------------


@pytest.mark.parametrize("provider", Provider)
def test_gives_eight_hours_with_a_reason_and_without_approval(provider):
    rules = default_rules(provider)

    assert rules.maximum_minutes == 8 * 60
    assert rules.requires_justification
    assert (rules.requires_ticket, rules.requires_approval) == (False, False)
    assert rules.approval_window_minutes == 24 * 60
    assert (rules.approvers, rules.source) == ((), "")


@pytest.mark.parametrize(
    ("provider", "authentication", "permanent"),
    [
        (Provider.DIRECTORY, Authentication.MFA, True),
        (Provider.RESOURCES, Authentication.MFA, False),
        (Provider.GROUPS, Authentication.NONE, False),
    ],
)
def test_differs_by_provider_as_entra_does(provider, authentication, permanent):
    rules = default_rules(provider)

    assert rules.authentication == authentication
    assert (rules.permanent_eligible, rules.permanent_active) == (permanent, permanent)


@pytest.mark.parametrize(
    ("authentication", "asks", "each_time"),
    [
        (Authentication.NONE, False, False),
        (Authentication.MFA, True, False),
        (Authentication.MFA_EACH_TIME, True, True),
        (Authentication.CONTEXT, True, False),
    ],
)
def test_says_when_a_second_factor_is_asked_for(authentication, asks, each_time):
    rules = RoleRules(authentication=authentication)

    assert (rules.requires_second_factor, rules.second_factor_each_time) == (asks, each_time)


def test_tells_everybody_where_a_cell_is_not_set():
    quiet = Cell(default_recipients=False, critical_only=True)
    rules = RoleRules(cells={(NoticeCase.ACTIVATION, Audience.ADMIN): quiet})

    assert rules.cell(NoticeCase.ACTIVATION, Audience.ADMIN) == quiet
    assert rules.cell(NoticeCase.ELIGIBLE, Audience.ADMIN) == Cell()
    assert Cell().default_recipients


# ---- What an approver is shown of them ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"maximum_half_hours": 1},
        {"authentication": Authentication.NONE},
        {"requires_justification": False},
        {"requires_ticket": True},
        {"requires_approval": True},
        {"approvers": (ADA,)},
        {"approvers": (Seat(SeatKind.MANAGER),)},
    ],
)
def test_is_other_evidence_when_an_activation_rule_changes(change):
    rules = RoleRules()

    assert replace(rules, **change).evidence() != rules.evidence()


@pytest.mark.parametrize(
    "change",
    [
        {"cells": {(NoticeCase.ACTIVE, Audience.ADMIN): Cell(critical_only=True)}},
        {"eligible_maximum_days": 15},
        {"source": "Production"},
    ],
)
def test_is_the_same_evidence_when_only_something_else_changes(change):
    rules = RoleRules()

    assert replace(rules, **change).evidence() == rules.evidence()


def test_is_the_same_evidence_in_whatever_order_the_approvers_stand():
    assert RoleRules(approvers=(ADA, BOB)).evidence() == RoleRules(approvers=(BOB, ADA)).evidence()
