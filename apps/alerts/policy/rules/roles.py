"""What is found in roles that people have on the same resource."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from apps.alerts.policy.rules.saying import role_ids, role_there
from apps.alerts.policy.terms import Found, Settings
from apps.audit.vocabulary import Place


@dataclass(frozen=True, slots=True)
class RoleFacts:
    """What a role is: what it allows in this portal, who enforces the rest, and what is said about it."""

    id: str
    name: str
    is_built_in: bool
    permissions: frozenset[tuple[str, str]]
    enforced_by: str
    description: str

    @property
    def purpose(self) -> object:
        """Equal for roles that do the same; none where nothing says what it does. What another system
        enforces is known here by its description alone."""
        if self.permissions and not self.enforced_by:
            return self.permissions
        described = " ".join(self.description.casefold().split())
        return (described, self.enforced_by, self.permissions) if described else None


HeldHere = tuple[Place, RoleFacts]  # sorted by place


def twins_among(roles: Iterable[RoleFacts]) -> Mapping[str, RoleFacts]:
    """By id, those of these roles, all of one provider, beside which another one does the same."""
    alike: dict[object, list[RoleFacts]] = defaultdict(list)
    for role in roles:
        if role.purpose is not None:
            alike[role.purpose].append(role)
    return {role.id: role for same in alike.values() if len(same) > 1 for role in same}


def duplicate_roles(held: Iterable[HeldHere], settings: Settings, now: datetime) -> Iterator[Found]:
    """Only custom roles: built-in ones cannot be changed, so whoever made the other one repeated them."""
    for place, here in groupby(held, key=lambda each: each[0]):
        twins = twins_among(role for _, role in here)
        for role in twins.values():
            if not role.is_built_in:
                others = [each for each in twins.values() if each.purpose == role.purpose and each != role]
                same = ", ".join(sorted(each.name for each in others))
                text = f"{role.name} on {place.name} is the same as {same}."
                yield Found(
                    role_there(role.id, place), place, text, role=role.name, ids=role_ids(role.id, place)
                )
