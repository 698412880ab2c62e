from uuid import UUID

import pytest

from apps.common.access import MANAGERS, NO_ACCESS, OPENERS, Access, Grant, Permission, Provider, can_open
from apps.roles.built_in import ROLES

READ, MANAGE = Permission.ASSIGNMENTS_READ, Permission.ASSIGNMENTS_MANAGE
PRODUCTION, BELOW, BESIDE = "1/", "1/2/", "12/"
JOHN = UUID(int=1)

ON_PRODUCTION = Access(JOHN, frozenset({Grant(READ, Provider.RESOURCES, PRODUCTION)}))
ON_ALL_GROUPS = Access(JOHN, frozenset({Grant(READ, Provider.GROUPS)}))


@pytest.mark.parametrize(
    ("permission", "provider", "path", "may"),
    [
        pytest.param(READ, Provider.RESOURCES, PRODUCTION, True, id="on the resource itself"),
        pytest.param(READ, Provider.RESOURCES, BELOW, True, id="below it"),
        pytest.param(READ, Provider.RESOURCES, BESIDE, False, id="beside it, with a path that begins alike"),
        pytest.param(READ, Provider.RESOURCES, "", False, id="above it"),
        pytest.param(MANAGE, Provider.RESOURCES, PRODUCTION, False, id="another permission"),
        pytest.param(READ, Provider.DIRECTORY, PRODUCTION, False, id="another provider"),
    ],
)
def test_holds_on_a_resource_and_below(permission, provider, path, may):
    assert ON_PRODUCTION.may(permission, provider, path) is may


def test_without_a_path_holds_everywhere_in_its_provider():
    assert ON_ALL_GROUPS.may(READ, Provider.GROUPS, "7/")
    assert not ON_ALL_GROUPS.may(READ, Provider.RESOURCES, "7/")


def test_says_whether_a_permission_is_held_anywhere():
    assert ON_PRODUCTION.may_somewhere(READ)
    assert not ON_PRODUCTION.may_somewhere(MANAGE)


def test_lists_where_a_permission_is_held_once_each():
    access = Access(JOHN, ON_PRODUCTION.grants | ON_ALL_GROUPS.grants | {Grant(MANAGE, Provider.GROUPS)})

    assert access.scopes(READ) == [(Provider.GROUPS, ""), (Provider.RESOURCES, PRODUCTION)]


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("provider", Provider)
def test_nobody_may_nothing(permission, provider):
    assert not NO_ACCESS.may(permission, provider, "")
    assert not NO_ACCESS.may_somewhere(permission)


def test_opens_a_page_of_everybodys_to_whoever_may_read_somewhere():
    assert can_open(ON_PRODUCTION, READ)


def test_opens_a_page_of_one_provider_to_whoever_may_read_there():
    assert can_open(ON_PRODUCTION, READ, Provider.RESOURCES)
    assert not can_open(ON_PRODUCTION, READ, Provider.GROUPS)


def test_opens_a_page_of_one_resource_to_whoever_may_read_it_or_above():
    assert can_open(ON_PRODUCTION, READ, Provider.RESOURCES, f"{PRODUCTION}9/")
    assert not can_open(ON_PRODUCTION, READ, Provider.RESOURCES, "9/")


def test_sees_where_anything_is_held():
    assert ON_PRODUCTION.sees(Provider.RESOURCES, f"{PRODUCTION}9/")
    assert not ON_PRODUCTION.sees(Provider.RESOURCES, "9/")
    assert not ON_PRODUCTION.sees(Provider.GROUPS, PRODUCTION)


@pytest.mark.parametrize("access", [NO_ACCESS, ON_PRODUCTION])
def test_names_the_roles_that_open_it_to_everybody_else(access):
    refused = can_open(access, Permission.AUDIT_READ)

    assert refused.rules == ("PermissionRule",)
    assert "Security Reader, Security Administrator and Privileged Role Administrator do." in refused.reason


def test_names_the_roles_that_change_what_is_there():
    refused = can_open(NO_ACCESS, MANAGE, Provider.RESOURCES)

    assert "Owner and User Access Administrator do." in refused.reason


@pytest.mark.parametrize(
    ("named", "permission"),
    [
        (OPENERS, Permission.REQUESTS_READ),
        (OPENERS, Permission.AUDIT_READ),
        (OPENERS, Permission.ASSIGNMENTS_READ),
        (OPENERS, Permission.SETTINGS_READ),
        (MANAGERS, Permission.ASSIGNMENTS_MANAGE),
        (MANAGERS, Permission.SETTINGS_MANAGE),
    ],
)
@pytest.mark.parametrize("provider", ["", *Provider])
def test_names_roles_that_do_open_it(named, permission, provider):
    roles = [role for role in ROLES if role.name in named[provider]]
    held = [role.permissions[provider or Provider.DIRECTORY] for role in roles if role.provider != "groups"]

    assert held
    assert all(permission in permissions for permissions in held if permissions)
