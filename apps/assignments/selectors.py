"""Reading who holds what. Everything here is computed at `now`; nothing waits for a sweep."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models.functions import Coalesce

from apps.accounts.models import User
from apps.assignments.membership import groups_of_user, members_of
from apps.assignments.models import Assignment, AssignmentQuerySet
from apps.assignments.policy import access_from, ground_stands, in_force
from apps.common.access import Access
from apps.roles.models import Resource

# How long an ended assignment is shown, and how long it can be renewed (Entra behaviour).
EXPIRED_SHOWN = timedelta(days=30)


@dataclass(frozen=True)
class Held:
    """An assignment from its holder's side: how they come to hold it."""

    assignment: Assignment
    via: str = ""  # the group's name, when it is held through one

    @property
    def membership(self) -> str:
        """Entra's word for it."""
        return "Group" if self.via else "Direct"


@dataclass(frozen=True)
class Holdings:
    """Everything one person holds now, in force, directly or through groups."""

    eligible: tuple[Held, ...]
    active: tuple[Held, ...]
    groups: frozenset[UUID]


NOTHING = Holdings((), (), frozenset())


def holdings_of(user: User, *, now: datetime) -> Holdings:
    """What `user` holds and is in force now. Two queries. A disabled person holds nothing."""
    if not user.is_enabled:
        return NOTHING
    groups = groups_of_user(user.id, now=now)
    rows = [
        _held(row, user.id)
        for row in _held_by({user.id, *groups}).current(now).order_by("role__name", "resource__name", "id")
        if in_force(row, groups=groups, now=now)
    ]
    return Holdings(
        eligible=tuple(held for held in rows if held.assignment.kind == Assignment.Kind.ELIGIBLE),
        active=tuple(held for held in rows if held.assignment.kind == Assignment.Kind.ACTIVE),
        groups=groups,
    )


def access_of(user_id: UUID, holdings: Holdings) -> Access:
    """What somebody who holds this may do in the portal."""
    return access_from(user_id, (held.assignment for held in holdings.active))


def expired_of(user: User, *, now: datetime) -> list[Held]:
    """What `user` held directly and no longer does, newest first, of the last 30 days. Activations are no
    assignments that expire; they are in the request history."""
    rows = (
        _held_by({user.id})
        .filter(origin=Assignment.Origin.ASSIGNED)
        .ended_since(now - EXPIRED_SHOWN, now=now)
        .order_by(Coalesce("ended_at", "ends_at").desc(), "id")
    )
    return [_held(row, user.id) for row in rows]


def holders_of(
    role_ids: Collection[UUID], resource: Resource, *, kind: Assignment.Kind, now: datetime
) -> frozenset[UUID]:
    """The enabled people who hold one of these roles on this resource or above it, in force now."""
    rows = list(
        Assignment.objects.filter(role_id__in=role_ids, kind=kind, resource_id__in=resource.ancestor_ids)
        .current(now)
        .with_names()
    )
    members = members_of(_groups_among(rows), now=now)
    found = {user_id for row in rows for user_id in _people(row, members, now)}
    return frozenset(User.objects.filter(id__in=found, is_enabled=True).values_list("id", flat=True))


def groundless(*, now: datetime, principal_id: UUID | None = None) -> list[Assignment]:
    """Activations (of one person, or of all) that give nothing any more before their time: the holder is
    disabled, or what they rest on has ended. Two queries, however many are running."""
    running = Assignment.objects.activated().not_ended(now).with_names().select_related("activated_by")
    rows = list(running.filter(principal_id=principal_id) if principal_id else running)
    members = members_of(_groups_among(rows), now=now)
    return [row for row in rows if not _stands(row, members, now)]


def _stands(row: Assignment, members: Mapping[UUID, frozenset[UUID]], now: datetime) -> bool:
    groups = frozenset(id_ for id_, people in members.items() if row.principal_id in people)
    holder = row.activated_by
    return holder is not None and holder.is_enabled and ground_stands(row, groups=groups, now=now)


def _people(row: Assignment, members: dict[UUID, frozenset[UUID]], now: datetime) -> Iterable[UUID]:
    if row.principal.is_group:
        return members[row.principal_id]
    groups = frozenset(id_ for id_, people in members.items() if row.principal_id in people)
    return [row.principal_id] if in_force(row, groups=groups, now=now) else []


def _groups_among(rows: Iterable[Assignment]) -> set[UUID]:
    """Every group on which one of these rows depends: as its holder, or as the holder of its ground."""
    holders = {
        principal for row in rows for principal in (row.principal, row.parent and row.parent.principal)
    }
    return {principal.id for principal in holders if principal and principal.is_group}


def _held_by(principal_ids: Collection[UUID]) -> AssignmentQuerySet:
    return Assignment.objects.filter(principal_id__in=principal_ids).with_names()


def _held(row: Assignment, user_id: UUID) -> Held:
    ground = row.parent or row
    return Held(row, via="" if ground.principal_id == user_id else ground.principal.name)
