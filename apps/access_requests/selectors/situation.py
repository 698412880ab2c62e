"""What some people rest on and have active at one instant: loaded at once, however many they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.accounts.models import User
from apps.assignments.membership import Memberships, memberships_of
from apps.assignments.models import Assignment, AssignmentQuerySet
from apps.assignments.policy import Groups, ground_stands, holds_since
from apps.common.period import Period
from apps.common.prepared import prepared
from apps.roles.models import Resource


@dataclass(frozen=True)
class Situation:
    """Facts about the people and roles it was loaded for."""

    memberships: Memberships
    active: Sequence[Assignment]
    now: datetime

    def is_theirs(self, eligible: Assignment, user: User) -> bool:
        """Whether it is this person's, or of a group they are in; in force or not."""
        return eligible.principal_id == user.id or eligible.principal_id in self._groups_of(user)

    def is_eligible(self, eligible: Assignment, user: User) -> bool:
        """Whether this eligible assignment is in force for this person, directly or through a group."""
        groups = self._groups_of(user)
        return user.is_enabled and holds_since(self.now, eligible, user.id, groups=groups, now=self.now)

    def gives(self, row: Assignment, user: User) -> bool:
        """Whether a row of this person's still rests on something, whether or not a sweep has met it."""
        if row.parent is None:
            return True
        return user.is_enabled and ground_stands(row, groups=self._groups_of(user), now=self.now)

    def overlapping(
        self, asked: Period, user: User, role_id: UUID, resource: Resource, *, but: Assignment | None
    ) -> Period | None:
        """What is active already for this person in the asked period, on this resource or a wider one."""
        wide_enough = frozenset(resource.ancestor_ids)
        same = (
            row
            for row in self.active
            if (row.principal_id, row.role_id) == (user.id, role_id) and row.resource_id in wide_enough
        )
        there = (row for row in same if row != but and row.period.overlaps(asked))
        return next((row.period for row in there if self.gives(row, user)), None)

    def _groups_of(self, user: User) -> Groups:
        return self.memberships.groups_of(user.id, now=self.now)


def situation_of(asked: Iterable[tuple[User, Assignment]], *, now: datetime) -> Situation:
    """The situation of people who ask to activate these eligible assignments. One query, and another where
    any of this rests on a group."""
    pairs = list(asked)
    rows = _active(tuple({user.id for user, _ in pairs}), tuple({row.role_id for _, row in pairs}), now)
    in_groups = {user.id for user, row in pairs if row.principal_id != user.id}
    in_groups |= {row.principal_id for row in rows if row.rests_on_a_group}
    return Situation(memberships_of(in_groups, since=now), rows, now)


@prepared
def _active(holders: tuple[UUID, ...], role_ids: tuple[UUID, ...], now: datetime) -> AssignmentQuerySet:
    """What is active for them of these roles, now or later, with its resource and what it rests on."""
    rows = Assignment.objects.active().not_ended(now).filter(principal_id__in=holders, role_id__in=role_ids)
    return rows.select_related("resource", "parent__resource").order_by("starts_at", "id")
