"""Reading roles, resources and the rules in force."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from apps.accounts.models import Group
from apps.common.access import Provider
from apps.common.prepared import prepared
from apps.roles.models import (
    Approver,
    NotificationCell,
    Resource,
    RoleDefinition,
    RoleSettings,
    SettingsChange,
)
from apps.roles.policy.paths import nearest
from apps.roles.policy.rules import Audience, Cell, NoticeCase, RoleRules, Seat, SeatKind, default_rules

_SEATS = Prefetch("approvers", Approver.objects.select_related("principal"))
Rows = list[tuple[str | None, RoleSettings]]
Line = TypeVar("Line", Approver, NotificationCell)  # of a row of settings
Set = TypeVar("Set", RoleSettings, RoleRules)
_COLUMNS = sorted({f.name for f in RoleSettings._meta.concrete_fields} & {f.name for f in fields(RoleRules)})


def directory() -> Resource:
    """The root on which directory roles are held."""
    return Resource.objects.get(provider=Provider.DIRECTORY, parent__isnull=True)


def resource_of(group: Group) -> Resource:
    """The resource on which Member and Owner of this group are held."""
    return Resource.objects.get(group=group)


def named_paths(resources: Iterable[Resource]) -> dict[UUID, str]:
    """Where each of these resources lies, as files write it: the names from the root down, such as
    `Platform/Production`, with a backslash before a slash or a backslash that belongs to a name. One query
    for what lies above."""
    rows = {resource.id: resource for resource in resources}
    above = {id_ for resource in rows.values() for id_ in resource.ancestor_ids} - rows.keys()
    names = {row.id: row.name for row in rows.values()}
    names |= Resource.objects.filter(pk__in=above).values_list("id", "name") if above else {}
    return {
        id_: "/".join(_in_path(names.get(step, "")) for step in row.ancestor_ids) for id_, row in rows.items()
    }


def _in_path(name: str) -> str:
    return name.replace("\\", "\\\\").replace("/", "\\/")


def rules_for(role: RoleDefinition, resource: Resource) -> RoleRules:
    """The rules of this role for an assignment on this resource: nearest ancestor, then the role's own."""
    return rules_for_many([(role, resource)])[role.id, resource.id]


def rules_for_many(
    pairs: Iterable[tuple[RoleDefinition, Resource]],
) -> dict[tuple[UUID, UUID], RoleRules]:
    """`rules_for` of many pairs in at most three queries, keyed by (role id, resource id)."""
    wanted = {(role.id, resource.id): (role, resource) for role, resource in pairs}
    above = {id_ for _, resource in wanted.values() for id_ in resource.ancestor_ids}
    by_place = {
        (row.role_id, row.resource_id): row
        for row in _set_near(tuple({id_ for id_, _ in wanted}), tuple(above))
    }
    rows = {key: _nearest(by_place, role, resource) for key, (role, resource) in wanted.items()}
    ids = tuple({row.id for row in rows.values() if row})
    seats, cells = _by_settings(_seats_of(ids)), _by_settings(_cells_of(ids))
    return {
        key: rules_from(row, seats[row.id], cells[row.id]) if row else default_rules(wanted[key][0].provider)
        for key, row in rows.items()
    }


@prepared
def _set_near(role_ids: tuple[UUID, ...], resource_ids: tuple[UUID, ...]) -> QuerySet[RoleSettings]:
    rows = RoleSettings.objects.filter(role__in=role_ids).filter_nearby(resource_ids)
    return rows.select_related("resource")


@prepared
def _seats_of(settings_ids: tuple[UUID, ...]) -> QuerySet[Approver]:
    return Approver.objects.filter(settings__in=settings_ids).select_related("principal")


@prepared
def _cells_of(settings_ids: tuple[UUID, ...]) -> QuerySet[NotificationCell]:
    return NotificationCell.objects.filter(settings__in=settings_ids)


def _by_settings(found: Iterable[Line]) -> Mapping[UUID, Sequence[Line]]:
    grouped = defaultdict(list)
    for line in found:
        grouped[line.settings_id].append(line)
    return grouped


def demands_of_many(
    pairs: Iterable[tuple[RoleDefinition, Resource]],
) -> dict[tuple[UUID, UUID], RoleRules]:
    """`rules_for_many` for lists: without who approves and who is told, which costs one query alone."""
    wanted = {(role.id, resource.id): (role, resource) for role, resource in pairs}
    above = {id_ for _, resource in wanted.values() for id_ in resource.ancestor_ids}
    near = _columns_near(tuple({id_ for id_, _ in wanted}), tuple(above))
    by_place = {(row[0], row[1]): RoleRules(**dict(zip(_COLUMNS, row[2:], strict=True))) for row in near}
    return {
        key: _nearest(by_place, role, resource) or default_rules(role.provider)
        for key, (role, resource) in wanted.items()
    }


