"""The pages of groups, as their keepers and readers use them."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import Group
from apps.assignments.models import Assignment
from apps.roles import built_in
from tests.access_requests.pages import code_of, said, text_of
from tests.factories import assign, disable, join, make_active, make_group, make_resource, make_user, may_join

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
LIST = reverse("administration:groups")


@pytest.fixture
def now():
    """Pages read the clock."""
    return timezone.now()


@pytest.fixture
def team(now):
    return make_group("Team", now=now)


@pytest.fixture
def owner(team, now):
    owner = make_user("Olga Owner", now=now)
    make_active(owner, built_in.GROUP_OWNER, team.resource, now=now, ends_at=now + 90 * DAY)
    return owner


@pytest.fixture
def as_owner(client, owner):
    client.force_login(owner)
    return client


@pytest.fixture
def as_admin(client, administrator):
    client.force_login(administrator)
    return client


def page_of(name, *args):
    return reverse(f"administration:{name}", args=[getattr(arg, "pk", arg) for arg in args])


def give_power(group, now):
    shop = make_resource("Shop", now=now)
    return assign(group, built_in.READER, shop, now=now, ends_at=now + 30 * DAY)


def adding(*people, **values):
    ids = [str(person.pk) for person in people]
    role = str(built_in.GROUP_MEMBER)
    return {"people": ids, "role": role, "kind": "eligible", "end": "30", "justification": ""} | values


def members(group):
    rows = Assignment.objects.filter(resource=group.resource, role_id=built_in.GROUP_MEMBER)
    return sorted(rows.values_list("principal__name", "kind"))


def test_lists_the_groups_and_leads_to_creating_one(as_admin, team, owner):
    page = text_of(as_admin.get(LIST))

    assert f'href="{page_of("group", team)}"' in page
    assert f'href="{page_of("create_group")}"' in page


def test_shows_the_refused_button_with_its_reason(as_owner):
    page = text_of(as_owner.get(LIST))

    assert "Your active roles do not create groups. User Administrator does." in page
    assert page_of("create_group") not in page


def test_says_what_is_not_found_and_leads_back(as_admin, team):
    assert "No group fits" in text_of(as_admin.get(LIST, {"q": "nothing like it"}))


def test_creates_a_group(as_admin, administrator):
    data = {"name": "Club", "description": "For the club", "is_managed": "on", "code": code_of(administrator)}

    response = as_admin.post(page_of("create_group"), data)

    group = Group.objects.get(name="Club")
    assert response.url == page_of("group", group)
    assert said(response) == ["Club is there. Add its owners and members."]


def test_shows_everything_that_is_wrong_and_keeps_what_was_typed(as_admin, team):
    response = as_admin.post(page_of("create_group"), {"name": "", "description": "Kept"})

    assert response.status_code == 400
    assert "Give a name." in text_of(response)
    assert "Kept" in text_of(response)


def test_its_owner_adds_several_people_at_once(as_owner, owner, team, now):
    ann, bob = make_user("Ann", now=now), make_user("Bob", now=now)

    response = as_owner.post(page_of("add_to_group", team), adding(ann, bob, code=code_of(owner)))

    assert response.status_code == 302
    assert said(response) == ["Ann is eligible for Member on Team.", "Bob is eligible for Member on Team."]
    assert members(team) == [("Ann", "eligible"), ("Bob", "eligible")]


def test_offers_again_whom_the_door_refuses(as_owner, owner, team, now):
    ann, bob = make_user("Ann", now=now), make_user("Bob", now=now)
    may_join(ann, team, now=now)

    response = as_owner.post(page_of("add_to_group", team), adding(ann, bob, code=code_of(owner)))

    assert response.status_code == 409
    assert "Ann: Assigned already. Change that assignment instead." in text_of(response)
    assert [str(pk) for pk in response.context["form"]["people"].value().ids] == [str(ann.pk)]
    assert members(team) == [("Ann", "eligible"), ("Bob", "eligible")]


def test_asks_why_where_the_settings_do(as_owner, owner, team, now):
    data = adding(make_user("Ann", now=now), kind="active", code=code_of(owner))

    response = as_owner.post(page_of("add_to_group", team), data)

    assert "Say why. The settings ask for it where a role is active." in text_of(response)
    assert members(team) == []


def test_a_group_that_is_not_managed_takes_people_for_good(as_admin, administrator, now):
    loose, ann = make_group("Loose", now=now, is_managed=False), make_user("Ann", now=now)
    data = adding(ann, justification="New here", code=code_of(administrator))

    response = as_admin.post(page_of("add_to_group", loose), data)

    assert response.status_code == 302
    row = Assignment.objects.get(resource=loose.resource)
    assert (row.kind, row.ends_at) == ("active", None)


def test_removes_somebody(as_owner, owner, team, now):
    row = may_join(make_user("Ann", now=now), team, now=now)

    response = as_owner.post(page_of("remove_from_group", team, row), {"code": code_of(owner)})

    assert said(response) == ["Ann is no longer in Team."]
    assert Assignment.objects.get(pk=row.pk).ended_how == Assignment.End.REMOVED


def test_puts_a_group_under_management_with_a_code_alone(as_admin, administrator, now):
    loose = make_group("Loose", now=now, is_managed=False)

    assert "code" in as_admin.post(page_of("manage_group", loose)).context["form"].errors
    as_admin.post(page_of("manage_group", loose), {"code": code_of(administrator)})

    assert Group.objects.get(pk=loose.pk).is_managed


def test_an_owner_finds_the_pages_closed_once_the_group_has_power(as_owner, team, now):
    give_power(team, now)

    page = text_of(as_owner.get(page_of("group", team)))

    assert "With power" in page
    assert "This has power. Only a Privileged Role Administrator or a Global Administrator" in page
    for name in ("change_group", "manage_group", "release_group", "add_to_group"):
        assert as_owner.get(page_of(name, team)).status_code == 403


def test_shows_what_the_group_holds_as_far_as_its_reader_sees_it(client, as_owner, administrator, team, now):
    give_power(team, now)
    address = page_of("group", team) + "?show=holds"

    assert "Shop" not in text_of(as_owner.get(address))
    client.force_login(administrator)
    assert "Shop" in text_of(client.get(address))


def test_opens_a_group_inside_on_demand(as_admin, team, now):
    inner, ann, cas = make_group("Inner", now=now), make_user("Ann", now=now), make_user("Cas", now=now)
    join(inner, team, now=now)
    join(ann, inner, now=now)
    join(cas, inner, now=now)
    disable(cas)
    address = page_of("group", team)

    assert "Ann" not in text_of(as_admin.get(address))
    page = text_of(as_admin.get(address, {"inside": str(inner.pk)}))

    assert "Ann, Cas (disabled)" in page


def test_a_group_that_is_not_theirs_is_not_there(as_owner, now):
    assert as_owner.get(page_of("group", make_group("Other", now=now))).status_code == 404
