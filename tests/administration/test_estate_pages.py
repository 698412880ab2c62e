"""What the pages of resources and roles make of what is sent to them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.common.access import Permission, Provider
from apps.roles import built_in
from apps.roles.models import Resource, RoleDefinition
from apps.roles.services.custom_roles import create_role
from tests.access_requests.pages import code_of, said, text_of
from tests.factories import assign, make_active, make_resource, make_user

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def now():
    """Pages read the clock."""
    return timezone.now()


@pytest.fixture
def alma(client, administrator):
    """The administrator's browser; `alma.code` is what their app shows."""
    client.force_login(administrator)
    client.code = code_of(administrator)
    return client


def test_creates_a_resource_with_a_code_and_none_without(alma, now):
    sent = {"name": "orders", "kind": "Database"}

    refused = alma.post("/resources/new/", sent)
    assert (refused.status_code, Resource.objects.filter(name="orders").count()) == (400, 0)

    made = alma.post("/resources/new/", sent | {"code": alma.code})
    assert made.url == Resource.objects.get(name="orders").get_absolute_url()
    assert said(made) == ["orders is there."]


def test_lists_what_is_wrong_once(alma):
    for address in ("/resources/new/", "/resources/roles/new/"):
        assert alma.post(address, {}).content.count(b'id="form-errors"') == 1, address


def test_leads_from_a_role_to_where_it_is_held_and_set(client, administrator, now):
    keeper = make_user("Ulf", now=now)
    make_active(keeper, built_in.USER_ADMINISTRATOR, now=now)
    role = f"/groups/roles/{built_in.GROUP_MEMBER}/"
    settings, adding = f"/groups/settings/{built_in.GROUP_MEMBER}/", "/groups/assignments/add/?role="

    for person, leads in ((administrator, True), (keeper, False)):
        client.force_login(person)
        page = client.get(role).content.decode()
        assert (settings in page) == leads, person.name
        assert (adding in page) == bool(client.get(role).context["can_assign"]), person.name


def test_says_at_the_name_that_it_is_taken(alma, now):
    make_resource("orders", now=now)

    page = alma.post("/resources/new/", {"name": "Orders", "kind": "Database", "code": alma.code})

    assert page.context["form"].errors["name"] == ["Orders is there already."]


def test_moves_what_was_shown_and_shows_anew_what_has_changed(alma, now):
    production, sandbox = make_resource("Production", now=now), make_resource("Sandbox", now=now)
    shop = make_resource("Shop", parent=production, now=now)
    address = f"/resources/{shop.pk}/move/?to={sandbox.pk}"
    seen = alma.get(address).context["move"].digest
    assign(make_user("Kenji", now=now), built_in.READER, sandbox, now=now, ends_at=now + DAY)

    stale = alma.post(address, {"seen": seen, "code": alma.code})
    assert stale.status_code == 409
    assert "Kenji" in text_of(stale)
    assert Resource.objects.get(pk=shop.pk).parent == production

    moved = alma.post(address, {"seen": stale.context["move"].digest})
    assert said(moved) == ["Shop lies below Sandbox now."]
    assert Resource.objects.get(pk=shop.pk).parent == sandbox


@pytest.mark.parametrize("to", ["x", "1234", "00000000-0000-0000-0000-000000000000"])
def test_moves_nothing_to_nowhere(alma, to, now):
    assert alma.get(f"/resources/{make_resource(now=now).pk}/move/?to={to}").status_code == 404


def test_shows_a_retired_resource_and_changes_it_no_more(alma, now):
    shop = make_resource("Shop", now=now)

    alma.post(f"/resources/{shop.pk}/retire/", {"code": alma.code})

    assert "Retired" in text_of(alma.get(shop.get_absolute_url()))
    assert alma.get(f"/resources/{shop.pk}/change/").status_code == 409


def test_shows_whom_other_permissions_reach_before_it_saves_them(alma, administrator, now):
    read = (Provider.DIRECTORY, Permission.AUDIT_READ)
    role = create_role(provider=Provider.DIRECTORY, name="Desk", actor=administrator.party, now=now)
    make_active(make_user("Nora North", now=now), role.pk, now=now)
    sent = {"name": "Desk", "permissions": ["directory:audit.read"], "code": alma.code}
    address = f"/directory/roles/{role.pk}/change/"

    shown = alma.post(address, sent)
    assert "Nora North" in text_of(shown)
    assert not RoleDefinition.objects.get(pk=role.pk).granted

    seen = shown.context["change"].digest
    saved = alma.post(address, sent | {"seen": seen})
    assert said(saved) == ["Desk is saved."]
    assert RoleDefinition.objects.get(pk=role.pk).granted == {read}


def test_takes_no_permission_that_was_not_offered(client, now):
    prue = make_user("Prue", now=now)
    make_active(prue, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now)
    client.force_login(prue)
    sent = {"name": "Desk", "permissions": ["directory:people.manage_global_administrators"]}

    page = client.post("/directory/roles/new/", sent | {"code": code_of(prue)})

    assert page.status_code == 400
    assert page.context["form"].errors.keys() == {"permissions"}
    assert not RoleDefinition.objects.custom().exists()
