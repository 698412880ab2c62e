"""Whose desk a line belongs on: of those who are to look at it, or the fallback where none of them may."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from apps.accounts.models import User
from apps.assignments.membership import people_within
from apps.assignments.models import Assignment
from apps.reviews.policy.terms import StageTerms
from apps.reviews.states import Who
from apps.roles.built_in import GROUP_OWNER, RESOURCE_OWNER
from apps.roles.models import Resource

NAMED = SELECTED, FALLBACK = "selected", "fallback"


class Line(Protocol):
    """What is asked of a line, whether it is written already or only foreseen."""

    id: UUID
    principal_id: UUID
    resource_id: UUID

    @property
    def is_of_group(self) -> bool: ...


@dataclass(frozen=True)
class Place:
    """A desk as it should be: its key, and who sits there."""

    key: str
    sitting: tuple[UUID, ...]
    is_own: bool = False


def places_for(stage: StageTerms, lines: Sequence[Line], *, now: datetime) -> dict[UUID, Place | None]:
    """Where each line belongs in this stage, by its id; `None` where nobody may look at it. A fixed number of
    queries for each of the kinds of reviewers, however many lines."""
    fallback = Place(FALLBACK, tuple(each.id for each in stage.fallback))
    wanted = _wanted(stage, lines, now)
    people = People.around(lines, [*wanted.values(), fallback], now)
    return {
        line.id: next((place for place in (wanted[line.id], fallback) if people.may(place, line)), None)
        for line in lines
    }


# ---- Who is to look ----------------------------------------------------------------------------------------


def _wanted(stage: StageTerms, lines: Sequence[Line], now: datetime) -> Mapping[UUID, Place]:
    if stage.who == Who.SELECTED:
        place = Place(SELECTED, tuple(each.id for each in stage.reviewers))
        return {line.id: place for line in lines}
    if stage.who == Who.HOLDERS:
        return {line.id: _own(line) for line in lines}
    groups = {line.principal_id for line in lines if line.is_of_group}
    if stage.who == Who.MANAGERS:
        owners = _owners_of_groups(groups, now)
        managers = _managers({line.principal_id for line in lines} - groups)
        return {line.id: _above(line, managers, owners) for line in lines}
    keepers = _owners_on({line.resource_id for line in lines}, now)
    return {line.id: _owners(line.resource_id, keepers[line.resource_id]) for line in lines}


def _own(line: Line) -> Place:
    """A person answers for themself; for what a group holds the fallback does."""
    sitting = () if line.is_of_group else (line.principal_id,)
    return Place(f"holder:{line.principal_id}", sitting, is_own=True)


def _above(line: Line, managers: Mapping[UUID, UUID], owners: Mapping[UUID, Sequence[UUID]]) -> Place:
    """The manager of a person; the owners of a group."""
    if line.is_of_group:
        return _owners(line.principal_id, owners[line.principal_id])
    manager = managers.get(line.principal_id)
    return Place(f"manager:{manager}", (manager,) if manager else ())


def _owners(of: UUID, sitting: Iterable[UUID]) -> Place:
    return Place(f"owners:{of}", tuple(sitting))


def _managers(holder_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    people = User.objects.filter(pk__in=list(holder_ids), manager__isnull=False)
    return dict(people.values_list("pk", "manager_id"))


def _owners_of_groups(group_ids: Iterable[UUID], now: datetime) -> Mapping[UUID, list[UUID]]:
    owning = Assignment.objects.active().current(now).filter(role=GROUP_OWNER)
    found: dict[UUID, list[UUID]] = defaultdict(list)
    rows = owning.filter(resource__group__in=list(group_ids)).order_by("principal__name", "id")
    for group, principal in rows.values_list("resource__group_id", "principal_id"):
        found[group].append(principal)
    return found


def _owners_on(resource_ids: Iterable[UUID], now: datetime) -> Mapping[UUID, list[UUID]]:
    """Whoever is active as Owner of each resource; where nobody is, of the nearest one above. The directory
    has administrators, and no owners."""
    resources = Resource.objects.in_bulk(list(resource_ids))
    places = {id_ for row in resources.values() for id_ in row.ancestor_ids}
    owning = (
        Assignment.objects.active()
        .current(now)
        .filter(role__in=(GROUP_OWNER, RESOURCE_OWNER), resource__in=places)
    )
    by_place: dict[UUID, list[UUID]] = defaultdict(list)
    for place, principal in owning.order_by("principal__name", "id").values_list(
        "resource_id", "principal_id"
    ):
        by_place[place].append(principal)
    return {
        id_: next((by_place[at] for at in reversed(row.ancestor_ids) if at in by_place), [])
        for id_, row in resources.items()
    }


# ---- Whether anybody there may -----------------------------------------------------------------------------


@dataclass(frozen=True)
class People:
    """The enabled people who are or may come to be behind each principal, and the holders of each."""

    within: Mapping[UUID, frozenset[UUID]]
    enabled: frozenset[UUID]

    @classmethod
    def around(cls, lines: Sequence[Line], places: Iterable[Place], now: datetime) -> People:
        sitting = {id_ for place in places for id_ in place.sitting}
        within = people_within(sitting | {line.principal_id for line in lines}, now=now)
        people = frozenset[UUID]().union(*within.values())
        enabled = User.objects.filter(pk__in=people, is_enabled=True).values_list("pk", flat=True)
        return cls(within, frozenset(enabled))

    def may(self, place: Place, line: Line) -> bool:
        """Whether somebody there can look at this line: enabled, and not by what they hold themself."""
        sitting = frozenset[UUID]().union(*(self.within[id_] for id_ in place.sitting)) & self.enabled
        return bool(sitting if place.is_own else sitting - self.within[line.principal_id])
