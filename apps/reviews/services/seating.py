"""Which desk a line lies on: that of those who are to look at it, or the fallback where none of them may."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Prefetch

from apps.access_requests.services.seats import add_review_seats
from apps.reviews.models import Desk, Item, Round, Seat
from apps.reviews.selectors.seating import NAMED, People, Place, places_for


def seat(round_: Round, items: Sequence[Item], *, now: datetime) -> None:
    """Put these lines on the desks of the stage that the round is in. A fixed number of queries for each of
    the kinds of reviewers, however many lines. The caller saves the lines."""
    chosen = places_for(round_.terms.stage(round_.stage), items, now=now)
    desks = _desks(round_, {place for place in chosen.values() if place})
    for item in items:
        place = chosen[item.id]
        item.desk = desks[place.key] if place else None
    _give_power(round_, items, chosen)


def _give_power(round_: Round, items: Sequence[Item], chosen: Mapping[UUID, Place | None]) -> None:
    """To managers and owners: they decide as long as the round runs, also once they are that no more. Those
    who are named have it by the terms."""
    seats = {
        (id_, item.role_id, item.resource_id)
        for item in items
        if (place := chosen[item.id]) and not place.is_own and place.key not in NAMED
        for id_ in place.sitting
    }
    add_review_seats(source_id=round_.review_id, name=round_.review.name, seats=seats)


def reseat(round_: Round, items: Sequence[Item], *, now: datetime) -> list[Item]:
    """Those of these lines that lie on another desk from now on, because nobody at theirs may look at them
    any more. The others stay where they are: reviewers are those of the beginning."""
    places = {item.id: _place_of(item.desk) if item.desk else None for item in items}
    people = People.around(items, [place for place in places.values() if place], now)
    left = [item for item in items if not ((place := places[item.id]) and people.may(place, item))]
    before = {item.id: item.desk_id for item in left}
    if left:
        seat(round_, left, now=now)
    return [item for item in left if item.desk_id != before[item.id]]


def with_desks(round_: Round) -> Prefetch[Any]:
    return Prefetch("desk", Desk.objects.filter(round=round_).prefetch_related("seats"))


def _place_of(desk: Desk) -> Place:
    return Place(desk.key, tuple(seat.principal_id for seat in desk.seats.all()), desk.is_own)


def _desks(round_: Round, places: Iterable[Place]) -> dict[str, Desk]:
    """Those of the stage, made where they are not there yet. Whoever sits at one already stays, and those who
    have become owners since join them."""
    by_key = {place.key: place for place in places}
    there = Desk.objects.filter(round=round_, stage=round_.stage, key__in=by_key)
    desks = {desk.key: desk for desk in there}
    new = [
        Desk(round=round_, stage=round_.stage, key=key, is_own=place.is_own)
        for key, place in by_key.items()
        if key not in desks
    ]
    Desk.objects.bulk_create(new)
    desks |= {desk.key: desk for desk in new}
    seats = (Seat(desk=desks[key], principal_id=id_) for key in by_key for id_ in by_key[key].sitting)
    Seat.objects.bulk_create(seats, ignore_conflicts=True)
    return desks
