"""Who may see, create and change people: by permission and by the power of whom it is about."""

from dataclasses import replace
from uuid import UUID

import pytest

from apps.access_requests.policy.power import NO_POWER, Power, Source
from apps.administration.policy.people import (
    PersonFacts,
    can_create_person,
    can_make_manager,
    can_see_people,
    decisions_on,
)
from apps.common.access import DIRECTORY_PATH, Access, Grant, Permission, Provider

ME, JOHN = UUID(int=1), UUID(int=2)
P = Permission
HOLDER = Power(frozenset([Source(Provider.RESOURCES, "x/", "Eligible: Reader on X")]))
GLOBAL = Power(
    frozenset(
        [Source(Provider.DIRECTORY, DIRECTORY_PATH, "Global Administrator", is_global_administrator=True)]
    )
)


def access(*permissions, provider=Provider.DIRECTORY, path=DIRECTORY_PATH):
    return Access(ME, frozenset(Grant(permission, provider, path) for permission in permissions))


@pytest.mark.parametrize(
    ("permission", "sees", "creates"),
    [
        (P.ASSIGNMENTS_READ, True, False),
        (P.PEOPLE_MANAGE, True, True),
        (P.PRIVILEGED_PEOPLE_MANAGE, True, True),
        (P.GLOBAL_ADMINISTRATORS_MANAGE, True, False),
        (P.AUDIT_READ, False, False),
        (P.ASSIGNMENTS_MANAGE, False, False),
    ],
)
def test_opens_people_to_whoever_reads_or_manages_the_directory(permission, sees, creates):
    assert bool(can_see_people(access(permission))) is sees
    assert bool(can_create_person(access(permission))) is creates
    assert not can_see_people(access(permission, provider=Provider.RESOURCES))


def test_lets_nobody_make_themself_a_manager():
    assert can_make_manager(access(), manager_id=JOHN)
    assert can_make_manager(access(), manager_id=None)
    assert can_make_manager(access(), manager_id=ME).rules == ("AdminRequestRule",)


@pytest.mark.parametrize(
    ("power", "permission"),
    [
        (NO_POWER, P.PEOPLE_MANAGE),
        (HOLDER, P.PRIVILEGED_PEOPLE_MANAGE),
        (GLOBAL, P.GLOBAL_ADMINISTRATORS_MANAGE),
    ],
)
def test_offers_every_change_to_whoever_manages_people_of_that_power_and_to_nobody_else(power, permission):
    facts = PersonFacts(JOHN, power, is_enabled=True, is_enrolled=True)

    for held in P:
        found = decisions_on(access(held), facts)
        enable = decisions_on(access(held), replace(facts, is_enabled=False)).enable
        given = {found.change, found.send_link, found.reset_factor, found.disable, enable}
        assert {bool(decision) for decision in given} == {held == permission}


def test_offers_nothing_about_oneself():
    facts = PersonFacts(ME, NO_POWER, is_enabled=True, is_enrolled=True)

    assert not decisions_on(access(*P), facts).change


@pytest.mark.parametrize(
    ("facts", "button", "rule"),
    [
        ({"is_enabled": False}, "send_link", "AccountDisabled"),
        ({"is_enabled": False}, "reset_factor", "AccountDisabled"),
        ({"is_enabled": False}, "disable", "AccountDisabled"),
        ({}, "enable", "AccountEnabled"),
        ({"is_enrolled": False}, "reset_factor", "NoFactor"),
        ({"last_of": "Global Administrator"}, "disable", "LastAdminRule"),
    ],
)
def test_says_what_stands_in_the_way(facts, button, rule):
    facts = {"is_enabled": True, "is_enrolled": True} | facts

    assert getattr(decisions_on(access(*P), PersonFacts(JOHN, NO_POWER, **facts)), button).rules == (rule,)
