"""Custom roles: create, change, delete, retire. Whoever defines one grants nobody what they do not hold."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.access_requests.asks import Actor
from apps.administration.policy.roles import (
    Granted,
    can_change_role,
    can_create_role,
    can_delete_role,
    can_retire_role,
)
from apps.administration.selectors.keepers import keeper_of
from apps.administration.selectors.roles import (
    Show,
    change_of,
    facts_of,
    found_roles,
    held_at,
    is_within_reach,
)
from apps.audit.services import record
from apps.audit.vocabulary import AuditAction, Party
from apps.common.access import Access, Permission, Provider
from apps.common.errors import Conflict, Invalid
from apps.common.lookup import find
from apps.roles.models import RoleDefinition, RoleDefinitionQuerySet
from apps.roles.services import custom_roles
from apps.roles.services.custom_roles import all_of
from apps.roles.web import Place


@transaction.atomic
def create_role(
    *, provider: Provider, name: str, granted: Granted, actor: Actor, now: datetime, **facts: str
) -> RoleDefinition:
    """`facts`: description, link, usage, enforced_by."""
    keeper = keeper_of(actor, now=now)
    can_create_role(keeper, provider, granted).require()
    keeper.proven().require()
    return custom_roles.create_role(
        provider=provider, name=name, granted=granted, actor=actor.party, now=now, **facts
    )


@transaction.atomic
def change_role(
    role_id: UUID, *, name: str, granted: Granted, seen: str, actor: Actor, now: datetime, **facts: str
) -> RoleDefinition:
    """Change a custom role for everybody who holds it. `seen` is the digest of what the actor was shown where
    other permissions reach somebody: raises `Conflict` where that has changed meanwhile."""
    role = _locked(role_id)
    keeper = keeper_of(actor, now=now)
    found, is_theirs = facts_of(role, now=now), _is_theirs(role, actor, now)
    can_change_role(keeper, found, granted, changer_holds=is_theirs).require()
    keeper.proven().require()
    change = change_of(role, granted, now=now)
    if change.reaches_somebody and change.digest != seen:
        raise Conflict("What this change would do has changed meanwhile. Look at it again.")
    custom_roles.change_role(role=role, name=name, granted=granted, actor=actor.party, now=now, **facts)
    return role


@transaction.atomic
def delete_role(role_id: UUID, *, actor: Actor, now: datetime) -> RoleDefinition:
    """Delete a custom role that nobody ever held or asked for."""
    role = _locked(role_id)
    keeper = keeper_of(actor, now=now)
    can_delete_role(keeper, facts_of(role, now=now)).require()
    keeper.proven().require()
    custom_roles.delete_role(role=role, actor=actor.party, now=now)
    return role


@transaction.atomic
def retire_role(role_id: UUID, *, actor: Actor, now: datetime) -> RoleDefinition:
    """Take a custom role out of use for good; the history keeps it. Refused while anybody holds it."""
    role = _locked(role_id)
    keeper = keeper_of(actor, now=now)
    can_retire_role(keeper, facts_of(role, now=now)).require()
    keeper.proven().require()
    custom_roles.retire_role(role=role, actor=actor.party, now=now)
    return role


@transaction.atomic
def export_roles(
    place: Place, *, actor: Party, access: Access, show: Show, q: str, now: datetime
) -> RoleDefinitionQuerySet:
    """The roles of the list, for a file. What leaves the portal is written down, with what was selected."""
    place.can_open(access, Permission.ASSIGNMENTS_READ).require()
    selected = {"provider": place.provider, "path": place.path, "show": show, "q": q}
    details = {name: value for name, value in selected.items() if value}
    where = all_of(place.provider)
    record(AuditAction.ROLES_EXPORTED, actor=actor, at=now, place=where, details=details)
    return found_roles(place, held_at(place, access, now=now), show=show, q=q).order_by("name", "id")


def _is_theirs(role: RoleDefinition, actor: Actor, now: datetime) -> bool:
    return actor.user is not None and is_within_reach(role, actor.user.pk, now=now)


def _locked(role_id: UUID) -> RoleDefinition:
    custom_roles.lock_role(role_id)
    role = find(RoleDefinition.objects.all(), role_id)
    if role is None:
        raise Invalid("There is no such role.")
    return role
