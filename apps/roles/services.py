"""Small commands on resources, groups and role settings. Who may call them is decided above."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.accounts.models import Group
from apps.accounts.services import people
from apps.audit import services as audit
from apps.audit.vocabulary import NOWHERE, AuditAction, Party
from apps.common.access import Provider
from apps.roles.models import Approver, Resource, RoleDefinition, RoleSettings
from apps.roles.policy import Seat


@transaction.atomic
def create_resource(
    *, actor: Party, kind: str, name: str, now: datetime, parent: Resource | None = None
) -> Resource:
    """A resource of the trees, as a root or below `parent`."""
    resource = _add_resource(Provider.RESOURCES, kind, name, now, parent=parent)
    audit.record(AuditAction.RESOURCE_CREATED, actor=actor, at=now, place=resource.place)
    return resource


@transaction.atomic
def create_group(*, actor: Party, name: str, now: datetime, **facts: Any) -> Group:
    """A group, with the resource on which its Member and Owner are held."""
    group = people.create_group(name=name, actor=actor, now=now, **facts)
    _add_resource(Provider.GROUPS, "Group", name, now, group=group)
    return group


@transaction.atomic
def save_settings(
    *,
    actor: Party,
    role: RoleDefinition,
    resource: Resource | None,
    now: datetime,
    values: Mapping[str, Any],
    approvers: Iterable[Seat] = (),
) -> RoleSettings:
    """Set the rules of a role, on one resource or (without) wherever nothing nearer is set.

    `values` are columns of `RoleSettings`; columns not named keep their value. `approvers` is the whole list.
    Raises `ValidationError` for a value out of range.
    """
    row = RoleSettings.objects.filter(role=role, resource=resource).first()
    row = row or RoleSettings(role=role, resource=resource)
    before = {name: getattr(row, name) for name in values}
    for name, value in values.items():
        setattr(row, name, value)
    row.modified_at, row.modified_by = now, actor.name
    row.full_clean()
    row.save()
    before["approvers"] = _approvers(row)
    row.approvers.all().delete()
    Approver.objects.bulk_create(
        Approver(settings=row, kind=seat.kind, principal_id=seat.principal_id) for seat in approvers
    )
    _record_settings(actor, row, before, {**values, "approvers": _approvers(row)}, now)
    return row


def _approvers(row: RoleSettings) -> list[str]:
    """Their names, for the event."""
    return [
        str(seat) for seat in row.approvers.select_related("principal").order_by("principal__name", "kind")
    ]


def _record_settings(
    actor: Party, row: RoleSettings, before: dict[str, Any], after: dict[str, Any], now: datetime
) -> None:
    changes = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    audit.record(
        AuditAction.SETTINGS_CHANGED,
        actor=actor,
        at=now,
        role=row.role.name,
        place=row.resource.place if row.resource else NOWHERE,
        details={"changes": changes},
    )


def _add_resource(
    provider: Provider,
    kind: str,
    name: str,
    now: datetime,
    *,
    parent: Resource | None = None,
    group: Any = None,
) -> Resource:
    id_ = uuid.uuid4()
    return Resource.objects.create(
        id=id_,
        provider=provider,
        kind=kind,
        name=name,
        parent=parent,
        group=group,
        path=f"{parent.path if parent else ''}{id_}/",
        created_at=now,
    )
