"""The last permanent administrator stays: no change of any kind locks an organisation out."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.accounts.models import User
from apps.assignments.membership import members_of
from apps.assignments.models import Assignment
from apps.common.access import DIRECTORY_ID
from apps.common.locks import lock_rows
from apps.roles.built_in import (
    GLOBAL_ADMINISTRATOR,
    GROUP_MEMBER,
    GROUP_OWNER,
    PRIVILEGED_ROLE_ADMINISTRATOR,
)
from apps.roles.models import RoleDefinition

# Roles whose last assigned, permanent, active holder stays (design, section 6).
GUARDED_IN_DIRECTORY = frozenset({GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR})
GUARDED = GUARDED_IN_DIRECTORY | {GROUP_OWNER}


def lock_guards(role_ids: Collection[UUID] = ()) -> None:
    """Before any other lock: two who would each take one of the last two wait for each other here."""
    lock_rows(RoleDefinition, *GUARDED.union(role_ids))


def last_of(row: Assignment, *, now: datetime) -> str:
    """The name of the guarded role that would lose its last enabled, permanent holder with this row: the role
    itself, or membership of a group that holds it. Empty when others remain."""
    if row.kind != Assignment.Kind.ACTIVE or row.is_activated or not row.is_permanent:
        return ""  # only what has no end keeps an organisation from being locked out
    at_stake = GUARDED_IN_DIRECTORY if row.role_id == GROUP_MEMBER else {row.role_id} & GUARDED
    for role_id in at_stake:
        where = row.resource_id if row.role_id == role_id else DIRECTORY_ID
        if _keepers(role_id, where, now).exists() and not _keepers(role_id, where, now, but=row).exists():
            return RoleDefinition.objects.get(pk=role_id).name
    return ""


def last_of_person(user: User, *, now: datetime) -> str:
    """The name of the directory's guarded role that this person alone keeps; empty when others do, too. Being
    the last owner of a group keeps nobody enabled."""
    for role_id in GUARDED_IN_DIRECTORY:
        if set(_keepers(role_id, DIRECTORY_ID, now).values_list("id", flat=True)) == {user.id}:
            return RoleDefinition.objects.get(pk=role_id).name
    return ""


def _keepers(
    role_id: UUID, resource_id: UUID, now: datetime, *, but: Assignment | None = None
) -> QuerySet[User]:
    """The enabled people who hold this role permanently, directly or through permanent membership."""
    permanent = Q(origin=Assignment.Origin.ASSIGNED, ends_at__isnull=True)
    if but is not None:
        permanent &= ~Q(pk=but.pk)
    held = Assignment.objects.active().filter(permanent, role=role_id, resource=resource_id)
    rows = list(held.current(now).select_related("principal"))
    groups = {row.principal_id for row in rows if row.principal.is_group}
    members = members_of(groups, now=now, among=permanent)
    people = {id_ for row in rows for id_ in members.get(row.principal_id, {row.principal_id: now})}
    return User.objects.filter(id__in=people, is_enabled=True)
