"""Reading roles, resources and the rules in force."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import fields
from uuid import UUID

from django.db.models import Prefetch

from apps.accounts.models import Group
from apps.common.access import Provider
from apps.roles.models import Approver, Resource, RoleDefinition, RoleSettings
from apps.roles.policy import (
    Audience,
    Cell,
    NoticeCase,
    RoleRules,
    Seat,
    SeatKind,
    default_rules,
    nearest,
)

_SEATS = Prefetch("approvers", Approver.objects.select_related("principal"))
_COLUMNS = {f.name for f in RoleSettings._meta.concrete_fields} & {f.name for f in fields(RoleRules)}


def directory() -> Resource:
    """The root on which directory roles are held."""
    return Resource.objects.get(provider=Provider.DIRECTORY, parent__isnull=True)


def resource_of(group: Group) -> Resource:
    """The resource on which Member and Owner of this group are held."""
    return Resource.objects.get(group=group)


def rules_for(role: RoleDefinition, resource: Resource) -> RoleRules:
    """The rules of this role for an assignment on this resource: nearest ancestor, then the role's own."""
    return rules_for_many([(role, resource)])[role.id, resource.id]


def rules_for_many(
    pairs: Iterable[tuple[RoleDefinition, Resource]],
) -> dict[tuple[UUID, UUID], RoleRules]:
    """`rules_for` of many pairs in at most three queries, keyed by (role id, resource id)."""
    wanted = {(role.id, resource.id): (role, resource) for role, resource in pairs}
    rows = _settings_by_role(wanted.values())
    return {key: _rules(rows[role.id], role, resource) for key, (role, resource) in wanted.items()}


def _settings_by_role(
    pairs: Iterable[tuple[RoleDefinition, Resource]],
) -> dict[UUID, list[tuple[str | None, RoleSettings]]]:
    pairs = list(pairs)
    above = {id_ for _, resource in pairs for id_ in resource.ancestor_ids}
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


def _rules(
    rows: list[tuple[str | None, RoleSettings]], role: RoleDefinition, resource: Resource
) -> RoleRules:
    row = nearest(resource.path, rows)
    return default_rules(role.provider) if row is None else as_rules(row)


def as_rules(row: RoleSettings) -> RoleRules:
    """A row with its approvers and cells (prefetched) as the pure value that policies read."""
    return RoleRules(
        **{name: getattr(row, name) for name in _COLUMNS},
        approvers=tuple(
            Seat(
                SeatKind(seat.kind),
                seat.principal_id,
                seat.principal.name if seat.principal else seat.get_kind_display(),
                bool(seat.principal and seat.principal.is_group),
            )
            for seat in row.approvers.all()
        ),
        cells={
            (NoticeCase(cell.case), Audience(cell.audience)): Cell(
                cell.default_recipients,
                tuple(filter(None, (part.strip() for part in cell.additional_recipients.split(";")))),
                cell.critical_only,
            )
            for cell in row.cells.all()
        },
        source=row.resource.name if row.resource else "Role",
    )
