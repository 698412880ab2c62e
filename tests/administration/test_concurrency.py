"""Two at the very same moment, each on a connection of their own: the trees stay trees, and what is retired
holds nothing."""

from datetime import timedelta

import pytest

from apps.access_requests.asks import THE_CONSOLE
from apps.accounts.models import Group
from apps.administration.selectors.moving import move_of
from apps.administration.services.groups import release_group, retire_group
from apps.administration.services.resources import create_resource, move_resource, retire_resource
from apps.administration.services.roles import create_role, retire_role
from apps.assignments.models import Assignment
from apps.common.access import Provider
from apps.roles import built_in
from apps.roles.installation import install_built_ins
from apps.roles.models import Resource
from tests.factories import assign, make_group, make_resource, make_user, may_join
from tests.races.moments import at_once, split

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("at_the_door"),
]

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _built_in_roles(db):
    install_built_ins()  # a test that commits has emptied these tables too


def moving(resource, parent, now):
    """The command that moves it as it was shown before anybody did anything."""
    seen = move_of(resource, parent, now=now).digest
    return lambda: move_resource(resource.pk, parent_id=parent.pk, seen=seen, actor=THE_CONSOLE, now=now)


def assert_is_a_tree():
    rows = {row.pk: row for row in Resource.objects.all()}
    for row in rows.values():
        above = rows[row.parent_id].path if row.parent_id else ""
        assert row.path == f"{above}{row.pk}/"


def test_makes_no_loop_of_two_moves(now):
    one, two = make_resource("One", now=now), make_resource("Two", now=now)
    make_resource("Below one", parent=one, now=now)

    through, refused = split(at_once(moving(one, two, now), moving(two, one, now)))

    assert (len(through), len(refused)) == (1, 1)
    assert_is_a_tree()


def test_creates_below_where_a_resource_lies_and_not_where_it_lay(now):
    one, two = make_resource("One", now=now), make_resource("Two", now=now)
    make = {"parent_id": one.pk, "name": "orders", "kind": "Database", "actor": THE_CONSOLE, "now": now}

    through, _ = split(at_once(moving(one, two, now), lambda: create_resource(**make)))

    assert len(through) == 2
    assert_is_a_tree()


def test_retires_or_assigns_but_never_both(now):
    shop, person = make_resource("Shop", now=now), make_user(now=now)

    through, refused = split(
        at_once(
            lambda: retire_resource(shop.pk, actor=THE_CONSOLE, now=now),
            lambda: assign(person, built_in.CONTRIBUTOR, shop, now=now, ends_at=now + DAY),
        )
    )

    assert (len(through), len(refused)) == (1, 1)
    shop.refresh_from_db()
    assert Assignment.objects.filter(resource=shop).exists() is (shop.retired_at is None)


def test_retires_a_role_or_assigns_it_but_never_both(now):
    facts = {"provider": Provider.DIRECTORY, "name": "Desk", "granted": frozenset()}
    desk = create_role(**facts, actor=THE_CONSOLE, now=now)
    person = make_user(now=now)

    through, refused = split(
        at_once(
            lambda: retire_role(desk.pk, actor=THE_CONSOLE, now=now),
            lambda: assign(person, desk.pk, now=now, ends_at=now + DAY),
        )
    )

    assert (len(through), len(refused)) == (1, 1)
    desk.refresh_from_db()
    assert Assignment.objects.filter(role=desk).exists() is (desk.retired_at is None)


def test_retires_a_group_or_gives_it_a_role_but_never_both(now):
    team, shop = make_group("Team", now=now), make_resource("Shop", now=now)

    through, refused = split(
        at_once(
            lambda: retire_group(team.pk, actor=THE_CONSOLE, now=now),
            lambda: assign(team, built_in.CONTRIBUTOR, shop, now=now, ends_at=now + DAY),
        )
    )

    assert (len(through), len(refused)) == (1, 1)
    is_retired = Group.objects.get(pk=team.pk).retired_at is not None
    assert Assignment.objects.filter(principal_id=team.pk).exists() is not is_retired


def test_takes_a_group_out_of_management_or_makes_somebody_eligible_but_never_both(now):
    team, person = make_group("Team", now=now), make_user(now=now)

    through, refused = split(
        at_once(
            lambda: release_group(team.pk, actor=THE_CONSOLE, now=now),
            lambda: may_join(person, team, now=now),
        )
    )

    assert (len(through), len(refused)) == (1, 1)
    is_managed = Group.objects.get(pk=team.pk).is_managed
    assert Assignment.objects.filter(resource=team.resource).exists() is is_managed
