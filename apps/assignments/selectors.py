"""Reading who holds what. Everything here is computed at `now`; nothing waits for a sweep."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Coalesce

from apps.accounts.models import User
from apps.assignments.membership import (
    EVERY_ROW,
    held_within_reach,
    members_of,
    memberships_among,
    memberships_of,
)
from apps.assignments.models import Assignment, AssignmentQuerySet
from apps.assignments.policy import EXPIRED_SHOWN, Groups, access_from, ground_stands, groups_of, in_force
from apps.common.access import Access
from apps.common.prepared import Statement, prepared, prepared_part
from apps.roles.built_in import GROUP_MEMBER
from apps.roles.models import Resource
from apps.roles.policy.paths import ancestor_ids


@dataclass(frozen=True)
class Held:
    """An assignment from its holder's side: how they come to hold it."""

    assignment: Assignment
    holder_id: UUID

    @property
    def via(self) -> str:
        """The name of the group, when it is held through one."""
        ground = self.assignment.parent or self.assignment
        return "" if ground.principal_id == self.holder_id else ground.principal.name

    @property
    def membership(self) -> str:
        """Entra's word for it."""
        return "Group" if self.via else "Direct"


@dataclass(frozen=True)
class Holdings:
    """Everything one person holds now, in force, directly or through groups."""

    eligible: tuple[Held, ...]
    active: tuple[Held, ...]
    groups: Groups


NOTHING = Holdings((), (), {})


def holdings_of(user: User, *, now: datetime) -> Holdings:
    """What `user` holds and is in force now. A disabled person holds nothing."""
    return holdings_of_many([user], now=now)[user.id]


def holdings_of_many(users: Iterable[User], *, now: datetime) -> dict[UUID, Holdings]:
    """`holdings_of` each of these people, by their ids. One query, however many they are."""
    ids = {user.id: user.is_enabled for user in users}
    enabled = [id_ for id_, is_enabled in ids.items() if is_enabled]
    held = held_within_reach(enabled, now=now).with_ground().select_related("role")
    rows = sorted(held, key=_by_name)
    memberships = memberships_among(rows)
    groups = {id_: memberships.groups_of(id_, now=now) for id_ in enabled}
    return {id_: _holdings(id_, rows, groups[id_], now) if id_ in groups else NOTHING for id_ in ids}


def _by_name(row: Assignment) -> tuple[str, str, UUID]:
    return row.role.name, row.resource.name, row.id


def _holdings(user_id: UUID, rows: Sequence[Assignment], groups: Groups, now: datetime) -> Holdings:
    mine = [
        Held(row, user_id)
        for row in rows
        if (row.principal_id == user_id or row.principal_id in groups)
        and in_force(row, groups=groups, now=now)
    ]
    return Holdings(
        eligible=tuple(held for held in mine if held.assignment.kind == Assignment.Kind.ELIGIBLE),
        active=tuple(held for held in mine if held.assignment.kind == Assignment.Kind.ACTIVE),
        groups=groups,
    )


def access_now(user: User, *, now: datetime) -> Access:
    """`access_of` what this person holds, loaded for that alone. One query."""
    return access_of(user.id, active_now(user, now=now))


def active_now(user: User, *, now: datetime) -> Holdings:
    """`holdings_of` without what they may activate. One query."""
    if not user.is_enabled:
        return NOTHING
    rows = sorted(_active_within_reach(user.id, now), key=_by_name)
    groups = groups_of(user.id, (row for row in rows if row.role_id == GROUP_MEMBER), now=now)
    return Holdings((), _holdings(user.id, rows, groups, now).active, groups)


def with_eligible(active: Holdings, user: User, *, now: datetime) -> Holdings:
    """`holdings_of` somebody of whom it is known what is active. One query more."""
    if not user.is_enabled:
        return NOTHING
    rows = sorted(_eligible_of((user.id, *active.groups), now), key=_by_name)
    return Holdings(tuple(Held(row, user.id) for row in rows), active.active, active.groups)


@prepared
def _active_within_reach(user_id: UUID, now: datetime) -> AssignmentQuerySet:
    return held_within_reach([user_id], now=now).active().with_ground().select_related("role")


@prepared
def _eligible_of(holders: tuple[UUID, ...], now: datetime) -> AssignmentQuerySet:
    held = Assignment.objects.current(now).eligible().filter(principal_id__in=holders)
    return held.select_related("principal", "role", "resource")


def access_of(user_id: UUID, holdings: Holdings) -> Access:
    """What somebody who holds this may do in the portal."""
    return access_from(user_id, (held.assignment for held in holdings.active))


def expired_of(user: User, *, now: datetime) -> list[Held]:
    """What `user` held directly and no longer does, newest first, of the last 30 days. Activations are no
    assignments that expire; they are in the request history."""
    newest_first = Coalesce("ended_at", "ends_at").desc()
    rows = _ended_rows(user.id, now - EXPIRED_SHOWN, now).with_names().order_by(newest_first, "id")
    return [Held(row, user.id) for row in rows]


