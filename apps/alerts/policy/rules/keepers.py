"""What is found where nobody looks after something: groups and access reviews."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from apps.alerts.policy.rules.saying import resource_id
from apps.alerts.policy.terms import Found, Settings
from apps.audit.vocabulary import Party, Place


@dataclass(frozen=True, slots=True)
class Kept:
    """A group under management, and how many enabled people own it or may activate that."""

    group: Party
    place: Place
    owners: int


@dataclass(frozen=True, slots=True)
class HeldReview:
    """A review that does nothing for now, and one of the resources whose access it reviews."""

    id: str
    name: str
    place: Place
    because: str


def group_without_owner(groups: Iterable[Kept], settings: Settings, now: datetime) -> Iterator[Found]:
    for each in groups:
        if not each.owners:
            text = f"Nobody whose account is enabled owns the group {each.group.name}."
            ids = {"group": each.group.id}
            yield Found(f"group:{each.group.id}", each.place, text, each.group, ids=ids)


def held_reviews(reviews: Iterable[HeldReview], settings: Settings, now: datetime) -> Iterator[Found]:
    for each in reviews:
        yield Found(
            f"review:{each.id}:resource:{resource_id(each.place)}",
            each.place,
            f"The access review {each.name} does nothing on {each.place.name}. {each.because}",
            ids={"review": each.id},
        )
