"""What a move would change: who gains, who loses, which settings become others."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from apps.access_requests.policy.gaining import Terms, widens
from apps.access_requests.selectors.approvers import Sought, approvers_for_many
from apps.accounts.models import User
from apps.administration.policy.settings_words import Comparison, diff
from apps.assignments.membership import people_within, within_reach_of
from apps.assignments.models import Assignment, AssignmentQuerySet
from apps.roles.models import Resource, RoleDefinition
from apps.roles.policy.plain import as_plain
from apps.roles.policy.rules import RoleRules
from apps.roles.policy.strictness import is_loosened
from apps.roles.selectors import rules_for_many


@dataclass(frozen=True)
class OtherRules:
    """The settings of a role that is held below what is moved, before and after."""

    role: RoleDefinition
    resource: Resource
    before: RoleRules
    after: RoleRules

    @property
    def differences(self) -> list[Comparison]:
        return diff(self.before, self.after)

    @property
    def is_loosened(self) -> bool:
        return is_loosened(self.before, self.after)


@dataclass(frozen=True)
class Move:
    """A resource, where it would go, and what that does. Without a parent it goes to the top."""

    resource: Resource
    parent: Resource | None
    gains: tuple[Assignment, ...]
    losses: tuple[Assignment, ...]
    ends: tuple[Assignment, ...]
    settings: tuple[OtherRules, ...]

    @property
    def changes_nothing(self) -> bool:
        return not (self.gains or self.losses or self.ends or self.settings)

    @cached_property
    def digest(self) -> str:
        """A short name for exactly this: what was shown is what is done."""
        rows = [sorted(f"{row.pk}:{row.ends_at}" for row in self.gains + self.losses + self.ends)]
        rules = [
            f"{each.role.pk}:{each.resource.pk}:{as_plain(each.before)}:{as_plain(each.after)}"
            for each in self.settings
        ]
        parts = [self.resource.path, self.parent.path if self.parent else "", *map(str, rows), *rules]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def move_of(resource: Resource, parent: Resource | None, *, now: datetime) -> Move:
    """What moving it there would do. A fixed number of queries."""
    old = set(resource.ancestor_ids)
    new = {*(parent.ancestor_ids if parent else ()), resource.pk}
    reaching = list(_held().not_ended(now).filter(resource_id__in=old ^ new))
    return Move(
        resource,
        parent,
        gains=tuple(row for row in reaching if row.resource_id in new),
        losses=tuple(row for row in reaching if row.resource_id in old),
        ends=tuple(_left_behind(resource, old - new, now)),
        settings=tuple(_other_rules(resource, parent, now)),
    )


def gained_by(user_id: UUID, move: Move, *, now: datetime) -> set[str]:
    """The roles that this person would come to hold, or to be eligible for, on what is moved: themself, or
    through a group that they are or may come to be in, however nested. What they hold there already, for as
    long, is no gain."""
    theirs = within_reach_of(user_id, now=now)
    kept = list(
        Assignment.objects.not_ended(now).filter(
            principal_id__in=theirs, resource_id__in=move.resource.ancestor_ids
        )
    )
    return {
        row.role.name
        for row in move.gains
        if row.principal_id in theirs and not any(_covers(held, row) for held in kept)
    }


def unapproved_by(move: Move, *, now: datetime) -> set[str]:
    """The roles below that nobody could approve any longer for somebody who is eligible. A fixed number of
    queries."""
    rows = Assignment.objects.eligible().not_ended(now).filter(resource__path__startswith=move.resource.path)
    present = [(row, row.resource) for row in rows.with_names()]
    moved = [(row, _as_moved(place, move.resource, move.parent)) for row, place in present]
    return {role for role, *_ in _unapproved(moved, now) - _unapproved(present, now)}


def _unapproved(placed: Iterable[tuple[Assignment, Resource]], now: datetime) -> set[tuple[str, UUID, UUID]]:
    """Of assignments that lie there: role, assignment and person, where that one finds nobody to ask."""
    rows = list(placed)
    rules = rules_for_many((row.role, place) for row, place in rows)
    people = people_within({row.principal_id for row, _ in rows}, now=now)
    users = User.objects.filter(is_enabled=True).in_bulk({id_ for ids in people.values() for id_ in ids})
    sought = [
        (row, Sought(rules[row.role_id, place.pk], place, users[id_]))
        for row, place in rows
        for id_ in people[row.principal_id] & users.keys()
        if rules[row.role_id, place.pk].requires_approval
    ]
    found = approvers_for_many([asked for _, asked in sought], now=now)
    return {
        (row.role.name, row.pk, asked.requester.pk)
        for (row, asked), approvers in zip(sought, found, strict=True)
        if not approvers
    }


def _covers(held: Assignment, gained: Assignment) -> bool:
    """Whether who holds the one gains nothing by the other."""
    is_same = (held.role_id, held.kind) == (gained.role_id, gained.kind)
    return is_same and not widens(_terms(held), _terms(gained))


def _terms(row: Assignment) -> Terms:
    return Terms(Assignment.Kind(row.kind), row.period)


def _held() -> AssignmentQuerySet:
    """Assigned rows, in the order in which they are shown."""
    rows = Assignment.objects.filter(origin=Assignment.Origin.ASSIGNED).with_names()
    return rows.order_by("principal__name", "role__name", "id")


def _left_behind(resource: Resource, lost: set[UUID], now: datetime) -> Iterable[Assignment]:
    """What is activated below, on the ground of something that will no longer lie above."""
    running = Assignment.objects.activated().not_ended(now).filter(parent__resource_id__in=lost)
    below = running.filter(resource__path__startswith=resource.path)
    return below.with_names().order_by("principal__name", "role__name", "id")


def _other_rules(resource: Resource, parent: Resource | None, now: datetime) -> Iterable[OtherRules]:
    rows = Assignment.objects.not_ended(now).filter(resource__path__startswith=resource.path)
    pairs = {(row.role_id, row.resource_id): (row.role, row.resource) for row in rows.with_names()}
    moved = {key: (role, _as_moved(held_on, resource, parent)) for key, (role, held_on) in pairs.items()}
    before, after = rules_for_many(pairs.values()), rules_for_many(moved.values())
    others = [key for key in pairs if as_plain(before[key]) != as_plain(after[key])]
    found = [OtherRules(*pairs[key], before[key], after[key]) for key in others]
    return sorted(found, key=lambda each: (each.role.name, each.resource.name, str(each.resource.pk)))


def _as_moved(held_on: Resource, resource: Resource, parent: Resource | None) -> Resource:
    """The same resource, lying where it would lie then."""
    moved = copy(held_on)
    above = parent.path if parent else ""
    moved.path = f"{above}{resource.pk}/{held_on.path.removeprefix(resource.path)}"
    return moved
