"""The rules that somebody's activations follow: those of the role, and for a day after they changed them
themself the stricter of old and new. So nobody loosens settings and profits from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from apps.access_requests.selectors.lately import places_before, places_left
from apps.common.prepared import prepared
from apps.roles.models import Resource, RoleDefinition, SettingsChange
from apps.roles.policy.plain import from_plain
from apps.roles.policy.rules import RoleRules
from apps.roles.policy.strictness import is_loosened, stricter_of_all
from apps.roles.selectors import rules_for_many

STRICTER_FOR = timedelta(hours=24)

Place = tuple[RoleDefinition, Resource]
RulesFor = Callable[[Iterable[Place]], Mapping[tuple[UUID, UUID], RoleRules]]
Asked = tuple[UUID, RoleDefinition, Resource]  # by whom, and of which eligible assignment
Key = tuple[UUID, UUID, UUID]


def terms_of(user_id: UUID, role: RoleDefinition, resource: Resource, *, now: datetime) -> RoleRules:
    """What this person's activation follows, of a role they are eligible for on this resource."""
    return terms_of_many([(user_id, role, resource)], now=now)[user_id, role.id, resource.id]


def terms_of_many(
    asked: Iterable[Asked], *, rules_for: RulesFor = rules_for_many, now: datetime
) -> dict[Key, RoleRules]:
    """`terms_of` each, by the ids of person, role and resource. At most five queries, however many; three
    where a list knows enough with `demands_of_many`."""
    wanted = {(user_id, role.id, resource.id): (role, resource) for user_id, role, resource in asked}
    rules = rules_for(wanted.values())
    own = _own_changes({key[0] for key in wanted}, {key[1] for key in wanted}, now)
    return {
        key: stricter_of_all(rules[role.id, resource.id], _before(own.reaching(key[0], role, resource)))
        for key, (role, resource) in wanted.items()
    }


@dataclass(frozen=True)
class Loosened:
    """That somebody loosened the settings of a role, last `at` this instant."""

    role: RoleDefinition
    at: datetime

    @property
    def until(self) -> datetime:
        """As long as the stricter of old and new hold for them."""
        return self.at + STRICTER_FOR


def loosened_by(user_id: UUID, picks: Iterable[Place], *, now: datetime) -> list[Loosened]:
    """Why `terms_of` each of these asks this person for more than others. One query, where they changed
    nothing."""
    wanted = {(role.id, resource.id): (role, resource) for role, resource in picks}
    own = _own_changes({user_id}, {role_id for role_id, _ in wanted}, now)
    if not own.changes:
        return []
    rules = rules_for_many(wanted.values())
    found = {
        role: change.at
        for key, (role, resource) in wanted.items()
        for change in reversed(own.reaching(user_id, role, resource))
        if is_loosened(from_plain(change.before), rules[key])
    }
    return [Loosened(role, at) for role, at in found.items()]


@dataclass(frozen=True)
class _Own:
    """What people changed in the last day, by person and role, and from where they moved resources away."""

    changes: Mapping[tuple[UUID, UUID], list[SettingsChange]]
    left: Mapping[UUID, list[str]]

    def reaching(self, user_id: UUID, role: RoleDefinition, resource: Resource) -> list[SettingsChange]:
        """The changes that reach this resource, or did before whoever made them moved it away."""
        changes = self.changes.get((user_id, role.id))
        if not changes:
            return []
        places = [resource, *places_before(resource, self.left.get(user_id, ()))]
        near = {None, *(id_ for place in places for id_ in place.ancestor_ids)}
        return [each for each in changes if each.resource_id in near]


def _own_changes(user_ids: Collection[UUID], role_ids: Collection[UUID], now: datetime) -> _Own:
    """What these people changed of these roles. One query, and one more where that is anything."""
    if not user_ids:
        return _Own({}, {})
    found: dict[tuple[UUID, UUID], list[SettingsChange]] = defaultdict(list)
    for row in _changed(tuple(map(str, user_ids)), tuple(role_ids), now - STRICTER_FOR, now):
        found[UUID(row.by_id), row.role_id].append(row)
    return _Own(found, places_left(user_ids, since=now - STRICTER_FOR) if found else {})


@prepared
def _changed(
    by_ids: tuple[str, ...], role_ids: tuple[UUID, ...], since: datetime, now: datetime
) -> QuerySet[SettingsChange]:
    changes = SettingsChange.objects.filter(by_id__in=by_ids, role__in=role_ids, at__gt=since, at__lte=now)
    return changes.order_by("-at", "id")


def _before(changes: Iterable[SettingsChange]) -> list[RoleRules]:
    return [from_plain(change.before) for change in changes]
