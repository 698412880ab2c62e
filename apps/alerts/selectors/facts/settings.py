"""Role settings in force where somebody is eligible, who could approve there, and what was changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q

from apps.access_requests.selectors.approvers import Sought, approvers_for_many
from apps.accounts.models import User
from apps.alerts.policy.catalogue import SETTINGS_LOOSENED
from apps.alerts.policy.rules.settings import Changed, Followed, Stranded
from apps.alerts.selectors.facts.holders import AT_ONCE
from apps.alerts.selectors.facts.people import behind_each
from apps.assignments.models import Assignment, AssignmentQuerySet
from apps.common.access import Provider
from apps.roles.models import Resource, RoleDefinition, SettingsChange
from apps.roles.policy.paths import nearest
from apps.roles.policy.plain import from_plain
from apps.roles.policy.rules import RoleRules, default_rules
from apps.roles.selectors import as_rules, directory, rows_near, settings_at_many

Key = tuple[UUID, UUID]  # of a role and a resource
_ENOUGH = 2  # one of them is not the one who asks


def settings_followed(now: datetime) -> Iterator[Followed]:
    """Wherever somebody is eligible; of groups, role-assignable ones. Six queries."""
    plain = Q(resource__provider=Provider.GROUPS, resource__group__is_role_assignable=False)
    rows = _eligible(now).exclude(plain)
    counts = {
        (role, resource): count
        for role, resource, count in rows.values_list("role_id", "resource_id").annotate(Count("id"))
    }
    for role, resource, rules in _in_force(rows, counts):
        count = counts[role.id, resource.id]
        yield Followed(str(role.id), role.name, resource.place, rules, count)


def people_stranded(now: datetime) -> Iterator[Stranded]:
    """Of each role and resource where fewer than two could approve for anybody, those for whom none could. A
    fixed number of queries, however many roles, resources and people there are."""
    rows = _eligible(now)
    keys = rows.values_list("role_id", "resource_id").distinct()
    asked = [each for each in _in_force(rows, keys) if each[2].requires_approval]
    somebody = User()
    found = approvers_for_many([Sought(rules, place, somebody) for _, place, rules in asked], now=now)
    few = [each for each, who in zip(asked, found, strict=True) if len(who.told) < _ENOUGH]
    people = _people(rows, {(role.id, place.id) for role, place, _ in few}, now)
    sought = [
        (key, Sought(rules, place, user))
        for key, rules, place in (((role.id, place.id), rules, place) for role, place, rules in few)
        for user in people[key]
    ]
    without: dict[Key, list[str]] = defaultdict(list)
    verdicts = approvers_for_many([each for _, each in sought], now=now)
    for (key, each), who in zip(sought, verdicts, strict=True):
        if not who:
            without[key].append(each.requester.name)
    for role, place, _ in few:
        names = tuple(sorted(without[role.id, place.id]))
        yield Stranded(str(role.id), role.name, place.place, names)


def changes_lately(now: datetime) -> list[Changed]:
    """As far back as the alert may look at most. Five queries."""
    (highest,) = (each.highest for each in SETTINGS_LOOSENED.thresholds)
    lately = SettingsChange.objects.filter(at__gt=now - timedelta(days=highest), at__lte=now)
    rows = list(lately.select_related("role", "resource").order_by("at", "pk"))
    present = settings_at_many((row.role, row.resource) for row in rows)
    top = directory()
    return [
        Changed(
            id=str(row.id),
            role_id=str(row.role_id),
            role=row.role.name,
            provider=row.role.provider,
            resource_id=str(row.resource_id or ""),
            place=(row.resource or top).place,
            where=f"on {row.resource.name}" if row.resource else "wherever it has none of its own",
            by=row.by_name,
            by_id=row.by_id,
            at=row.at,
            before=from_plain(row.before),
            after=from_plain(row.after),
            present=present[row.role_id, row.resource_id].rules,
        )
        for row in rows
    ]


def _eligible(now: datetime) -> AssignmentQuerySet:
    return Assignment.objects.eligible().not_ended(now)


def _in_force(
    rows: AssignmentQuerySet, keys: Iterable[Key]
) -> Iterator[tuple[RoleDefinition, Resource, RoleRules]]:
    """The rules of each of these roles and resources, of which the rows are. Five queries. Most share theirs:
    each set of rules is there once."""
    roles = {role.id: role for role in RoleDefinition.objects.in_use()}
    places = Resource.objects.filter(Exists(rows.filter(resource_id=OuterRef("pk"))))
    resources = {place.id: place for place in places}
    pairs = [(roles[role], resources[at]) for role, at in keys if role in roles and at in resources]
    near = rows_near(pairs)
    rules = {row.id: as_rules(row) for rows in near.values() for _, row in rows}
    for role, place in pairs:
        row = nearest(place.path, near[role.id])
        yield role, place, rules[row.id] if row else default_rules(role.provider)


def _people(rows: AssignmentQuerySet, keys: Collection[Key], now: datetime) -> Mapping[Key, Collection[User]]:
    """The enabled people who are eligible for each of these. Four queries."""
    held: dict[Key, set[UUID]] = defaultdict(set)
    kinds: dict[UUID, str] = {}
    columns = rows.values_list("role_id", "resource_id", "principal_id", "principal__kind")
    for role, place, principal, kind in columns:
        if (role, place) in keys:
            held[role, place].add(principal)
            kinds[principal] = kind
    within = behind_each(kinds, now)
    ids = set().union(*within.values())
    enabled = User.objects.filter(is_enabled=True).iterator(chunk_size=AT_ONCE)
    users = {user.id: user for user in enabled if user.id in ids}
    return {
        key: [users[id_] for id_ in set().union(*(within[each] for each in principals)) & users.keys()]
        for key, principals in held.items()
    }
