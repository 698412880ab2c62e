"""Who and what has power, and who may therefore change it: an account or a group is a way to what it reaches.

With power is a person who holds, may activate, approves or reviews any role, mere membership of a group
without power aside, or who keeps a group with power; and a group that is role-assignable, or itself holds,
may activate, approves or reviews.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from apps.common.access import DIRECTORY_PATH, Access, Permission, Provider
from apps.common.decision import ALLOWED, Decision, denied


@dataclass(frozen=True, order=True)
class Source:
    """One thing that gives power: where, and in words. An empty path means everywhere in the provider."""

    provider: Provider
    path: str
    says: str
    is_global_administrator: bool = False


@dataclass(frozen=True)
class Power:
    """What a principal holds, may come to hold, or decides on, through groups of any depth as well. False
    when that is nothing."""

    sources: frozenset[Source] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.sources)

    @property
    def reaches_global_administrator(self) -> bool:
        return any(source.is_global_administrator for source in self.sources)

    @property
    def reaches_directory(self) -> bool:
        return any(source.provider == Provider.DIRECTORY for source in self.sources)

    @property
    def scopes(self) -> frozenset[tuple[Provider, str]]:
        """Where it reaches, as (provider, path)."""
        return frozenset((source.provider, source.path) for source in self.sources)

    def seen_by(self, access: Access) -> list[str]:
        """Why, in words, as far as this reader sees who holds roles there."""
        return sorted(
            source.says
            for source in self.sources
            if access.may(Permission.ASSIGNMENTS_READ, source.provider, source.path)
        )


NO_POWER = Power()


def spread(
    seeds: Iterable[UUID],
    own: Mapping[UUID, Collection[Source]],
    ways: Mapping[UUID, Collection[UUID]],
) -> dict[UUID, Power]:
    """The power of each seed: its own, and that of whatever it leads to. `ways` go from a principal to the
    groups that it is or may come to be in, keeps, admits people to or reviews; rings do no harm."""
    return {
        seed: Power(frozenset(source for id_ in _reached(seed, ways) for source in own.get(id_, ())))
        for seed in seeds
    }


def _reached(seed: UUID, ways: Mapping[UUID, Collection[UUID]]) -> set[UUID]:
    reached, ahead = {seed}, {seed}
    while ahead:
        ahead = {to for at in ahead for to in ways.get(at, ())} - reached
        reached |= ahead
    return reached


def can_change_person(access: Access, power: Power, *, person_id: UUID) -> Decision:
    """May this person's password, factor, e-mail, manager and enabled state be changed, or their sessions be
    taken? Nobody does it to themself; a scope's keeper never touches a person."""
    if access.user_id == person_id:
        return denied("AdminRequestRule", "Somebody else does this for you.")
    if access.may(needed_for(power), Provider.DIRECTORY, DIRECTORY_PATH):
        return ALLOWED
    return denied("AdminRequestRule", _REFUSALS[needed_for(power)])


def can_change_group(access: Access, power: Power, *, path: str) -> Decision:
    """May members, owners, eligible assignments, settings and approvers of a group be changed? `path` is that
    of its resource. Without power its owner may; with power over resources only, an owner who keeps every
    scope that it reaches. Keeping them alone is not enough: one would only have to give a role there to
    somebody else's group to take it over."""
    needed = needed_for(power)
    if access.may(needed, Provider.GROUPS, path):
        return ALLOWED
    is_theirs = any(access.may(right, Provider.GROUPS, path) for right in _WITHOUT_POWER)
    if is_theirs and not power.reaches_directory and _keeps_all(access, power):
        return ALLOWED
    return denied("AdminRequestRule", _REFUSALS[needed])


def can_create_role_assignable(access: Access) -> Decision:
    """May a group be created to which directory roles can be given? That is fixed at its creation."""
    if access.may(Permission.PRIVILEGED_PEOPLE_MANAGE, Provider.GROUPS, ""):
        return ALLOWED
    return denied("AdminRequestRule", _REFUSALS[Permission.PRIVILEGED_PEOPLE_MANAGE], "is_role_assignable")


def needed_for(power: Power) -> Permission:
    """The permission with which somebody or something of this power may be changed."""
    if power.reaches_global_administrator:
        return Permission.GLOBAL_ADMINISTRATORS_MANAGE
    return Permission.PRIVILEGED_PEOPLE_MANAGE if power else Permission.PEOPLE_MANAGE


# Either of these changes a group that has no power.
_WITHOUT_POWER = (Permission.ASSIGNMENTS_MANAGE, Permission.PEOPLE_MANAGE)
_REFUSALS = {
    Permission.PEOPLE_MANAGE: "Your active roles do not manage this. User Administrator does.",
    Permission.PRIVILEGED_PEOPLE_MANAGE: (
        "This has power. Only a Privileged Role Administrator or a Global Administrator changes it."
    ),
    Permission.GLOBAL_ADMINISTRATORS_MANAGE: (
        "This leads to Global Administrator. Only a Global Administrator changes it."
    ),
}


def _keeps_all(access: Access, power: Power) -> bool:
    return all(access.may(Permission.ASSIGNMENTS_MANAGE, *scope) for scope in power.scopes)
