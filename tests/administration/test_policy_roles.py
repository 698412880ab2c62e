from datetime import UTC, datetime
from uuid import UUID

import pytest

from apps.administration.policy.keeping import Keeper
from apps.administration.policy.roles import (
    RoleFacts,
    can_change_role,
    can_create_role,
    can_define,
    can_delete_role,
    can_retire_role,
)
from apps.common.access import Access, Grant, Permission, Provider, everywhere

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
DIRECTORY, GROUPS, RESOURCES = Provider.DIRECTORY, Provider.GROUPS, Provider.RESOURCES
KEEPING = (Permission.ASSIGNMENTS_MANAGE, Permission.SETTINGS_MANAGE)
AUDIT, GLOBAL = Permission.AUDIT_READ, Permission.GLOBAL_ADMINISTRATORS_MANAGE


def keeper(*pairs):
    """Holds these, each as (provider, permission), everywhere."""
    grants = frozenset(Grant(permission, provider, everywhere(provider)) for provider, permission in pairs)
    return Keeper(access=Access(UUID(int=1), grants), now=NOW)


def keeping(*providers):
    return [(provider, permission) for provider in providers for permission in KEEPING]


def test_defines_roles_where_one_keeps_everything():
    assert can_define(keeper(*keeping(DIRECTORY)), DIRECTORY)
    assert not can_define(keeper(*keeping(DIRECTORY)), RESOURCES)


def test_defines_none_as_the_keeper_of_a_part():
    grants = frozenset(Grant(permission, RESOURCES, "p/") for permission in KEEPING)

    assert can_define(Keeper(access=Access(UUID(int=1), grants), now=NOW), RESOURCES).rules == ("KeeperRule",)


def test_defines_none_for_groups():
    assert can_define(keeper(*keeping(GROUPS)), GROUPS).rules == ("RoleRule",)


def test_puts_in_what_its_maker_holds():
    maker = keeper(*keeping(DIRECTORY), (DIRECTORY, AUDIT))

    assert can_create_role(maker, DIRECTORY, frozenset({(DIRECTORY, AUDIT)}))


@pytest.mark.parametrize("pair", [(DIRECTORY, GLOBAL), (GROUPS, AUDIT), (RESOURCES, AUDIT)])
def test_puts_in_nothing_else(pair):
    maker = keeper(*keeping(DIRECTORY), (DIRECTORY, AUDIT))

    assert can_create_role(maker, DIRECTORY, frozenset({pair})).rules == ("PermissionRule",)


def test_gives_nothing_beyond_its_own_provider_but_for_the_directory():
    maker = keeper(*keeping(RESOURCES), (GROUPS, AUDIT))

    assert can_create_role(maker, RESOURCES, frozenset({(GROUPS, AUDIT)})).rules == ("PermissionRule",)


def test_keeps_what_is_in_it_whoever_changes_it():
    role = RoleFacts(DIRECTORY, granted=frozenset({(DIRECTORY, GLOBAL)}))
    changer = keeper(*keeping(DIRECTORY))

    assert can_change_role(changer, role, role.granted)
    assert can_change_role(changer, role, frozenset())
    assert not can_change_role(changer, role, role.granted | {(DIRECTORY, AUDIT)})


def test_adds_nothing_to_a_role_that_whoever_changes_it_holds():
    role = RoleFacts(DIRECTORY, granted=frozenset({(DIRECTORY, AUDIT)}))
    changer = keeper(*keeping(DIRECTORY), (DIRECTORY, AUDIT))
    more = role.granted | {(DIRECTORY, KEEPING[0])}

    assert can_change_role(changer, role, more)
    assert can_change_role(changer, role, more, changer_holds=True).rules == ("SelfRule",)
    assert can_change_role(changer, role, frozenset(), changer_holds=True)


def test_changes_and_deletes_nothing_built_in():
    role = RoleFacts(DIRECTORY, is_built_in=True)
    anybody = keeper(*keeping(DIRECTORY))

    assert can_change_role(anybody, role, frozenset()).rules == ("RoleRule",)
    assert can_delete_role(anybody, role).rules == ("RoleRule",)


def test_deletes_only_what_was_never_used():
    anybody = keeper(*keeping(DIRECTORY))

    assert can_delete_role(anybody, RoleFacts(DIRECTORY))
    assert not can_delete_role(anybody, RoleFacts(DIRECTORY, was_used=True))
    assert not can_delete_role(keeper(), RoleFacts(DIRECTORY))


def test_retires_what_nobody_holds_or_waits_for():
    anybody = keeper(*keeping(DIRECTORY))

    assert can_retire_role(anybody, RoleFacts(DIRECTORY, was_used=True))
    assert not can_retire_role(keeper(), RoleFacts(DIRECTORY, was_used=True))
    assert not can_retire_role(anybody, RoleFacts(DIRECTORY, is_built_in=True))


def test_says_all_that_keeps_a_role_in_use():
    refused = can_retire_role(keeper(*keeping(DIRECTORY)), RoleFacts(DIRECTORY, held=2, waiting=1))

    assert [refusal.reason for refusal in refused.refusals] == [
        "2 assignments have not ended. End them first.",
        "1 request is open. Answer it first.",
    ]


def test_changes_nothing_of_what_is_retired():
    anybody, role = keeper(*keeping(DIRECTORY)), RoleFacts(DIRECTORY, is_retired=True)

    assert not can_change_role(anybody, role, frozenset())
    assert not can_delete_role(anybody, role)
    assert not can_retire_role(anybody, role)
