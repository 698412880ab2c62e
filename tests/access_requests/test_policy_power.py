from itertools import product
from uuid import UUID

import pytest

from apps.access_requests.policy.power import (
    NO_POWER,
    Power,
    Source,
    can_change_group,
    can_change_person,
    can_create_role_assignable,
    needed_for,
    spread,
)
from apps.common.access import DIRECTORY_PATH, Access, Grant, Permission, Provider
from apps.roles import built_in
from apps.roles.built_in import ROLES

ME, SOMEBODY, TEAM, CLUB, HOUSE = (UUID(int=number) for number in range(1, 6))
TEAM_PATH, CLUB_PATH = "team/", "club/"

TEAMS_ADMIN = Source(Provider.DIRECTORY, DIRECTORY_PATH, "Eligible: Teams Administrator on Directory")
GLOBAL = Source(Provider.DIRECTORY, DIRECTORY_PATH, "Active: Global Administrator on Directory", True)
OVER_SHOP = Source(Provider.RESOURCES, "root/shop/", "Active: Contributor on Shop")
OVER_FARM = Source(Provider.RESOURCES, "root/farm/", "Approves Reader on Farm")
OVER_ALL = Source(Provider.RESOURCES, "", "Approves Contributor")

DIRECTORY_POWER = Power(frozenset({TEAMS_ADMIN}))
OF_A_GLOBAL_ADMINISTRATOR = Power(frozenset({TEAMS_ADMIN, GLOBAL}))
SHOP_POWER = Power(frozenset({OVER_SHOP}))
SHOP_AND_FARM_POWER = Power(frozenset({OVER_SHOP, OVER_FARM}))
MIXED_POWER = Power(frozenset({OVER_SHOP, TEAMS_ADMIN}))
POWER_EVERYWHERE = Power(frozenset({OVER_ALL}))
POWERS = (
    NO_POWER,
    DIRECTORY_POWER,
    OF_A_GLOBAL_ADMINISTRATOR,
    SHOP_POWER,
    SHOP_AND_FARM_POWER,
    MIXED_POWER,
    POWER_EVERYWHERE,
)


def holding(role_id, path):
    """What the holder of a built-in role on this path may do, as `assignments` works it out."""
    role = next(role for role in ROLES if role.id == role_id)
    return frozenset(
        Grant(Permission(name), Provider(provider), path if provider == role.provider else "")
        for provider, names in role.permissions.items()
        for name in names
    )


def access(*grants):
    return Access(ME, frozenset().union(*grants))


GA = access(holding(built_in.GLOBAL_ADMINISTRATOR, DIRECTORY_PATH))
PRA = access(holding(built_in.PRIVILEGED_ROLE_ADMINISTRATOR, DIRECTORY_PATH))
USER_ADMINISTRATOR = access(holding(built_in.USER_ADMINISTRATOR, DIRECTORY_PATH))
READER = access(holding(built_in.SECURITY_ADMINISTRATOR, DIRECTORY_PATH))
SHOP_OWNER = access(holding(built_in.RESOURCE_OWNER, "root/shop/"))
TREE_OWNER = access(holding(built_in.USER_ACCESS_ADMINISTRATOR, "root/"))
TEAM_OWNER = access(holding(built_in.GROUP_OWNER, TEAM_PATH))
SHOP_AND_TEAM_OWNER = access(
    holding(built_in.RESOURCE_OWNER, "root/shop/"), holding(built_in.GROUP_OWNER, TEAM_PATH)
)
TREE_OWNER_AND_USER_ADMINISTRATOR = access(
    holding(built_in.RESOURCE_OWNER, "root/"), holding(built_in.USER_ADMINISTRATOR, DIRECTORY_PATH)
)
NOBODY = access()
EVERYBODY = (
    GA,
    PRA,
    USER_ADMINISTRATOR,
    READER,
    SHOP_OWNER,
    TREE_OWNER,
    TEAM_OWNER,
    SHOP_AND_TEAM_OWNER,
    TREE_OWNER_AND_USER_ADMINISTRATOR,
    NOBODY,
)

