import pytest

from apps.common.access import DIRECTORY_ID, DIRECTORY_PATH, Permission, Provider
from apps.roles import built_in
from apps.roles.built_in import ROLES
from apps.roles.installation import install_built_ins
from apps.roles.models import Resource, RoleDefinition
from tests.factories import make_resource, role

pytestmark = pytest.mark.django_db


def test_has_put_the_directory_in_place():
    root = Resource.objects.get()

    assert (root.id, root.path, root.provider) == (DIRECTORY_ID, DIRECTORY_PATH, Provider.DIRECTORY)


@pytest.mark.parametrize(("provider", "count"), [("directory", 21), ("resources", 4), ("groups", 2)])
def test_has_put_the_built_in_roles_in_place(provider, count):
    rows = RoleDefinition.objects.filter(provider=provider)

    assert rows.count() == count
    assert all(row.is_built_in for row in rows)


def test_changes_nothing_when_it_runs_again():
    before = list(RoleDefinition.objects.order_by("id").values()), list(Resource.objects.values())

    install_built_ins()

    assert (list(RoleDefinition.objects.order_by("id").values()), list(Resource.objects.values())) == before


def test_brings_a_built_in_role_up_to_date():
    RoleDefinition.objects.filter(pk=built_in.READER).update(name="Old name", permissions={})

    install_built_ins()

    reader = role(built_in.READER)
    assert (reader.name, reader.permissions) == ("Reader", {"resources": ["assignments.read"]})


def test_leaves_what_the_organisation_added(now):
    custom = RoleDefinition.objects.create(provider=Provider.RESOURCES, name="Night shift")
    RoleDefinition.objects.filter(pk=built_in.READER).update(link="https://intranet.example.com/")
    production = make_resource("Production", now=now)

    install_built_ins()

    assert role(custom.id).name == "Night shift"
    assert role(built_in.READER).link == "https://intranet.example.com/"
    assert Resource.objects.filter(pk=production.pk).exists()


# ---- What the built-in roles are ---------------------------------------------------------------------------


def permissions_of(role_id):
    found = next(role for role in ROLES if role.id == role_id)
    return {provider: set(names) for provider, names in found.permissions.items()}


def test_names_each_role_and_id_once():
    assert (
        len({role.id for role in ROLES}) == len({(role.provider, role.name) for role in ROLES}) == len(ROLES)
    )


@pytest.mark.parametrize("held", ROLES, ids=lambda held: f"{held.provider.value}: {held.name}")
def test_knows_every_permission_it_gives(held):
    for provider, names in held.permissions.items():
        assert provider in Provider.values
        assert set(names) <= set(Permission.values)


@pytest.mark.parametrize("provider", Provider.values)
def test_lets_a_global_administrator_do_everything(provider):
    assert permissions_of(built_in.GLOBAL_ADMINISTRATOR)[provider] == set(Permission.values)


def test_keeps_a_privileged_role_administrator_from_resources():
    assert set(permissions_of(built_in.PRIVILEGED_ROLE_ADMINISTRATOR)) == {"directory", "groups"}


@pytest.mark.parametrize("reader", [built_in.SECURITY_READER, built_in.GLOBAL_READER])
def test_lets_readers_change_nothing(reader):
    given = set().union(*permissions_of(reader).values())

    assert given
    assert not {name for name in given if not name.endswith(".read")}


def test_calls_privileged_whatever_manages_more_than_one_group():
    managing = [held for held in ROLES if "manage" in str(held.permissions)]

    assert [(held.provider, held.name) for held in managing if not held.is_privileged] == [
        (Provider.GROUPS, "Owner")
    ]


@pytest.mark.parametrize(
    ("role_id", "enforced_by"),
    [
        pytest.param(built_in.PRIVILEGED_ROLE_ADMINISTRATOR, "", id="opens pages of this portal"),
        pytest.param(built_in.GROUP_MEMBER, "", id="membership is kept here"),
        pytest.param(
            built_in.TEAMS_ADMINISTRATOR, "the administrators of the target system", id="works elsewhere"
        ),
    ],
)
def test_says_honestly_what_enforces_a_role(role_id, enforced_by):
    assert RoleDefinition.objects.get(pk=role_id).enforced_by == enforced_by
