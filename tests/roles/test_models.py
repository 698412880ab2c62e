"""What the database itself refuses, whoever writes."""

import uuid

import pytest
from django.db import IntegrityError, transaction

from apps.audit.vocabulary import CONSOLE
from apps.common.access import Provider
from apps.roles import built_in
from apps.roles.models import Approver, NotificationCell, Resource, RoleDefinition, RoleSettings
from apps.roles.policy.rules import Audience, NoticeCase, SeatKind
from apps.roles.selectors import directory
from apps.roles.services.groups import create_group
from apps.roles.services.resources import create_resource

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def settings_row(db):
    return RoleSettings.objects.create(role_id=built_in.TEAMS_ADMINISTRATOR)


@pytest.fixture
def production(db, now):
    return create_resource(actor=CONSOLE, kind="Subscription", name="Production", now=now)


def refused(constraint):
    """SQLite names the columns of a broken unique constraint, PostgreSQL its name."""
    return pytest.raises(IntegrityError, match=rf"(?i){constraint}|UNIQUE constraint failed")


def a_resource(now, **columns):
    id_ = uuid.uuid4()
    given = {"provider": Provider.RESOURCES, "kind": "Subscription", "name": "x", "path": f"{id_}/"}
    return Resource(id=id_, created_at=now, **given | columns)


# ---- Resources ---------------------------------------------------------------------------------------------


def test_refuses_a_second_directory(now):
    with refused("resource_one_directory"), transaction.atomic():
        a_resource(now, provider=Provider.DIRECTORY).save()


def test_refuses_a_group_resource_without_its_group(now):
    with pytest.raises(IntegrityError, match="resource_of_groups_has_group"), transaction.atomic():
        a_resource(now, provider=Provider.GROUPS).save()


def test_refuses_another_resource_with_a_group(now):
    group = create_group(actor=CONSOLE, name="Operators", now=now)
    Resource.objects.filter(group=group).delete()

    with pytest.raises(IntegrityError, match="resource_of_groups_has_group"), transaction.atomic():
        a_resource(now, group=group).save()


def test_refuses_a_second_resource_of_a_group(now):
    group = create_group(actor=CONSOLE, name="Operators", now=now)

    with refused("roles_resource_group_id"), transaction.atomic():
        a_resource(now, provider=Provider.GROUPS, group=group).save()


def test_refuses_a_resource_below_itself(production):
    with pytest.raises(IntegrityError, match="resource_not_own_parent"), transaction.atomic():
        Resource.objects.filter(pk=production.pk).update(parent=production)


def test_refuses_to_retire_the_directory(now):
    with pytest.raises(IntegrityError, match="resource_directory_not_retired"), transaction.atomic():
        Resource.objects.filter(provider=Provider.DIRECTORY).update(retired_at=now)


def test_refuses_the_same_place_twice(production, now):
    with refused("roles_resource_path"), transaction.atomic():
        a_resource(now, path=production.path).save()


# ---- Roles -------------------------------------------------------------------------------------------------


def test_refuses_to_retire_a_built_in_role(db, now):
    with pytest.raises(IntegrityError, match="role_retired_custom_only"), transaction.atomic():
        RoleDefinition.objects.filter(is_built_in=True).update(retired_at=now)


@pytest.mark.parametrize(
    ("role_id", "change"),
    [
        (built_in.READER, {"is_built_in": False}),
        (built_in.READER, {"provider": Provider.DIRECTORY}),
        (None, {"is_built_in": True}),
    ],
    ids=["custom", "of another provider", "one more"],
)
def test_keeps_built_in_just_what_the_code_knows(db, role_id, change):
    custom = RoleDefinition.objects.create(provider=Provider.RESOURCES, name="Night shift")
    with pytest.raises(IntegrityError, match="role_built_in_as_installed"), transaction.atomic():
        RoleDefinition.objects.filter(pk=role_id or custom.pk).update(**change)


def test_refuses_a_second_role_of_a_name_in_one_provider(db):
    with refused("role_name_unique_per_provider"), transaction.atomic():
        RoleDefinition.objects.create(provider=Provider.DIRECTORY, name="Teams Administrator")


def test_takes_the_name_of_a_role_of_another_provider(db):
    role = RoleDefinition.objects.create(provider=Provider.RESOURCES, name="Teams Administrator")

    assert RoleDefinition.objects.filter(pk=role.pk).exists()


# ---- Settings ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("half_hours", [1, 48])
def test_takes_a_maximum_from_half_an_hour_to_a_day(settings_row, half_hours):
    RoleSettings.objects.update(maximum_half_hours=half_hours)

    assert RoleSettings.objects.get().maximum_half_hours == half_hours


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"maximum_half_hours": 0}, "settings_maximum_range"),
        ({"maximum_half_hours": 49}, "settings_maximum_range"),
        ({"approval_window_minutes": 4}, "settings_window_at_least_5_minutes"),
        ({"eligible_maximum_days": 16}, "settings_days_offered"),
        ({"active_maximum_days": 366}, "settings_days_offered"),
        ({"authentication": "context"}, "settings_context_named"),
        ({"authentication_context": "c1"}, "settings_context_named"),
    ],
)
def test_refuses_settings_out_of_range(settings_row, columns, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        RoleSettings.objects.update(**columns)


def test_refuses_a_second_row_for_a_role(settings_row):
    with refused("settings_one_per_role"), transaction.atomic():
        RoleSettings.objects.create(role_id=settings_row.role_id)


def test_refuses_a_second_row_for_a_role_on_a_resource(settings_row):
    RoleSettings.objects.create(role_id=settings_row.role_id, resource=directory())

    with refused("settings_one_per_role_and_resource"), transaction.atomic():
        RoleSettings.objects.create(role_id=settings_row.role_id, resource=directory())


# ---- Approvers and notifications ---------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "names_somebody"), [(SeatKind.PRINCIPAL, False), (SeatKind.MANAGER, True)])
def test_refuses_a_seat_that_does_not_say_who(settings_row, approver, kind, names_somebody):
    principal = approver if names_somebody else None

    with pytest.raises(IntegrityError, match="approver_principal_named"), transaction.atomic():
        Approver.objects.create(settings=settings_row, kind=kind, principal=principal)


def test_refuses_the_same_approver_twice(settings_row, approver):
    Approver.objects.create(settings=settings_row, principal=approver)

    with refused("approver_once"), transaction.atomic():
        Approver.objects.create(settings=settings_row, principal=approver)


def test_refuses_the_manager_twice(settings_row):
    Approver.objects.create(settings=settings_row, kind=SeatKind.MANAGER)
    Approver.objects.create(settings=settings_row, kind=SeatKind.RESOURCE_OWNERS)

    with refused("approver_kind_once"), transaction.atomic():
        Approver.objects.create(settings=settings_row, kind=SeatKind.MANAGER)


def test_refuses_the_same_notification_cell_twice(settings_row):
    cell = {"settings": settings_row, "case": NoticeCase.ACTIVE, "audience": Audience.ADMIN}
    NotificationCell.objects.create(**cell)

    with refused("notification_cell_once"), transaction.atomic():
        NotificationCell.objects.create(**cell)
