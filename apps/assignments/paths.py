"""Why somebody holds what they hold: every way to it, and when the last of them ends."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain as all_of
from uuid import UUID

from apps.accounts.models import User
from apps.assignments.membership import memberships_of
from apps.assignments.models import Assignment
from apps.assignments.policy import Groups, ground_stands
from apps.assignments.selectors import Held, Holdings, holdings_of
from apps.common.period import earliest
from apps.roles.models import Resource, RoleDefinition

# Enough to explain any sane organisation; groups that hold one another in all ways have no more to say.
CHAINS_AT_MOST = 200

# From the person into a group: Member rows, the person's own first.
Chain = tuple[Assignment, ...]


@dataclass(frozen=True)
class Way:
    """One way to hold a role: the assignment that gives it, and the memberships that lead from the person to
    the group that holds it, or that holds what was activated. None for what is the person's own."""

    assignment: Assignment
    memberships: Chain
    is_from_above: bool

    @property
    def groups(self) -> list[Resource]:
        """The groups on the way, the person's own first."""
        return [row.resource for row in self.memberships]

    @property
    def ends_at(self) -> datetime | None:
        """When this way ends; nothing where no part of it does."""
        return earliest(self.assignment.ends_at, *(row.ends_at for row in self.memberships))


@dataclass(frozen=True)
class Paths:
    """One role on one resource, held as eligible or active, with every way to it."""

    role: RoleDefinition
    resource: Resource
    kind: Assignment.Kind
    ways: Sequence[Way]

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing to explain: an assignment of their own is the only way."""
        way, *more = self.ways
        return not more and not way.memberships and not way.assignment.is_activated

    @property
    def ends_at(self) -> datetime | None:
        """When the last of the ways ends; nothing where one does not."""
        ends = [way.ends_at for way in self.ways]
        return None if None in ends else max(end for end in ends if end is not None)


def paths_of(person: User, *, now: datetime) -> list[Paths]:
    """Everything this person holds, in force now, with every way to it. Two queries."""
    return paths_from(person.id, holdings_of(person, now=now), now=now)


def paths_from(person_id: UUID, holdings: Holdings, *, now: datetime) -> list[Paths]:
    """`paths_of`, where what the person holds is known already. One query."""
    chains = _chains_of(person_id, holdings.groups, now) if holdings.groups else {}
    return [*_paths(holdings.eligible, chains), *_paths(holdings.active, chains)]


def _paths(several: Iterable[Held], chains: Mapping[UUID, Sequence[Chain]]) -> list[Paths]:
    """By role and resource, in the order in which they are held. What is held above gives the same below."""
    by_role, by_key = defaultdict(list), {}
    for held in several:
        row = held.assignment
        by_role[row.role_id].append(row)
        by_key[row.role_id, row.resource_id] = row
    return [
        Paths(
            row.role,
            row.resource,
            Assignment.Kind(row.kind),
            [
                Way(other, chain, other.resource_id != row.resource_id)
                for other in by_role[row.role_id]
                if other.resource.covers(row.resource)
                for chain in _chains_to(other, chains)
            ],
        )
        for row in by_key.values()
    ]


def _chains_to(row: Assignment, chains: Mapping[UUID, Sequence[Chain]]) -> Sequence[Chain]:
    """The ways to whoever holds this row, or what it was activated from."""
    holder = (row.parent or row).principal_id
    return chains.get(holder, [()])


def _chains_of(person_id: UUID, groups: Groups, now: datetime) -> dict[UUID, list[Chain]]:
    """Every way into each group, the shortest first, none through one group twice."""
    found = memberships_of({person_id}, since=now)
    into = defaultdict(list)
    for row in [*found.by_person.get(person_id, ()), *all_of(*found.by_group.values())]:
        if row.is_current(now) and ground_stands(row, groups=groups, now=now):
            into[row.principal_id].append(row)
    chains: dict[UUID, list[Chain]] = defaultdict(list)
    ahead: deque[Chain] = deque((row,) for row in into[person_id])
    for _ in range(CHAINS_AT_MOST):
        if not ahead:
            break
        chain = ahead.popleft()
        group, passed = chain[-1].resource.group_id, {row.resource.group_id for row in chain}
        if group is not None:
            chains[group].append(chain)
            ahead.extend((*chain, row) for row in into[group] if row.resource.group_id not in passed)
    return dict(chains)
