"""The reviewers of a round: who has something in front of them, and how far they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db.models import Count

from apps.accounts.models import User
from apps.assignments.membership import members_of, people_within
from apps.reviews.models import Desk, Round

Key = TypeVar("Key", bound=Hashable)  # what tells desks apart


def reviewers_to_tell(round_: Round, *, now: datetime) -> Mapping[User, int]:
    """The enabled people with something undecided in front of them, by name, each with how many lines. In a
    group of reviewers that is whoever is in it now; of what somebody holds themself nothing is theirs."""
    counts = _undecided_by_desk_and_holder(round_)
    seats: dict[UUID, set[UUID]] = defaultdict(set)
    own = set(Desk.objects.filter(pk__in=counts, is_own=True).values_list("pk", flat=True))
    for desk, principal in _seats_at(counts):
        seats[desk].add(principal)
    return lines_by_person(counts, seats, own, now=now)


def lines_by_person(
    counts: Mapping[Key, Mapping[UUID, int]],
    seats: Mapping[Key, Collection[UUID]],
    own: Collection[Key],
    *,
    now: datetime,
) -> Mapping[User, int]:
    """The enabled people in these seats, by name, each with how many lines they look at. `counts` has those
    of each desk by holder, `own` the desks at which holders look at what is theirs."""
    people = _people_behind({id_ for desk in counts for id_ in seats[desk]}, now)
    holders = people_within({holder for each in counts.values() for holder in each}, now=now)
    lines: dict[UUID, int] = defaultdict(int)
    for desk, by_holder in counts.items():
        sitting = {user for seat in seats[desk] for user in people.get(seat, ())}
        for holder, count in by_holder.items():
            for user in sitting if desk in own else sitting - holders[holder]:
                lines[user] += count
    users = User.objects.filter(pk__in=lines, is_enabled=True).order_by("name", "id")
    return {user: lines[user.id] for user in users}


def _undecided_by_desk_and_holder(round_: Round) -> Mapping[UUID, Mapping[UUID, int]]:
    left = round_.items.not_answered().filter(stage=round_.stage, desk__isnull=False)
    found: dict[UUID, dict[UUID, int]] = defaultdict(dict)
    rows = left.order_by().values_list("desk", "principal").annotate(Count("pk"))
    for desk, holder, count in rows:
        found[desk][holder] = count
    return found


def _seats_at(desks: Mapping[UUID, object]) -> list[tuple[UUID, UUID]]:
    return list(
        Desk.objects.filter(pk__in=list(desks), seats__isnull=False).values_list("pk", "seats__principal")
    )


def _people_behind(principals: set[UUID], now: datetime) -> Mapping[UUID, set[UUID]]:
    """Whoever sits there: a person themself, of a group those who are in it now."""
    users = set(User.objects.filter(pk__in=principals).values_list("pk", flat=True))
    members = members_of(principals - users, now=now)
    return {id_: {id_} for id_ in users} | {id_: set(people) for id_, people in members.items()}
