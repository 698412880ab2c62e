"""Setting a review up, and changing what the rounds to come go by."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.access_requests.asks import Actor
from apps.access_requests.services.seats import Seat, set_review_seats
from apps.accounts.models import Principal
from apps.audit.vocabulary import AuditAction
from apps.common.decision import Decision
from apps.common.errors import Conflict, Invalid
from apps.reviews.models import Item, Review, Reviewer, ReviewScope, Round, Stage
from apps.reviews.policy.calendar import Calendar
from apps.reviews.policy.keeping import ReviewFacts, can_change
from apps.reviews.policy.setting_up import check_terms
from apps.reviews.policy.terms import Terms
from apps.reviews.selectors.keeping import facts_of, right_over
from apps.reviews.selectors.seating import NAMED
from apps.reviews.selectors.terms import PLAIN, calendar_of, terms_of
from apps.reviews.services.recording import in_events, record, record_change
from apps.reviews.states import RoundState, Who
from apps.roles.models import Resource, RoleDefinition


@transaction.atomic
def create_review(*, terms: Terms, calendar: Calendar, actor: Actor, now: datetime) -> Review:
    """Set a review up; its first round begins when the calendar says. From then on it acts with its owner's
    right, so it is for whoever could take all that access away themself. Raises `NotAllowed`."""
    _judge(terms, calendar, actor, now)
    review = Review(owner=actor.somebody, created_at=now)
    _write(review, terms, calendar)
    Round.objects.create(review=review, number=1, starts_at=max(calendar.starts_at, now))
    give_seats(review)
    record(AuditAction.REVIEW_CREATED, review, by=actor.party, now=now, terms=in_events(terms))
    return review


@transaction.atomic
def change_review(
    review_id: UUID,
    *,
    terms: Terms,
    calendar: Calendar,
    actor: Actor,
    now: datetime,
    seen: int | None = None,
) -> Review:
    """For the rounds to come; one that runs goes by what it began with. `seen` is the version that was shown,
    for whoever was shown one. Raises `NotAllowed`, and `Conflict` where that is another one by now."""
    review = locked(review_id)
    can_change(facts_of(review, actor=actor, now=now, second_factor=actor.second_factor)).require()
    if seen is not None and seen != review.version:
        raise Conflict("Somebody else changed this review meanwhile. Look again, then change it.")
    _judge(terms, calendar, actor, now)
    before = terms_of(review)
    review.version += 1
    _write(review, terms, calendar)
    plan_next(review, now=now)
    record_change(review, before, terms, by=actor.party, now=now)
    return review


def _judge(terms: Terms, calendar: Calendar, actor: Actor, now: datetime) -> None:
    right = right_over(terms.resource_ids, actor.access, now=now)
    can_change(_facts(right=right, actor=actor, now=now)).require()
    check_terms(terms, calendar).require()
    _find_all(terms)


def _find_all(terms: Terms) -> None:
    """Raises `Invalid` for what is not there."""
    roles = RoleDefinition.objects.in_bulk([scope.role_id for scope in terms.scopes])
    resources = Resource.objects.in_bulk(list(terms.resource_ids))
    for scope in terms.scopes:
        role, resource = roles.get(scope.role_id), resources.get(scope.resource_id)
        if role is None or resource is None or role.provider != resource.provider:
            raise Invalid("This role does not exist on that resource.")
    named = {each.id for stage in terms.stages for each in (*stage.reviewers, *stage.fallback)}
    if Principal.objects.filter(pk__in=named).count() != len(named):
        raise Invalid("A reviewer of these is not there any more. Choose again.")


_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


def locked(review_id: UUID) -> Review:
    """This one; whoever else would change it waits. Raises `Review.DoesNotExist`."""
    return Review.objects.select_for_update(no_key=True).get(pk=review_id)


def plan_next(review: Review, *, now: datetime) -> None:
    """See that the round to come is the one that calendar and owner want, or none, and that those have power
    who will decide in it. What has begun stays. The caller holds the lock on the review."""
    review.rounds.filter(state=RoundState.NOT_STARTED).delete()
    _plan(review, now)
    give_seats(review)


def _plan(review: Review, now: datetime) -> Round | None:
    if review.ended_at or review.deleted_at or review.held_because:
        return None
    last = review.rounds.order_by("-number").first()
    starts_at = calendar_of(review).following(_last_start(last), now)
    if starts_at is None:
        return None
    return Round.objects.create(review=review, number=last.number + 1 if last else 1, starts_at=starts_at)


def _last_start(last: Round | None) -> datetime:
    """Of a round that began late, when it did: what was due in between is not made up for."""
    if last is None:
        return _BEFORE_ALL
    return max(last.starts_at, last.opened_at or last.starts_at)


def give_seats(review: Review) -> None:
    """Who decides on whose access by this review has power, as the door counts it: by the terms of the rounds
    to come, and of one that runs. Whoever changes either calls this, and holds the lock on the review."""
    running = [round_.terms for round_ in review.rounds.running()]
    is_coming = bool(review.held_because) or review.rounds.filter(state=RoundState.NOT_STARTED).exists()
    coming = [terms_of(review)] if is_coming and not review.ended_at else []
    several = [] if review.deleted_at else [*coming, *running]
    seats = {seat for terms in several for seat in _seats_of(terms)}
    set_review_seats(source_id=review.id, name=review.name, seats=seats | _seats_taken(review))


def _seats_taken(review: Review) -> set[Seat]:
    """By managers and owners, in the round that runs."""
    lines = Item.objects.filter(round__in=review.rounds.running(), desk__is_own=False)
    lines = lines.exclude(desk__key__in=NAMED).order_by()
    return set(lines.values_list("desk__seats__principal", "role", "resource").distinct())


def _seats_of(terms: Terms) -> Iterable[Seat]:
    named: set[UUID | None] = {
        each.id for stage in terms.stages for each in (*stage.reviewers, *stage.fallback)
    }
    if any(stage.who == Who.MANAGERS for stage in terms.stages):
        named.add(None)
    return ((id_, scope.role_id, scope.resource_id) for id_ in named for scope in terms.scopes)


def _write(review: Review, terms: Terms, calendar: Calendar) -> None:
    for name in (*PLAIN, "holders", "no_answer"):
        setattr(review, name, getattr(terms, name))
    review.proceeds = [str(answer) for answer in terms.proceeds]
    review.frequency, review.starts_at = calendar.frequency, calendar.starts_at
    review.time_zone = str(calendar.zone)
    review.ends_on, review.occurrences = calendar.ends_on, calendar.occurrences
    review.save()
    review.tells.set(Principal.objects.filter(pk__in=[each.id for each in terms.tells]))
    _write_parts(review, terms)


def _write_parts(review: Review, terms: Terms) -> None:
    review.scopes.all().delete()
    ReviewScope.objects.bulk_create(
        ReviewScope(
            review=review,
            role_id=scope.role_id,
            resource_id=scope.resource_id,
            includes_below=scope.includes_below,
        )
        for scope in terms.scopes
    )
    review.stages.all().delete()
    for number, stage in enumerate(terms.stages, start=1):
        row = Stage.objects.create(review=review, number=number, days=stage.days, who=stage.who)
        for several, is_fallback in ((stage.reviewers, False), (stage.fallback, True)):
            Reviewer.objects.bulk_create(
                Reviewer(stage=row, principal_id=each.id, is_fallback=is_fallback) for each in several
            )


def _facts(*, right: Decision, actor: Actor, now: datetime) -> ReviewFacts:
    return ReviewFacts(
        right=right,
        second_factor=actor.second_factor,
        second_factor_max_age=settings.SECOND_FACTOR_MAX_AGE,
        now=now,
    )