# Who may change a person of each power; everybody else may not.
CHANGE_A_PERSON = {
    NO_POWER: (GA, PRA, USER_ADMINISTRATOR, TREE_OWNER_AND_USER_ADMINISTRATOR),
    DIRECTORY_POWER: (GA, PRA),
    OF_A_GLOBAL_ADMINISTRATOR: (GA,),
    SHOP_POWER: (GA, PRA),
    SHOP_AND_FARM_POWER: (GA, PRA),
    MIXED_POWER: (GA, PRA),
    POWER_EVERYWHERE: (GA, PRA),
}
# The same for the group "Team".
CHANGE_THE_TEAM = {
    NO_POWER: (
        GA,
        PRA,
        USER_ADMINISTRATOR,
        TEAM_OWNER,
        SHOP_AND_TEAM_OWNER,
        TREE_OWNER_AND_USER_ADMINISTRATOR,
    ),
    DIRECTORY_POWER: (GA, PRA),
    OF_A_GLOBAL_ADMINISTRATOR: (GA,),
    SHOP_POWER: (GA, PRA, SHOP_AND_TEAM_OWNER, TREE_OWNER_AND_USER_ADMINISTRATOR),
    SHOP_AND_FARM_POWER: (GA, PRA, TREE_OWNER_AND_USER_ADMINISTRATOR),
    MIXED_POWER: (GA, PRA),
    POWER_EVERYWHERE: (GA, PRA),
}


@pytest.mark.parametrize(("who", "power"), [*product(EVERYBODY, POWERS)])
def test_a_person_is_changed_by_whoever_stands_above_their_power(who, power):
    assert bool(can_change_person(who, power, person_id=SOMEBODY)) == (who in CHANGE_A_PERSON[power])


@pytest.mark.parametrize(("who", "power"), [*product(EVERYBODY, POWERS)])
def test_a_group_is_changed_by_its_owner_only_while_they_keep_whatever_it_reaches(who, power):
    assert bool(can_change_group(who, power, path=TEAM_PATH)) == (who in CHANGE_THE_TEAM[power])


@pytest.mark.parametrize("who", EVERYBODY)
def test_nobody_changes_themself(who):
    for power in POWERS:
        assert can_change_person(who, power, person_id=ME).rules == ("AdminRequestRule",)


def test_the_owner_of_one_group_changes_no_other():
    assert not can_change_group(TEAM_OWNER, NO_POWER, path=CLUB_PATH)


@pytest.mark.parametrize("who", EVERYBODY)
def test_role_assignable_groups_are_created_by_those_who_manage_power(who):
    assert bool(can_create_role_assignable(who)) == (who in (GA, PRA))


@pytest.mark.parametrize(
    ("power", "permission"),
    [
        (NO_POWER, Permission.PEOPLE_MANAGE),
        (SHOP_POWER, Permission.PRIVILEGED_PEOPLE_MANAGE),
        (OF_A_GLOBAL_ADMINISTRATOR, Permission.GLOBAL_ADMINISTRATORS_MANAGE),
    ],
)
def test_names_the_permission_that_is_needed(power, permission):
    assert needed_for(power) == permission


def test_only_global_administrator_manages_global_administrators():
    holders = [
        role.id
        for role in ROLES
        if any(Permission.GLOBAL_ADMINISTRATORS_MANAGE in names for names in role.permissions.values())
    ]
    assert holders == [built_in.GLOBAL_ADMINISTRATOR]


def test_each_refusal_says_who_may():
    reasons = [
        can_change_person(NOBODY, power, person_id=SOMEBODY).reason
        for power in (NO_POWER, SHOP_POWER, OF_A_GLOBAL_ADMINISTRATOR)
    ]
    assert reasons == [
        "Your active roles do not manage this. User Administrator does.",
        "This has power. Only a Privileged Role Administrator or a Global Administrator changes it.",
        "This leads to Global Administrator. Only a Global Administrator changes it.",
    ]


def test_power_goes_along_every_way_at_any_depth():
    ways = {SOMEBODY: {TEAM}, TEAM: {CLUB}, CLUB: {HOUSE}}
    own = {HOUSE: {GLOBAL}, CLUB: {OVER_SHOP}}
    powers = spread([SOMEBODY, HOUSE, ME], own, ways)
    assert powers == {
        SOMEBODY: Power(frozenset({GLOBAL, OVER_SHOP})),
        HOUSE: Power(frozenset({GLOBAL})),
        ME: NO_POWER,
    }


def test_groups_in_a_ring_have_the_power_of_each():
    ways = {TEAM: {CLUB}, CLUB: {TEAM}}
    assert spread([TEAM, CLUB], {CLUB: {OVER_SHOP}}, ways) == {TEAM: SHOP_POWER, CLUB: SHOP_POWER}


def test_says_why_only_to_whoever_sees_what_is_held_there():
    assert MIXED_POWER.seen_by(SHOP_OWNER) == [OVER_SHOP.says]
    assert MIXED_POWER.seen_by(PRA) == [TEAMS_ADMIN.says]
    assert MIXED_POWER.seen_by(GA) == [OVER_SHOP.says, TEAMS_ADMIN.says]
    assert MIXED_POWER.seen_by(USER_ADMINISTRATOR) == []


def test_no_power_is_false_and_any_power_true():
    assert not NO_POWER
    assert all(POWERS[1:])
