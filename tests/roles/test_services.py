from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.access import Provider
from apps.common.errors import Conflict, Invalid
from apps.roles import built_in
from apps.roles.models import Resource, RoleSettings
from apps.roles.policy import Seat, SeatKind
from apps.roles.services import (
    create_group,
    create_resource,
    keep_in_use,
    move_resource,
    rename_resource,
    retire_resource,
    save_settings,
)
from tests.factories import make_resource, role

MINUTE = timedelta(minutes=1)
TEAMS = built_in.TEAMS_ADMINISTRATOR


def save(actor, now, values, **more):
    given = {"role": role(TEAMS), "resource": None}
    return save_settings(actor=actor.party, now=now, values=values, **given | more)


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


# ---- Role settings -----------------------------------------------------------------------------------------


def test_sets_the_rules_of_a_role_and_says_what_changed(administrator, now):
    row = save(administrator, now, {"maximum_half_hours": 2, "requires_ticket": True})

    assert (row.maximum_half_hours, row.requires_ticket) == (2, True)
    assert (row.modified_at, row.modified_by) == (now, "Alma Admin")
    event = event_of(AuditAction.SETTINGS_CHANGED)
    assert (event.actor_name, event.role, event.at) == ("Alma Admin", "Teams Administrator", now)
    assert event.details["changes"] == {"maximum_half_hours": [16, 2], "requires_ticket": [False, True]}


def test_keeps_what_is_not_named(administrator, now):
    save(administrator, now, {"maximum_half_hours": 2, "requires_ticket": True})

    save(administrator, now, {"maximum_half_hours": 4})

    row = RoleSettings.objects.get()
    assert (row.maximum_half_hours, row.requires_ticket) == (4, True)


def test_keeps_those_of_a_resource_apart_from_the_roles_own(administrator, now):
    production = make_resource("Production", now=now)
    contributor = role(built_in.CONTRIBUTOR)

    save(administrator, now, {"maximum_half_hours": 2}, role=contributor)
    save(administrator, now + MINUTE, {"maximum_half_hours": 4}, role=contributor, resource=production)

    assert dict(RoleSettings.objects.values_list("resource__name", "maximum_half_hours")) == {
        None: 2,
        "Production": 4,
    }
    assert event_of(AuditAction.SETTINGS_CHANGED).resource_path == production.path


def test_replaces_the_approvers_and_says_so(administrator, approver, now):
    save(administrator, now, {}, approvers=[Seat(SeatKind.MANAGER)])

    row = save(administrator, now + MINUTE, {}, approvers=[Seat(SeatKind.PRINCIPAL, approver.id)])

    assert [seat.principal_id for seat in row.approvers.all()] == [approver.id]
    event = event_of(AuditAction.SETTINGS_CHANGED)
    assert event.details["changes"] == {"approvers": [["The requester's manager"], ["Ada Approver"]]}


@pytest.mark.parametrize(
    "values",
    [
        {"maximum_half_hours": 0},
        {"maximum_half_hours": 49},
        {"maximum_half_hours": -1},
        {"approval_window_minutes": 4},
        {"eligible_maximum_days": 100},
        {"authentication": "password"},
        {"authentication": "context"},
    ],
)
def test_writes_nothing_of_settings_that_make_no_sense(administrator, now, values):
    with pytest.raises(ValidationError):
        save(administrator, now, values, approvers=[Seat(SeatKind.MANAGER)])

    assert not RoleSettings.objects.exists()
    assert not AuditEvent.objects.filter(action=AuditAction.SETTINGS_CHANGED).exists()
