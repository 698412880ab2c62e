"""When an assignment is in force, and what that means: pure functions over rows that were loaded before."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from apps.assignments.models import Assignment
from apps.common.access import Access, Grant, Permission, Provider


def ground_stands(assignment: Assignment, *, groups: frozenset[UUID], now: datetime) -> bool:
    """Whether what an assignment rests on is in force. An activation rests on its eligible assignment, and,
    where a group holds that one, on its holder being in the group. `groups`: those the holder is in."""
    parent = assignment.parent
    if parent is None:
        return True
    return parent.is_current(now) and (
        parent.principal_id == assignment.principal_id or parent.principal_id in groups
    )


def in_force(assignment: Assignment, *, groups: frozenset[UUID], now: datetime) -> bool:
    """Whether it gives access now, to an enabled holder. No job needs to have run for this to be true."""
    return assignment.is_current(now) and ground_stands(assignment, groups=groups, now=now)


def groups_of(user_id: UUID, memberships: Iterable[Assignment], *, now: datetime) -> frozenset[UUID]:
    """The groups a person is in now: directly, by activation, or through another group.

    `memberships` are Member rows with `resource` and `parent` loaded; rows of other people do no harm. The
    smallest answer is taken, so two groups that hold each other keep nobody inside.
    """
    rows = list(memberships)
    groups: frozenset[UUID] = frozenset()
    while True:
        members = (
            row
            for row in rows
            if (row.principal_id == user_id or row.principal_id in groups)
            and in_force(row, groups=groups, now=now)
        )
        reached = frozenset(row.resource.group_id for row in members if row.resource.group_id is not None)
        if reached <= groups:
            return groups
        groups |= reached


def access_from(user_id: UUID, active: Iterable[Assignment]) -> Access:
    """What these assignments, all in force and with `role` and `resource` loaded, allow in the portal.

    Permissions for the role's own provider hold where the role is held and below. Those for other providers
    come only with a role held on a root, and hold everywhere: Privileged Role Administrator reaches groups.
    """
    grants: set[Grant] = set()
    for row in active:
        for provider, permissions in row.role.permissions.items():
            own = provider == row.resource.provider
            if own or row.resource.parent_id is None:
                path = row.resource.path if own else ""
                grants.update(Grant(Permission(name), Provider(provider), path) for name in permissions)
    return Access(user_id, frozenset(grants))
