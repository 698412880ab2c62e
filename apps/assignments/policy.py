"""When an assignment is in force, and what that means: pure functions over rows that were loaded before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from apps.assignments.models import Assignment
from apps.common.access import DIRECTORY_ID, Access, Grant, Permission, Provider

# How long an ended assignment is shown, and how long it can be renewed (Entra behaviour).
EXPIRED_SHOWN = timedelta(days=30)

# The groups a person is in, each with the instant since when: unbroken, by one and the same way into it.
Groups = Mapping[UUID, datetime]


def holds_since(
    since: datetime, eligible: Assignment, holder_id: UUID, *, groups: Groups, now: datetime
) -> bool:
    """Whether this eligible assignment is in force for somebody, directly or through one of their `groups`,
    and has been ever since. Who left the group in between has lost what rested on it, and does not get it
    back with a membership that begins later, whether or not a sweep ran in between."""
    if not eligible.is_current(now):
        return False
    group = eligible.principal_id
    return group == holder_id or (group in groups and groups[group] <= since)


def ground_stands(assignment: Assignment, *, groups: Groups, now: datetime) -> bool:
    """Whether what an assignment rests on is in force, and has been since it was given. An activation rests
    on its eligible assignment, which must still cover the place where it was activated, and, where a group
    holds that one, on its holder being in the group. `groups`: those the holder is in."""
    parent = assignment.parent
    if parent is None:
        return True
    return _covers(parent, assignment) and holds_since(
        assignment.created_at, parent, assignment.principal_id, groups=groups, now=now
    )


def _covers(eligible: Assignment, activated: Assignment) -> bool:
    """Most are activated where they are held; only for the others are both resources looked at."""
    return eligible.resource_id == activated.resource_id or eligible.resource.covers(activated.resource)


def in_force(assignment: Assignment, *, groups: Groups, now: datetime) -> bool:
    """Whether it gives access now, to an enabled holder. No job needs to have run for this to be true."""
    return assignment.is_current(now) and ground_stands(assignment, groups=groups, now=now)


def groups_of(user_id: UUID, memberships: Iterable[Assignment], *, now: datetime) -> Groups:
    """The groups a person is in now: directly, by activation, or through another group.

    `memberships` are Member rows with `resource` and `parent` loaded; rows of other people do no harm. The
    smallest answer is taken, so two groups that hold each other keep nobody inside.
    """
    rows = [row for row in memberships if row.is_current(now)]
    groups: dict[UUID, datetime] = {}
    while True:
        reached = _reached(user_id, rows, groups, now)
        if reached == groups:
            return groups
        groups = reached


def _reached(
    user_id: UUID, rows: Iterable[Assignment], groups: Groups, now: datetime
) -> dict[UUID, datetime]:
    """The groups one step beyond `groups`; of several ways into one, the one that has lasted longest."""
    reached: dict[UUID, datetime] = {}
    for row in rows:
        since = _since(row, user_id, groups)
        group = row.resource.group_id
        if group is not None and since is not None and ground_stands(row, groups=groups, now=now):
            reached[group] = min(since, reached.get(group, since))
    return reached


def _since(row: Assignment, user_id: UUID, groups: Groups) -> datetime | None:
    """Since when a Member row has held for this person: a group's, since they are in the group as well."""
    if row.principal_id == user_id:
        return row.starts_at
    return max(row.starts_at, groups[row.principal_id]) if row.principal_id in groups else None


def access_from(user_id: UUID, active: Iterable[Assignment]) -> Access:
    """What these assignments, all in force and with `role` and `resource` loaded, allow in the portal.

    Permissions for the role's own provider hold where the role is held and below. Those for other providers
    come only with a role held on the directory itself, and hold everywhere: Privileged Role Administrator
    reaches groups. Whoever keeps a group or a resource gives nothing away beyond it, whatever the role.
    """
    grants: set[Grant] = set()
    for row in active:
        for provider, permissions in row.role.permissions.items():
            own = provider == row.resource.provider
            if own or row.resource.id == DIRECTORY_ID:
                path = row.resource.path if own else ""
                grants.update(Grant(Permission(name), Provider(provider), path) for name in permissions)
    return Access(user_id, frozenset(grants))
