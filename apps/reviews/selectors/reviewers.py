"""The reviewers of a round: who has something in front of them, and how far they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Count

from apps.accounts.models import Principal, User
from apps.assignments.membership import members_of, people_within
from apps.reviews.models import Round, Seat

Key = TypeVar("Key", bound=Hashable)  # what tells desks apart


def reviewers_to_tell(round_: Round, *, now: datetime) -> Mapping[User, int]:
    """The enabled people with something undecided in front of them, by name, each with how many lines. In a
    group of reviewers that is whoever is in it now, or, where nobody is, whoever may activate membership; of
    what somebody holds themself nothing is theirs."""
    counts = _undecided_by_desk_and_holder(round_)
    seats: dict[UUID, set[UUID]] = defaultdict(set)
    for desk, principal in Seat.objects.filter(**_here(round_)).values_list("desk", "principal"):
        seats[desk].add(principal)
    own = set(Seat.objects.filter(**_here(round_), desk__is_own=True).values_list("desk", flat=True))
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
    groups = set(Principal.objects.filter(kind=Principal.Kind.GROUP).values_list("pk", flat=True))
    members = _behind({id_ for desk in counts for id_ in seats[desk]} & groups, now)
    holders = {holder for desk in counts if desk not in own for holder in counts[desk]}
    within = people_within(holders & groups, now=now)
    lines: dict[UUID, int] = defaultdict(int)
    for desk, by_holder in counts.items():
        total = sum(by_holder.values())
        for user in {user for seat in seats[desk] for user in members.get(seat, (seat,))}:
            lines[user] += total if desk in own else total - _held_by(user, by_holder, within)
    users = User.objects.in_bulk([id_ for id_, count in lines.items() if count]).values()
    told = sorted((user for user in users if user.is_enabled), key=lambda user: (user.name, user.id))
    return {user: lines[user.id] for user in told}


def _behind(groups: Collection[UUID], now: datetime) -> Mapping[UUID, Collection[UUID]]:
    """Whoever is in each group now; of one that nobody is in, whoever may come to be: they activate, then
    review."""
    members: dict[UUID, Collection[UUID]] = {**members_of(groups, now=now)}
    empty = [id_ for id_, people in members.items() if not people]
    return members | people_within(empty, now=now)


def _held_by(user: UUID, lines: Mapping[UUID, int], within: Mapping[UUID, Collection[UUID]]) -> int:
    """How many of these lines are their own, also as somebody who is or may come to be in a group."""
    return lines.get(user, 0) + sum(lines.get(group, 0) for group, people in within.items() if user in people)


def _undecided_by_desk_and_holder(round_: Round) -> Mapping[UUID, Mapping[UUID, int]]:
    left = round_.items.not_answered().filter(stage=round_.stage, desk__isnull=False)
    found: dict[UUID, dict[UUID, int]] = defaultdict(dict)
    rows = left.order_by().values_list("desk", "principal").annotate(Count("pk"))
    for desk, holder, count in rows:
        found[desk][holder] = count
    return found


def _here(round_: Round) -> dict[str, Any]:
    """The seats of the stage that the round is in."""
    return {"desk__round": round_, "desk__stage": round_.stage}
