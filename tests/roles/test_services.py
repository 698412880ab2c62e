from datetime import timedelta

import pytest

from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.access import Provider
from apps.common.errors import Conflict, Invalid
from apps.roles import built_in
from apps.roles.models import Resource, RoleDefinition
from apps.roles.services.custom_roles import create_role
from apps.roles.services.groups import create_group
from apps.roles.services.locks import keep_in_use
from apps.roles.services.resources import (
    create_resource,
    move_resource,
    rename_resource,
    retire_resource,
)
from tests.factories import make_resource

MINUTE = timedelta(minutes=1)
TEAMS = built_in.TEAMS_ADMINISTRATOR


def event_of(action):
    return AuditEvent.objects.filter(action=action).latest("at", "id")


# ---- Resources and groups ----------------------------------------------------------------------------------


def test_creates_a_root_with_its_event(administrator, now):
    production = create_resource(actor=administrator.party, kind="Subscription", name="Production", now=now)

    production = Resource.objects.get(pk=production.pk)
    assert (production.path, production.parent) == (f"{production.id}/", None)
    assert (production.provider, production.created_at) == (Provider.RESOURCES, now)
    event = event_of(AuditAction.RESOURCE_CREATED)
    assert (event.actor_name, event.resource_name, event.at) == ("Alma Admin", "Production", now)
    assert event.resource_path == production.path


def test_puts_a_resource_below_its_parent(administrator, now):
    production = make_resource("Production", now=now)

    shop = create_resource(
        actor=administrator.party, kind="Resource group", name="Web shop", parent=production, now=now
    )

    assert shop.path == f"{production.id}/{shop.id}/"
    assert production.covers(shop)
    assert not shop.covers(production)


def test_renames_a_resource_and_says_what_it_was_called(administrator, now):
    production = make_resource("Production", now=now)

    rename_resource(
        resource=production, name=" Live\n", kind="Subscription", actor=administrator.party, now=now
    )

    assert Resource.objects.get(pk=production.pk).name == "Live"
    event = event_of(AuditAction.RESOURCE_RENAMED)
    assert event.sentence == "Alma Admin renamed the resource Production to Live."
    assert event.details["name"] == ["Production", "Live"]


def test_moves_a_resource_with_all_below_it(administrator, now):
    production, sandbox = make_resource("Production", now=now), make_resource("Sandbox", now=now)
    shop = make_resource("Shop", parent=production, now=now)
    orders = make_resource("orders", parent=shop, now=now)
    stays = make_resource("Stays", parent=production, now=now)

    move_resource(resource=shop, parent=sandbox, actor=administrator.party, now=now)

    paths = dict(Resource.objects.values_list("pk", "path"))
    assert paths[shop.pk] == f"{sandbox.path}{shop.id}/"
    assert paths[orders.pk] == f"{sandbox.path}{shop.id}/{orders.id}/"
    assert paths[stays.pk] == f"{production.path}{stays.id}/"
    assert Resource.objects.get(pk=shop.pk).parent == sandbox


def test_tells_both_places_of_a_move(administrator, now):
    production, sandbox = make_resource("Production", now=now), make_resource("Sandbox", now=now)
    shop = make_resource("Shop", parent=production, now=now)
    left = shop.path

    move_resource(resource=shop, parent=sandbox, actor=administrator.party, now=now)

    away, here = event_of(AuditAction.RESOURCE_MOVED_AWAY), event_of(AuditAction.RESOURCE_MOVED_HERE)
    assert (away.resource_path, here.resource_path) == (left, f"{sandbox.path}{shop.id}/")
    assert away.sentence == "Alma Admin moved the resource Shop away from Production."
    assert here.sentence == "Alma Admin moved the resource Shop to Sandbox."


def test_moves_a_resource_to_the_top(administrator, now):
    shop = make_resource("Shop", parent=make_resource("Production", now=now), now=now)

    move_resource(resource=shop, parent=None, actor=administrator.party, now=now)

    shop = Resource.objects.get(pk=shop.pk)
    assert (shop.parent, shop.path) == (None, f"{shop.id}/")


def test_moves_nothing_below_itself(administrator, now):
    production = make_resource("Production", now=now)
    shop = make_resource("Shop", parent=production, now=now)

    for parent in (production, shop):
        with pytest.raises(Invalid, match="below itself"):
            move_resource(resource=production, parent=parent, actor=administrator.party, now=now)

    assert not AuditEvent.objects.filter(action=AuditAction.RESOURCE_MOVED_HERE).exists()


def test_retires_a_resource_once(administrator, now):
    shop = make_resource("Shop", now=now)

    retire_resource(resource=shop, actor=administrator.party, now=now)

    assert Resource.objects.get(pk=shop.pk).retired_at == now
    assert event_of(AuditAction.RESOURCE_RETIRED).sentence == "Alma Admin retired the resource Shop."
    with pytest.raises(Conflict):
        retire_resource(resource=shop, actor=administrator.party, now=now)


def test_writes_nothing_more_on_what_is_retired(administrator, now):
    shop, other = make_resource("Shop", now=now), make_resource("Other", now=now)
    retire_resource(resource=shop, actor=administrator.party, now=now)

    with pytest.raises(Conflict, match="Shop has been retired"):
        keep_in_use(shop)
    with pytest.raises(Conflict, match="Shop has been retired"):
        make_resource("orders", parent=shop, now=now)
    with pytest.raises(Conflict, match="Shop has been retired"):
        move_resource(resource=other, parent=shop, actor=administrator.party, now=now)


def test_writes_nothing_about_a_role_that_was_deleted_meanwhile(administrator, now):
    desk = create_role(provider=Provider.DIRECTORY, name="Desk", actor=administrator.party, now=now)
    RoleDefinition.objects.get(pk=desk.pk).delete()

    with pytest.raises(Conflict, match="Desk"):
        keep_in_use(desk)


def test_creates_a_group_with_the_resource_it_is(administrator, now):
    group = create_group(actor=administrator.party, name="Operators", now=now, is_managed=True)

    assert group.is_managed
    assert (group.resource.provider, group.resource.name) == (Provider.GROUPS, "Operators")
    assert group.resource.path == f"{group.resource.id}/"
    assert event_of(AuditAction.GROUP_CREATED).target_name == "Operators"


def test_leaves_nothing_of_a_group_that_makes_no_sense(administrator, now):
    before = Resource.objects.count()

    with pytest.raises(Invalid):
        create_group(actor=administrator.party, name="", now=now)

    assert Resource.objects.count() == before