@prepared
def _columns_near(
    role_ids: tuple[UUID, ...], resource_ids: tuple[UUID, ...]
) -> QuerySet[RoleSettings, tuple[Any, ...]]:
    rows = RoleSettings.objects.filter(role__in=role_ids).filter_nearby(resource_ids)
    return rows.values_list("role_id", "resource_id", *_COLUMNS, named=True)


@dataclass(frozen=True)
class Settings:
    """The rules in force for a role on a resource, or (without) wherever nothing nearer is set, and the row
    that sets them: here, further up, for the role, or none, which means the defaults of the provider."""

    role: RoleDefinition
    resource: Resource | None
    rules: RoleRules
    setting: RoleSettings | None

    @property
    def is_own(self) -> bool:
        """Whether they are set right here, not inherited."""
        return self.setting is not None and self.setting.resource_id == (self.resource and self.resource.id)

    @property
    def row(self) -> RoleSettings | None:
        """The row right here, if there is one."""
        return self.setting if self.is_own else None

    @property
    def origin(self) -> str:
        """Where they come from, in words."""
        if self.setting is None:
            return "Default"
        return self.setting.resource.name if self.setting.resource else "The role"


def settings_at(role: RoleDefinition, resource: Resource | None) -> Settings:
    """The rules in force in this place, with where they come from."""
    return settings_at_many([(role, resource)])[role.id, resource.id if resource else None]


def settings_at_many(
    places: Iterable[tuple[RoleDefinition, Resource | None]],
) -> dict[tuple[UUID, UUID | None], Settings]:
    """`settings_at` of many places in at most three queries, keyed by (role id, resource id)."""
    places = list(places)
    rows = rows_near(places)
    return {
        (role.id, resource.id if resource else None): settings_among(rows[role.id], role, resource)
        for role, resource in places
    }


def settings_among(rows: Rows, role: RoleDefinition, resource: Resource | None) -> Settings:
    """The rules in force in this place, of these rows of the role."""
    row = nearest(resource.path if resource else "", rows)
    rules = default_rules(role.provider) if row is None else as_rules(row)
    return Settings(role, resource, rules, row)


def history_of(role: RoleDefinition, resource: Resource | None) -> QuerySet[SettingsChange]:
    """The changes in this place, newest first."""
    return SettingsChange.objects.filter(role=role, resource=resource).order_by("-at", "-id")


def rows_near(
    pairs: Iterable[tuple[RoleDefinition, Resource | None]],
) -> dict[UUID, Rows]:
    """By the id of the role: the rows on the resources of these places, above them, and for the role, each
    with the path it is set on. At most three queries."""
    pairs = list(pairs)
    above = {id_ for _, resource in pairs if resource for id_ in resource.ancestor_ids}
    rows = (
        RoleSettings.objects.filter(role__in={role.id for role, _ in pairs})
        .filter_nearby(above)
        .select_related("resource")
        .prefetch_related(_SEATS, "cells")
    )
    by_role = defaultdict(list)
    for row in rows:
        by_role[row.role_id].append((row.resource.path if row.resource else None, row))
    return by_role


def _nearest(
    rows: Mapping[tuple[UUID, UUID | None], Set], role: RoleDefinition, resource: Resource
) -> Set | None:
    """By the ids of its path, not by the paths of what lies above: so it can be asked of a place to which a
    resource, with its own rules, would only be moved."""
    places = [*reversed(resource.ancestor_ids), None]
    return next((rows[role.id, place] for place in places if (role.id, place) in rows), None)


def as_rules(row: RoleSettings) -> RoleRules:
    """A row with its approvers and cells (prefetched) as the pure value that policies read."""
    return rules_from(row, row.approvers.all(), row.cells.all())


def rules_from(row: RoleSettings, seats: Iterable[Approver], cells: Iterable[NotificationCell]) -> RoleRules:
    """`as_rules`, where the approvers and cells of the row were loaded apart."""
    return RoleRules(
        **{name: getattr(row, name) for name in _COLUMNS},
        approvers=tuple(
            Seat(
                SeatKind(seat.kind),
                seat.principal_id,
                seat.principal.name if seat.principal else seat.get_kind_display(),
                bool(seat.principal and seat.principal.is_group),
            )
            for seat in seats
        ),
        cells={
            (NoticeCase(cell.case), Audience(cell.audience)): Cell(
                cell.default_recipients,
                tuple(filter(None, (part.strip() for part in cell.additional_recipients.split(";")))),
                cell.critical_only,
            )
            for cell in cells
        },
        source=row.resource.name if row.resource else "Role",
    )
