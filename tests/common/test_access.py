from uuid import UUID

import pytest

from apps.common.access import NO_ACCESS, OPENERS, Access, Grant, Permission, Provider, can_open
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


@pytest.mark.parametrize("access", [NO_ACCESS, ON_PRODUCTION])
def test_names_the_roles_that_open_it_to_everybody_else(access):
    refused = can_open(access, MANAGE)

    assert refused.rules == ("PermissionRule",)
    assert "Security Reader, Security Administrator and Privileged Role Administrator do." in refused.reason


@pytest.mark.parametrize("name", OPENERS)
@pytest.mark.parametrize("permission", [Permission.REQUESTS_READ, Permission.AUDIT_READ])
def test_names_roles_that_do_open_it(name, permission):
    [role] = [role for role in ROLES if role.name == name]

    assert permission in role.permissions[Provider.DIRECTORY]
