"""Which desk a line lies on: that of those who are to look at it, or the fallback where none of them may."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Prefetch

from apps.accounts.models import User
from apps.assignments.membership import people_within
from apps.assignments.models import Assignment
from apps.reviews.models import Desk, Item, Round, Seat
from apps.reviews.policy.terms import StageTerms
from apps.reviews.states import Who
from apps.roles.built_in import GROUP_OWNER, RESOURCE_OWNER
from apps.roles.models import Resource

SELECTED, FALLBACK = "selected", "fallback"


@dataclass(frozen=True)
class Place:
    """A desk as it should be: its key, and who sits there."""

    key: str
    sitting: tuple[UUID, ...]
    is_own: bool = False


def seat(round_: Round, items: Sequence[Item], *, now: datetime) -> None:
    """Put these lines on the desks of the stage that the round is in. A fixed number of queries for each of
    the kinds of reviewers, however many lines. The caller saves the lines."""
    stage = round_.terms.stage(round_.stage)
    fallback = Place(FALLBACK, tuple(each.id for each in stage.fallback))
    wanted = _wanted(stage, items, now)
    people = _People.around(items, [*wanted.values(), fallback], now)
    chosen = {
        item.id: next((place for place in (wanted[item.id], fallback) if people.may(place, item)), None)
        for item in items
    }
    desks = _desks(round_, {place for place in chosen.values() if place})
    for item in items:
        place = chosen[item.id]
        item.desk = desks[place.key] if place else None


def reseat(round_: Round, items: Sequence[Item], *, now: datetime) -> list[Item]:
    """Those of these lines that lie on another desk from now on, because nobody at theirs may look at them
    any more. The others stay where they are: reviewers are those of the beginning."""
    places = {item.id: _place_of(item.desk) if item.desk else None for item in items}
    people = _People.around(items, [place for place in places.values() if place], now)
    left = [item for item in items if not ((place := places[item.id]) and people.may(place, item))]
    before = {item.id: item.desk_id for item in left}
    if left:
        seat(round_, left, now=now)
    return [item for item in left if item.desk_id != before[item.id]]


def with_desks(round_: Round) -> Prefetch[Any]:
    return Prefetch("desk", Desk.objects.filter(round=round_).prefetch_related("seats"))


def _place_of(desk: Desk) -> Place:
    return Place(desk.key, tuple(seat.principal_id for seat in desk.seats.all()), desk.is_own)


# ---- Who is to look ----------------------------------------------------------------------------------------


def _wanted(stage: StageTerms, items: Sequence[Item], now: datetime) -> Mapping[UUID, Place]:
    if stage.who == Who.SELECTED:
        place = Place(SELECTED, tuple(each.id for each in stage.reviewers))
        return {item.id: place for item in items}
    if stage.who == Who.HOLDERS:
        return {item.id: _own(item) for item in items}
    groups = {item.principal_id for item in items if item.is_of_group}
    if stage.who == Who.MANAGERS:
        owners = _owners_of_groups(groups, now)
        managers = _managers({item.principal_id for item in items} - groups)
        return {item.id: _above(item, managers, owners) for item in items}
    keepers = _owners_on({item.resource_id for item in items}, now)
    return {item.id: _owners(item.resource_id, keepers[item.resource_id]) for item in items}


def _own(item: Item) -> Place:
    """A person answers for themself; for what a group holds the fallback does."""
    sitting = () if item.is_of_group else (item.principal_id,)
    return Place(f"holder:{item.principal_id}", sitting, is_own=True)


def _above(item: Item, managers: Mapping[UUID, UUID], owners: Mapping[UUID, Sequence[UUID]]) -> Place:
    """The manager of a person; the owners of a group."""
    if item.is_of_group:
        return _owners(item.principal_id, owners[item.principal_id])
    manager = managers.get(item.principal_id)
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
class _People:
    """The enabled people who are or may come to be behind each principal, and the holders of each."""

    within: Mapping[UUID, frozenset[UUID]]
    enabled: frozenset[UUID]

    @classmethod
    def around(cls, items: Sequence[Item], places: Iterable[Place], now: datetime) -> _People:
        sitting = {id_ for place in places for id_ in place.sitting}
        within = people_within(sitting | {item.principal_id for item in items}, now=now)
        people = frozenset[UUID]().union(*within.values())
        enabled = User.objects.filter(pk__in=people, is_enabled=True).values_list("pk", flat=True)
        return cls(within, frozenset(enabled))

    def may(self, place: Place, item: Item) -> bool:
        """Whether somebody there can look at this line: enabled, and not by what they hold themself."""
        sitting = frozenset[UUID]().union(*(self.within[id_] for id_ in place.sitting)) & self.enabled
        return bool(sitting if place.is_own else sitting - self.within[item.principal_id])


def _desks(round_: Round, places: Iterable[Place]) -> dict[str, Desk]:
    """Those of the stage, made where they are not there yet. One that is there keeps its seats."""
    by_key = {place.key: place for place in places}
    there = Desk.objects.filter(round=round_, stage=round_.stage, key__in=by_key)
    desks = {desk.key: desk for desk in there}
    new = [
        Desk(round=round_, stage=round_.stage, key=key, is_own=place.is_own)
        for key, place in by_key.items()
        if key not in desks
    ]
    Desk.objects.bulk_create(new)
    Seat.objects.bulk_create(
        Seat(desk=desk, principal_id=id_) for desk in new for id_ in dict.fromkeys(by_key[desk.key].sitting)
    )
    return desks | {desk.key: desk for desk in new}
