"""Who is in which group now. Membership is an assignment, so this is the one place that follows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from apps.accounts.models import Principal
from apps.assignments.models import Assignment
from apps.assignments.policy import groups_of
from apps.roles.built_in import GROUP_MEMBER

EVERY_ROW = Q()

# Both walk a superset (whatever has not been ended); the pure `groups_of` then looks at periods and grounds.
_UPWARDS = """
WITH RECURSIVE reach(id) AS (
    SELECT id FROM accounts_principal WHERE id = %s
  UNION
    SELECT resource.group_id
    FROM reach
    JOIN assignments_assignment held ON held.principal_id = reach.id
    JOIN roles_resource resource ON resource.id = held.resource_id
    WHERE held.role_id = %s AND held.kind = 'active' AND held.ended_at IS NULL
)
SELECT id FROM reach
"""
_DOWNWARDS = """
WITH RECURSIVE reach(id) AS (
    SELECT id FROM accounts_principal WHERE id IN ({seeds})
  UNION
    SELECT below.id
    FROM reach
    JOIN roles_resource resource ON resource.group_id = reach.id
    JOIN assignments_assignment held ON held.resource_id = resource.id
    LEFT JOIN assignments_assignment parent ON parent.id = held.parent_id
    JOIN accounts_principal below ON below.id = held.principal_id OR below.id = parent.principal_id
    WHERE held.role_id = %s AND held.kind = 'active' AND held.ended_at IS NULL
)
SELECT id FROM reach
"""


def groups_of_user(user_id: UUID, *, now: datetime) -> frozenset[UUID]:
    """The ids of the groups this person is in now, through whatever chain. One query."""
    reach = RawSQL(_UPWARDS, [_key(user_id), _key(GROUP_MEMBER)])  # noqa: S611 - parameters only
    return groups_of(user_id, _memberships().filter(principal_id__in=reach), now=now)


def members_of(
    group_ids: Collection[UUID], *, now: datetime, among: Q = EVERY_ROW
) -> dict[UUID, frozenset[UUID]]:
    """For each group the ids of the people in it now, disabled ones included. One query, however nested.
    `among` narrows the Member rows that count, such as to permanent ones."""
    if not group_ids:
        return {}
    seeds = ", ".join(["%s"] * len(group_ids))
    keys = [_key(id_) for id_ in group_ids]
    reach = RawSQL(_DOWNWARDS.format(seeds=seeds), [*keys, _key(GROUP_MEMBER)])  # noqa: S611
    rows = list(_memberships().filter(among, resource__group_id__in=reach))
    groups = _groups_of_each(rows, now)
    return {id_: frozenset(user for user, held in groups.items() if id_ in held) for id_ in group_ids}


def _groups_of_each(rows: list[Assignment], now: datetime) -> dict[UUID, frozenset[UUID]]:
    """`groups_of` for every person among the holders, each looking only at rows that can concern them."""
    own: dict[UUID, list[Assignment]] = defaultdict(list)
    for row in rows:
        own[row.principal_id].append(row)
    shared = [row for row in rows if row.principal.is_group]
    people = {row.principal_id for row in rows if not row.principal.is_group}
    return {user: groups_of(user, [*own[user], *shared], now=now) for user in people}


def _memberships() -> QuerySet[Assignment]:
    return (
        Assignment.objects.active()
        .filter(role_id=GROUP_MEMBER, ended_at__isnull=True)
        .select_related("principal", "resource", "parent")
    )


def _key(id_: UUID) -> object:
    return Principal._meta.pk.get_db_prep_value(id_, connection)
