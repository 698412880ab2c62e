"""What a review would ask of whom if its first round began now. Nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from apps.access_requests.asks import Actor
from apps.accounts.models import User
from apps.assignments.membership import within_reach_of
from apps.assignments.models import Assignment
from apps.common.zones import zone_named
from apps.reviews.policy.calendar import Calendar
from apps.reviews.policy.recommending import Evidence, Recommendation, recommend
from apps.reviews.policy.setting_up import Foreseen, check_terms, silence_removes, warnings_about
from apps.reviews.policy.terms import Scope, Terms
from apps.reviews.selectors.evidence import evidence_for
from apps.reviews.selectors.keeping import right_over
from apps.reviews.selectors.reviewed import held_at, is_meant
from apps.reviews.selectors.reviewers import lines_by_person
from apps.reviews.selectors.seating import FALLBACK, Place, places_for
from apps.reviews.states import NoAnswer
from apps.roles.models import Resource

LINES_READ = 10_000
REVIEWERS_NAMED = 10
_STARTS_SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Preview:
    """Lines as they would be now. `is_partial`: there are more than were looked at, and every number is of
    those. `mine`: what whoever asks holds themself; `silent`: what ends by itself if nobody answers."""

    terms: Terms
    lines: int
    is_partial: bool
    by_scope: Sequence[tuple[Scope, int]]
    reviewers: Sequence[tuple[User, int]]
    unseated: int
    fallback: int
    mine: int
    silent: int
    starts: Sequence[datetime]
    in_words: str

    @property
    def count(self) -> str:
        return f"{self.lines:,}+" if self.is_partial else f"{self.lines:,}"

    @property
    def goes_on(self) -> bool:
        return len(self.starts) > _STARTS_SHOWN

    @property
    def shown_starts(self) -> Sequence[datetime]:
        return self.starts[:_STARTS_SHOWN]

    @property
    def warnings(self) -> list[str]:
        return warnings_about(
            Foreseen(
                who=self.terms.stage(1).who,
                lines=self.lines,
                unseated=self.unseated,
                silent=self.silent,
                mine=self.mine,
            )
        )

    @property
    def shown_reviewers(self) -> Sequence[tuple[User, int]]:
        return self.reviewers[:REVIEWERS_NAMED]

    @property
    def more_reviewers(self) -> int:
        return max(len(self.reviewers) - REVIEWERS_NAMED, 0)


@dataclass
class _Line:
    """An assigned row as the seating of lines sees it."""

    id: UUID
    principal_id: UUID
    resource_id: UUID
    is_of_group: bool


def preview_of(terms: Terms, calendar: Calendar, *, actor: Actor, now: datetime) -> Preview:
    """A fixed number of queries; of more than 10,000 lines only so many are looked at. Raises `NotAllowed` as
    setting it up would, but for the second factor that is asked for then."""
    right_over((scope.resource_id for scope in terms.scopes), actor.access, now=now).require()
    check_terms(terms, calendar).require()
    held = list(held_at(terms, now).select_related("principal", "resource").order_by("pk")[: LINES_READ + 1])
    found = _evidence(terms, held[:LINES_READ], calendar, now)
    rows = [row for row in held[:LINES_READ] if row.id not in found or is_meant(terms, found[row.id])]
    places = places_for(terms.stage(1), [_line(row) for row in rows], now=now)
    reach = within_reach_of(actor.somebody.id, now=now)
    return Preview(
        terms=terms,
        lines=len(rows),
        is_partial=len(held) > LINES_READ,
        by_scope=_by_scope(terms.scopes, rows),
        reviewers=_by_reviewer(rows, places, now),
        unseated=sum(place is None for place in places.values()),
        fallback=sum(place is not None and place.key == FALLBACK for place in places.values()),
        mine=sum(row.principal_id in reach for row in rows),
        silent=_silent(terms, rows, found),
        starts=list(islice(_starts(calendar, now), _STARTS_SHOWN + 1)),
        in_words=calendar.in_words(terms.days),
    )


def _line(row: Assignment) -> _Line:
    return _Line(row.id, row.principal_id, row.resource_id, row.principal.is_group)


def _evidence(
    terms: Terms, rows: Sequence[Assignment], calendar: Calendar, now: datetime
) -> Mapping[UUID, Evidence]:
    """Only where something depends on it."""
    narrowed = terms.inactive_days is not None or terms.unused_days is not None
    if not narrowed and not (silence_removes(terms) and terms.no_answer == NoAnswer.RECOMMENDATION):
        return {}
    zone = zone_named(str(calendar.zone))
    return evidence_for(rows, now=now, look_back_days=terms.look_back_days, zone=zone)


def _by_scope(scopes: Sequence[Scope], rows: Collection[Assignment]) -> list[tuple[Scope, int]]:
    """How many lines each makes; one that lies in two, because one reaches down to it, is counted in both."""
    tops = Resource.objects.in_bulk([scope.resource_id for scope in scopes if scope.includes_below])
    held = Counter((row.role_id, row.resource_id, row.resource.path) for row in rows)

    def lies_in(scope: Scope, resource_id: UUID, path: str) -> bool:
        top = tops.get(scope.resource_id)
        return path.startswith(top.path) if scope.includes_below and top else resource_id == scope.resource_id

    return [
        (
            scope,
            sum(
                count
                for (role_id, resource_id, path), count in held.items()
                if role_id == scope.role_id and lies_in(scope, resource_id, path)
            ),
        )
        for scope in scopes
    ]


def _by_reviewer(
    rows: Sequence[Assignment], places: Mapping[UUID, Place | None], now: datetime
) -> list[tuple[User, int]]:
    """Everybody who would have something to do, whoever has most of it first."""
    counts: dict[Place, Counter[UUID]] = {}
    for row in rows:
        if place := places[row.id]:
            counts.setdefault(place, Counter())[row.principal_id] += 1
    seats = {place: place.sitting for place in counts}
    own = {place for place in counts if place.is_own}
    found = lines_by_person(counts, seats, own, now=now)
    return sorted(found.items(), key=lambda each: -each[1])


def _silent(terms: Terms, rows: Sequence[Assignment], found: Mapping[UUID, Evidence]) -> int:
    if not silence_removes(terms):
        return 0
    if terms.no_answer == NoAnswer.REMOVE:
        return len(rows)
    return sum(recommend(found[row.id]).recommendation == Recommendation.DENY for row in rows)


def _starts(calendar: Calendar, now: datetime) -> Iterator[datetime]:
    """The first rounds to come."""
    start = calendar.next_after(0, now)
    while start is not None:
        number, at = start
        yield max(at, now)
        following = calendar.occurrence(number + 1)
        start = None if following is None else (number + 1, following)
