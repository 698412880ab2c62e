"""Reviews for tests, made and run through the real commands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from apps.access_requests.asks import Actor
from apps.accounts.models import Principal, User
from apps.accounts.policy import SecondFactor
from apps.assignments.models import Assignment
from apps.reviews.models import Decision, Item, Review, Round
from apps.reviews.policy.calendar import Calendar, Frequency
from apps.reviews.policy.terms import Named, Scope, StageTerms, Terms
from apps.reviews.services.answering import Said, answer_lines
from apps.reviews.services.running import run_reviews
from apps.reviews.services.setting_up import create_review
from apps.reviews.states import Answer, Who
from tests.factories import acting

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
CLOSED = NOW + timedelta(days=14)  # the end of a round of usual length that began then
END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)


def named(*principals: Principal) -> tuple[Named, ...]:
    return tuple(Named(row.id, row.name) for row in principals)


def scope_of(row: Assignment, *, below: bool = False) -> Scope:
    return Scope(row.role_id, row.resource_id, below, row.role.name, row.resource.name)


def stage_of(
    *reviewers: Principal, who: Who = Who.SELECTED, days: int = 14, fallback: Sequence[Principal] = ()
) -> StageTerms:
    return StageTerms(days, who, named(*reviewers), named(*fallback))


def terms_for(*rows: Assignment, reviewers: Sequence[Principal] = (), **terms: Any) -> Terms:
    """A review of the roles and places of these rows, by these people, unless `stages` says otherwise."""
    scopes = tuple(dict.fromkeys(scope_of(row) for row in rows))
    terms = {"name": "Privileged roles", "reason_required": False} | terms
    return Terms(**{"scopes": scopes, "stages": (stage_of(*reviewers),)} | terms)


def calendar_from(now: datetime, frequency: Frequency = Frequency.ONCE, **facts: Any) -> Calendar:
    return Calendar(**{"frequency": frequency, "starts_at": now, "zone": UTC} | facts)


def make_review(owner: User, terms: Terms, *, now: datetime, calendar: Calendar | None = None) -> Review:
    actor = acting(owner, now=now)
    return create_review(terms=terms, calendar=calendar or calendar_from(now), actor=actor, now=now)


def run(*, now: datetime) -> int:
    """What the worker does at this instant, until there is nothing left to do."""
    return run_reviews(clock=lambda: now, until=END_OF_TIME)


def start_review(owner: User, terms: Terms, *, now: datetime, **facts: Any) -> Round:
    """One whose first round is open."""
    review = make_review(owner, terms, now=now, **facts)
    run(now=now)
    return review.rounds.get(number=1)


def line_of(round_: Round, row: Assignment) -> Item:
    return round_.items.get(assignment=row)


def say(
    item: Item, answer: Answer, *, by: User, now: datetime, reason: str = "Needed.", seen: int | None = None
) -> Item:
    """What somebody answers who has just looked at the line, unless `seen` says what they saw."""
    if seen is None:
        seen = next(
            iter(Decision.objects.filter(item=item, stage=item.stage).values_list("version", flat=True)), 0
        )
    [answered] = answer_lines([Said(item.id, answer, reason, seen)], actor=reviewing(by, now=now), now=now)
    return answered


def reviewing(user: User, *, now: datetime) -> Actor:
    return Actor.person(user, second_factor=SecondFactor(now))