def counted_expired(user: User, *, now: datetime) -> Statement:
    """The rows of `expired_of`, to be counted."""
    return _counted_ended(user.id, now - EXPIRED_SHOWN, now)


def _ended_rows(user_id: UUID, since: datetime, now: datetime) -> AssignmentQuerySet:
    own = Assignment.objects.filter(principal_id=user_id, origin=Assignment.Origin.ASSIGNED)
    return own.ended_since(since, now=now)


_counted_ended = prepared_part(_ended_rows)


def holders_of(
    role_ids: Collection[UUID], resource: Resource, *, kind: Assignment.Kind, now: datetime
) -> list[User]:
    """The enabled people who hold one of these roles on this resource or above it, in force now, by name."""
    return holders_on(held_as(kind, role_ids), [resource.path], now=now)[resource.path]


def held_as(kind: Assignment.Kind, role_ids: Collection[UUID]) -> Q:
    return Q(kind=kind, role_id__in=role_ids)


def holders_on(
    what: Q, paths: Iterable[str], *, among: Q = EVERY_ROW, now: datetime
) -> dict[str, list[User]]:
    """`holders_of` for the resources with these paths, of all that is held as `what` says. One query, however
    many, and at most two more where groups hold it; none for none. `among` narrows the rows that count, those
    of membership, too, such as to permanent ones."""
    above = {path: frozenset(ancestor_ids(path)) for path in paths}
    if not above:
        return {}
    places = frozenset[UUID]().union(*above.values())
    rows = _held_at(what & among, tuple(places), now)
    members = members_of(_groups_among(rows), now=now, among=among)
    people = {row.id: _people(row, members, now) for row in rows}
    users = sorted(_enabled(rows, people.values()), key=lambda user: (user.name, user.id))
    found = {
        path: {user_id for row in rows if row.resource_id in near for user_id in people[row.id]}
        for path, near in above.items()
    }
    return {path: [user for user in users if user.id in wanted] for path, wanted in found.items()}


@prepared
def _held_at(what: Q, places: tuple[UUID, ...], now: datetime) -> AssignmentQuerySet:
    held = Assignment.objects.filter(what, resource_id__in=places).current(now)
    return held.with_ground().select_related("principal__user")


def _enabled(rows: Iterable[Assignment], people: Iterable[Collection[UUID]]) -> list[User]:
    """Those of these people who are enabled. Whoever holds a row was loaded with it."""
    wanted = frozenset[UUID]().union(*people)
    loaded = {row.principal_id: row.principal.user for row in rows if row.principal_id in wanted}
    others = wanted - loaded.keys()
    more = User.objects.filter(id__in=others) if others else ()
    return [user for user in (*loaded.values(), *more) if user.is_enabled]


def groundless(*, now: datetime, principal_id: UUID | None = None) -> list[Assignment]:
    """Activations (of one person, or of all) that give nothing any more before their time: the holder is
    disabled, or what they rest on has ended. Two queries, however many are running."""
    running = Assignment.objects.not_ended(now)
    return groundless_of(running.filter(principal_id=principal_id) if principal_id else running, now=now)


def groundless_of(rows: AssignmentQuerySet, *, now: datetime) -> list[Assignment]:
    """Those of these rows that are activations and give nothing any more, loaded as far as that asks for it.
    Only those are looked at of which it is to be feared."""
    return without_ground(rows.on_doubtful_ground(now).with_holder(), now=now)


def without_ground(running: Iterable[Assignment], *, now: datetime) -> list[Assignment]:
    """Those of these activations that have lost what they rest on. One query, if any rests on a group."""
    rows = list(running)
    memberships = memberships_of({row.principal_id for row in rows if row.rests_on_a_group}, since=now)
    return [row for row in rows if not _stands(row, memberships.groups_of(row.principal_id, now=now), now)]


def _stands(row: Assignment, groups: Groups, now: datetime) -> bool:
    holder = row.activated_by
    return holder is not None and holder.is_enabled and ground_stands(row, groups=groups, now=now)


def _people(row: Assignment, members: Mapping[UUID, Groups], now: datetime) -> frozenset[UUID]:
    if row.principal.is_group:
        return frozenset(members[row.principal_id])
    groups = {id_: people[row.principal_id] for id_, people in members.items() if row.principal_id in people}
    return frozenset([row.principal_id] if in_force(row, groups=groups, now=now) else [])


def _groups_among(rows: Iterable[Assignment]) -> set[UUID]:
    """Every group on which one of these rows depends: as its holder, or as the holder of its ground."""
    holders = {
        principal for row in rows for principal in (row.principal, row.parent and row.parent.principal)
    }
    return {principal.id for principal in holders if principal and principal.is_group}
