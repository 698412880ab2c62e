"""Custom roles: those of this organisation's own. Who may define them is decided above."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.audit import services as audit
from apps.audit.vocabulary import NOWHERE, AuditAction, Party, Place
from apps.common.access import Permission, Provider
from apps.common.errors import Conflict, Invalid
from apps.common.once import first_of_two
from apps.common.text import one_line
from apps.roles.models import RoleDefinition

# What a role's holders may do in the portal: each permission, and for which provider.
Granted = Collection[tuple[Provider, Permission]]


@transaction.atomic
def create_role(
    *, provider: Provider, actor: Party, now: datetime, name: str, granted: Granted = (), **facts: str
) -> RoleDefinition:
    """A role of this organisation's own. `facts`: description, link, usage, enforced_by. Raises
    `Invalid` for what makes no sense, and for a name that is taken."""
    role = RoleDefinition(provider=provider, name=one_line(name), permissions=_as_stored(granted), **facts)
    role.is_privileged = _is_privileged(granted)
    _save_role(role)
    details = {"permissions": role.permissions}
    audit.record(
        AuditAction.ROLE_CREATED,
        actor=actor,
        at=now,
        role=role.name,
        place=all_of(role.provider),
        details=details,
    )
    return role


@transaction.atomic
def change_role(
    *, role: RoleDefinition, actor: Party, now: datetime, name: str, granted: Granted, **facts: str
) -> None:
    """Change a custom role, at once for everybody who holds it. The event says what from what."""
    _require_custom(role)
    wanted = facts | {"name": one_line(name), "permissions": _as_stored(granted)}
    before = {column: getattr(role, column) for column in wanted}
    for column, value in wanted.items():
        setattr(role, column, value)
    role.is_privileged = _is_privileged(granted)
    _save_role(role)
    changes = {column: [before[column], value] for column, value in wanted.items() if before[column] != value}
    audit.record(
        AuditAction.ROLE_CHANGED,
        actor=actor,
        at=now,
        role=role.name,
        place=all_of(role.provider),
        details={"role": str(role.id), "changes": changes},
    )


@transaction.atomic
def delete_role(*, role: RoleDefinition, actor: Party, now: datetime) -> None:
    """Delete a custom role with its settings. Whoever calls has seen that nobody ever held it."""
    _require_custom(role)
    audit.record(AuditAction.ROLE_DELETED, actor=actor, at=now, role=role.name, place=all_of(role.provider))
    role.delete()


@transaction.atomic
def retire_role(*, role: RoleDefinition, actor: Party, now: datetime) -> None:
    """Take a custom role out of use; its history stays, and its name is free. Whoever calls has locked it and
    seen that nobody holds it or waits for it."""
    _require_custom(role)
    role.retired_at = now
    role.save(update_fields=["retired_at"])
    audit.record(AuditAction.ROLE_RETIRED, actor=actor, at=now, role=role.name, place=all_of(role.provider))


def lock_role(role_id: UUID) -> None:
    """Whoever is writing an assignment of it has finished then, and others wait."""
    list(RoleDefinition.objects.select_for_update().filter(pk=role_id).values_list("pk"))


def _require_custom(role: RoleDefinition) -> None:
    if not RoleDefinition.objects.custom().filter(pk=role.pk).exists():
        raise Invalid("Built-in roles cannot be changed.")


def _save_role(role: RoleDefinition) -> None:
    try:
        role.clean_fields()
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from None
    beside = RoleDefinition.objects.in_use().filter(provider=role.provider, name__iexact=role.name)
    taken = f"There is a role called {role.name} already."
    if beside.exclude(pk=role.pk).exists():
        raise Invalid(taken)
    with first_of_two(Conflict(taken)):
        role.save()


def _as_stored(granted: Granted) -> dict[str, list[str]]:
    stored: dict[str, list[str]] = {}
    for provider, permission in sorted(granted):
        stored.setdefault(str(provider), []).append(str(permission))
    return stored


def _is_privileged(granted: Granted) -> bool:
    """Whoever may change something in the portal."""
    return any(not permission.only_reads for _, permission in granted)


def all_of(provider: str) -> Place:
    """Where events about roles happen: in the whole of their provider."""
    return NOWHERE if provider == Provider.DIRECTORY else Place(provider, "", "")
