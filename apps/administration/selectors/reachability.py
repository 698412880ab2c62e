"""Could somebody approve, whoever asks? Saving settings proves it, for all who are eligible under them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.access_requests.selectors.approvers import Approvers, Sought, approvers_for_many
from apps.accounts.models import User
from apps.assignments.membership import members_of
from apps.assignments.models import Assignment
from apps.common.access import DIRECTORY_PATH, Provider
from apps.roles.models import Resource, RoleDefinition
from apps.roles.policy.rules import RoleRules, SeatKind

Key = tuple[UUID, UUID | None]


@dataclass(frozen=True)
class Governed:
    """A place with the rules it is to have; `own_paths` are the resources on which this role has rules of
    their own, which these do not reach."""

    role: RoleDefinition
    resource: Resource | None
    rules: RoleRules
    own_paths: Collection[str]

    @property
    def key(self) -> Key:
        return self.role.id, self.resource.id if self.resource else None

    @property
    def place(self) -> Resource:
        """Where whoever asks stands, as far as it is known."""
        if self.resource is not None:
            return self.resource
        path = DIRECTORY_PATH if self.role.provider == Provider.DIRECTORY else ""
        return Resource(provider=self.role.provider, path=path)

    @property
    def depends_on_who_asks(self) -> bool:
        """The requester's manager, and the owners of where they ask, are not the same for all."""
        kinds = {seat.kind for seat in self.rules.approvers}
        return bool(kinds & {SeatKind.MANAGER, SeatKind.RESOURCE_OWNERS})

    def reaches(self, path: str) -> bool:
        """Whether these rules govern an assignment on the resource with this path."""
        if self.resource is not None and not path.startswith(self.resource.path):
            return False
        depth = len(self.resource.path) if self.resource else 0
        return not any(len(own) > depth and path.startswith(own) for own in self.own_paths)


@dataclass(frozen=True)
class Proof:
    """Who can approve for anybody, and whether there is somebody else for everybody who is eligible."""

    approvers: Approvers
    holds: bool


def prove_approvers(places: Sequence[Governed], *, now: datetime) -> dict[Key, Proof]:
    """The proof of each. The number of queries does not depend on how many they are."""
    asked = [place for place in places if place.rules.requires_approval]
    anybody = _anybody(asked, now)
    doubtful = [place for place in asked if _is_doubtful(place, anybody[place.key])]
    without = _without_approver(doubtful, now)
    return {
        place.key: Proof(found := anybody.get(place.key, Approvers()), _holds(place, found, without))
        for place in places
    }


def _anybody(places: Sequence[Governed], now: datetime) -> dict[Key, Approvers]:
    """Who decides on a request of nobody in particular."""
    somebody = User()
    found = approvers_for_many([Sought(place.rules, place.place, somebody) for place in places], now=now)
    return {place.key: approvers for place, approvers in zip(places, found, strict=True)}


def _is_doubtful(place: Governed, approvers: Approvers) -> bool:
    """Two are enough for everybody. One may be the one who asks; of others we do not know until they do."""
    return len(approvers.told) == 1 or (not approvers and place.depends_on_who_asks)


def _holds(place: Governed, approvers: Approvers, without: Collection[Key]) -> bool:
    if not place.rules.requires_approval:
        return True
    return (bool(approvers) or place.depends_on_who_asks) and place.key not in without


def _without_approver(places: Sequence[Governed], now: datetime) -> set[Key]:
    """Those places where somebody is eligible for whom nobody could decide."""
    eligible = _eligible_people(places, now)
    sought = [
        (place.key, Sought(place.rules, resource, user))
        for place in places
        for resource, user in eligible[place.key]
    ]
    found = approvers_for_many([asked for _, asked in sought], now=now)
    return {key for (key, _), approvers in zip(sought, found, strict=True) if not approvers}


def _eligible_people(
    places: Sequence[Governed], now: datetime
) -> Mapping[Key, Iterable[tuple[Resource, User]]]:
    """Everybody who may activate under these rules, now or later, with the resource they are eligible on."""
    found: dict[Key, set[tuple[Resource, User]]] = defaultdict(set)
    if not places:
        return found
    rows = list(
        Assignment.objects.eligible()
        .not_ended(now)
        .filter(role__in={place.role.id for place in places})
        .select_related("resource", "principal")
    )
    members = members_of({row.principal_id for row in rows if row.principal.is_group}, now=now)
    ids = {row.principal_id for row in rows} | {id_ for people in members.values() for id_ in people}
    users = User.objects.in_bulk(list(ids))
    for place in places:
        for row in rows:
            if row.role_id == place.role.id and place.reaches(row.resource.path):
                people = members.get(row.principal_id, {row.principal_id: now})
                found[place.key] |= {(row.resource, users[id_]) for id_ in people if id_ in users}
    return found
