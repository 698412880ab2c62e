"""Who is in which group, since when. Membership is an assignment: this is the one place that follows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import IntegerField, Q, QuerySet
from django.db.models.expressions import RawSQL

from apps.accounts.models import Principal, User
from apps.assignments.models import Assignment, AssignmentQuerySet
from apps.assignments.policy import Groups, groups_of
from apps.common.prepared import prepared
from apps.roles.built_in import GROUP_MEMBER

EVERY_ROW = Q()

# Each walk joins rows by their key alone; whether one counts is said in a CASE. As a condition, that would
# have SQLite, where it has statistics, read the whole table first, to filter a few rows by it.
_UPWARDS = """
WITH RECURSIVE reach(id) AS (
    SELECT id FROM accounts_principal WHERE id IN ({{seeds}})
  UNION
    SELECT CASE WHEN held.role_id = %s AND {counts} THEN
        (SELECT group_id FROM roles_resource WHERE id = held.resource_id) END
    FROM reach
    JOIN assignments_assignment held ON held.principal_id = reach.id
)
SELECT id FROM reach WHERE id IS NOT NULL
"""
_DOWNWARDS = """
WITH RECURSIVE reach(id) AS (
    SELECT id FROM accounts_principal WHERE id IN ({{seeds}})
  UNION
    SELECT CASE WHEN held.role_id = %s AND {counts} THEN {below} END
    FROM reach
    JOIN roles_resource resource ON resource.group_id = reach.id
    JOIN assignments_assignment held ON held.resource_id = resource.id
    {sides}
)
SELECT id FROM reach WHERE id IS NOT NULL
"""
# A superset of membership, what had not been ended: the pure `groups_of` then looks at periods and grounds.
_ACTIVE = "held.kind = 'active' AND (held.ended_at IS NULL OR held.ended_at > %s)"
# Whoever is or may come to be in a group: also by eligible rows and by such that begin later.
_COMING = "held.ended_at IS NULL AND (held.ends_at IS NULL OR held.ends_at > %s)"
# An activation leads down to its holder, and to whoever holds what it rests on.
_SIDES = "CROSS JOIN (SELECT 0 AS is_ground UNION ALL SELECT 1) side"
_SIDE = """CASE side.is_ground WHEN 0 THEN held.principal_id ELSE
        (SELECT principal_id FROM assignments_assignment WHERE id = held.parent_id) END"""

# How many people are in a group: of one that somebody is in by activation, which may have lost its ground, it
# is not known.
_SIZE = """(
WITH RECURSIVE reach(id, in_doubt) AS (
    SELECT accounts_principal.id, 0
  UNION
    SELECT
      CASE WHEN held.role_id = %s AND held.kind = 'active' AND held.starts_at <= %s
        AND (held.ends_at IS NULL OR held.ends_at > %s) AND (held.ended_at IS NULL OR held.ended_at > %s)
        THEN held.principal_id END,
      CASE WHEN held.parent_id IS NULL THEN in_doubt ELSE 1 END
    FROM reach
    JOIN roles_resource resource ON resource.group_id = reach.id
    JOIN assignments_assignment held ON held.resource_id = resource.id
)
SELECT CASE WHEN MAX(in_doubt) = 0 THEN COUNT(DISTINCT person.principal_id) END
FROM reach LEFT JOIN accounts_user person ON person.principal_id = reach.id
WHERE reach.id IS NOT NULL
)"""

_IS_ABOVE = _UPWARDS.format(counts=_ACTIVE)
_MAY_BE_ABOVE = _UPWARDS.format(counts=_COMING)
_IS_BELOW = _DOWNWARDS.format(below=_SIDE, sides=_SIDES, counts=_ACTIVE)
_MAY_BE_BELOW = _DOWNWARDS.format(below="held.principal_id", sides="", counts=_COMING)


@dataclass(frozen=True)
class Memberships:
    """Member rows, loaded once, that say which groups some people are in at any instant `since` then on."""

    by_person: Mapping[UUID, Sequence[Assignment]]
    by_group: Mapping[UUID, Sequence[Assignment]]

    def groups_of(self, user_id: UUID, *, now: datetime) -> Groups:
        """The groups one of these people is in."""
        return groups_of(user_id, self._concerning(user_id), now=now)

    def _concerning(self, user_id: UUID) -> list[Assignment]:
        """Their own rows, and those of the groups that lead on from there: few of all there are."""
        found: list[Assignment] = []
        followed: set[UUID | None] = set()
        ahead = self.by_person.get(user_id, ())
        while ahead:
            found += ahead
            groups = {row.resource.group_id for row in ahead} - followed
            followed |= groups
            ahead = [row for group in groups if group for row in self.by_group.get(group, ())]
        return found


def memberships_of(user_ids: Collection[UUID], *, since: datetime) -> Memberships:
    """Through whatever chain these people are in groups. One query; none for nobody."""
    if not user_ids:
        return Memberships({}, {})
    reach = _reach(_IS_ABOVE, user_ids, since)
    return _sorted(_memberships(since).filter(principal_id__in=reach))


def groups_of_user(user_id: UUID, *, now: datetime) -> Groups:
    """The groups this person is in now. One query."""
    return memberships_of({user_id}, since=now).groups_of(user_id, now=now)


def held_within_reach(user_ids: Collection[UUID], *, now: datetime) -> AssignmentQuerySet:
    """What is held now by these people, and by every group that they may be in: more than they hold, until
    `groups_of` has said which groups they are in. None for nobody."""
    if not user_ids:
        return Assignment.objects.none()
    return Assignment.objects.current(now).filter(principal_id__in=_reach(_IS_ABOVE, user_ids, now))


def memberships_among(rows: Iterable[Assignment]) -> Memberships:
    """Those of these rows that say who is in which group."""
    return _sorted(row for row in rows if row.role_id == GROUP_MEMBER and row.kind == Assignment.Kind.ACTIVE)


def members_of(
    group_ids: Collection[UUID], *, now: datetime, among: Q = EVERY_ROW
) -> dict[UUID, dict[UUID, datetime]]:
    """For each group the ids of the people in it now, disabled ones included, each with the instant since
    when. One query, however nested. `among` narrows the Member rows that count, such as to permanent ones."""
    if not group_ids:
        return {}
    reach = _reach(_IS_BELOW, group_ids, now)
    found = _sorted(_memberships(now).filter(among, resource__group_id__in=reach))
    groups = {user_id: found.groups_of(user_id, now=now) for user_id in found.by_person}
    return {id_: {user_id: held[id_] for user_id, held in groups.items() if id_ in held} for id_ in group_ids}


def sizes_of(group_ids: Collection[UUID], *, now: datetime) -> dict[UUID, int]:
    """How many people are in each group, as `members_of` says it: counted by the database. One query, and one
    more where somebody is in one by activation."""
    if not group_ids:
        return {}
    sizes = dict(_sizes(tuple(group_ids), now))
    in_doubt = members_of({id_ for id_, size in sizes.items() if size is None}, now=now)
    return sizes | {id_: len(people) for id_, people in in_doubt.items()}


@prepared
def _sizes(group_ids: tuple[UUID, ...], now: datetime) -> QuerySet[Principal, tuple[UUID, int | None]]:
    instant = connection.ops.adapt_datetimefield_value(now)
    size = RawSQL(_SIZE, [_key(GROUP_MEMBER), instant, instant, instant], IntegerField())  # noqa: S611
    return Principal.objects.filter(id__in=group_ids).annotate(size=size).values_list("id", "size")


def within_reach_of(principal_id: UUID, *, now: datetime) -> frozenset[UUID]:
    """This principal and every group that they are, or may come to be, in. One query."""
    above = Principal.objects.filter(id__in=_reach(_MAY_BE_ABOVE, [principal_id], now))
    return frozenset(above.values_list("id", flat=True))


def people_within(principal_ids: Collection[UUID], *, now: datetime) -> dict[UUID, frozenset[UUID]]:
    """For each of these principals the people who hold, or may come to hold, what it holds: a person for
    themself; for a group those who are, or may come to be, in it, disabled ones included. Two queries."""
    if not principal_ids:
        return {}
    reach = _reach(_MAY_BE_BELOW, principal_ids, now)
    people = frozenset(User.objects.filter(id__in=reach).values_list("id", flat=True))
    rows = Assignment.objects.not_ended(now).filter(role_id=GROUP_MEMBER, resource__group_id__in=reach)
    below = defaultdict(set)
    for group, principal in rows.values_list("resource__group_id", "principal_id"):
        below[group].add(principal)
    return {id_: _below(id_, below) & people for id_ in principal_ids}


def _below(id_: UUID, below: Mapping[UUID, set[UUID]]) -> frozenset[UUID]:
    found, ahead = {id_}, {id_}
    while ahead:
        ahead = {next_ for group in ahead for next_ in below.get(group, ())} - found
        found |= ahead
    return frozenset(found)


def _sorted(rows: Iterable[Assignment]) -> Memberships:
    by_person: dict[UUID, list[Assignment]] = defaultdict(list)
    by_group: dict[UUID, list[Assignment]] = defaultdict(list)
    for row in rows:
        (by_group if row.principal.is_group else by_person)[row.principal_id].append(row)
    return Memberships(by_person, by_group)


def _memberships(since: datetime) -> QuerySet[Assignment]:
    """Those that were not over then; of what has been ended meanwhile too."""
    return (
        Assignment.objects.active()
        .filter(Q(ended_at__isnull=True) | Q(ended_at__gt=since), role_id=GROUP_MEMBER)
        .select_related("principal", "resource", "parent")
    )


def _reach(walk: str, seeds: Collection[UUID], since: datetime) -> RawSQL:
    keys = [_key(id_) for id_ in (*seeds, GROUP_MEMBER)]
    placeholders = ", ".join(["%s"] * len(seeds))
    instant = connection.ops.adapt_datetimefield_value(since)
    return RawSQL(walk.format(seeds=placeholders), [*keys, instant])  # noqa: S611 - parameters only


def _key(id_: UUID) -> object:
    return Principal._meta.pk.get_db_prep_value(id_, connection)
