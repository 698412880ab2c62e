"""How a round begins: its lines are written as they are at that instant, and handed to its reviewers."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from apps.assignments.models import Assignment
from apps.audit.vocabulary import CLOCK, AuditAction
from apps.common.lookup import present
from apps.common.zones import zone_named
from apps.reviews import notices
from apps.reviews.models import Item, Review, Round
from apps.reviews.policy.recommending import Evidence, recommend
from apps.reviews.selectors.evidence import evidence_for
from apps.reviews.selectors.keeping import is_owned
from apps.reviews.selectors.reviewed import held_at, is_meant
from apps.reviews.selectors.terms import calendar_of, terms_of
from apps.reviews.services.recording import (
    advance_cursor,
    behind_cursor,
    in_events,
    move,
    record,
    record_round,
)
from apps.reviews.services.seating import seat
from apps.reviews.services.setting_up import locked, plan_next
from apps.reviews.states import Answer, Step

BATCH = 250  # lines in one transaction: SQLite has one writer, and nobody should wait for it
ON_TIME = timedelta(hours=1)  # what begins later than that still gets all of its days
NOT_OWNED = "Its owner may no longer manage all that it reviews."


@transaction.atomic
def begin(round_: Round, *, now: datetime) -> bool:
    """From now on it goes by the terms of this instant, and the next round is planned. A review that nobody
    with the right to it owns any more begins nothing: it is held, and its administrators hear of it."""
    round_.review = review = locked(round_.review_id)
    if review.rounds.running_or_closing().exists():
        return False  # the one before it began late, and still has its days
    if not is_owned(review, now=now):
        hold(review, now=now)
        return False
    terms = terms_of(review)
    started = {"opened_at": now, "starts_at": _latest_due(round_, now), "terms_json": terms.to_json()}
    move(round_, Step.BEGIN, **started)
    plan_next(review, now=now)
    record_round(AuditAction.ROUND_STARTED, round_, by=CLOCK, now=now, terms=in_events(terms))
    return True


def _latest_due(round_: Round, now: datetime) -> datetime:
    """For when it counts as planned: where nothing ran for months, it stands for all that were missed."""
    found = calendar_of(round_.review).next_after(0, now)
    return max(round_.starts_at, found[1]) if found and found[1] <= now else round_.starts_at


def hold(review: Review, *, now: datetime) -> None:
    """It does nothing until somebody who may takes it over; the round to come is planned then."""
    review.held_because = NOT_OWNED
    review.save(update_fields=["held_because"])
    plan_next(review, now=now)
    record(AuditAction.REVIEW_HELD, review, by=CLOCK, now=now, reason=NOT_OWNED)
    notices.tell_held(review, now=now)


@transaction.atomic
def freeze_some(round_: Round, *, now: datetime) -> bool:
    """Write the next lines as they were when it began, whatever has become of them since."""
    terms, opened = round_.terms, present(round_.opened_at)
    held = held_at(terms, opened).with_names().select_related("principal__user")
    rows = behind_cursor(held, round_, BATCH)
    if not rows:
        return _open(round_, now)
    advance_cursor(round_, rows[-1])
    zone = zone_named(round_.review.time_zone)
    found = evidence_for(rows, now=opened, look_back_days=terms.look_back_days, zone=zone)
    items = [_line(round_, row, found[row.id]) for row in rows if is_meant(terms, found[row.id])]
    seat(round_, items, now=now)
    Item.objects.bulk_create(items)
    return True


@transaction.atomic
def advance_some(round_: Round, *, now: datetime) -> bool:
    """Hand the next of the lines that go on to those who look at them in this stage."""
    answers = [str(answer) for answer in round_.terms.proceeds]
    before = round_.items.filter(stage=round_.stage - 1, answer__in=answers)
    items = behind_cursor(before.select_related("principal"), round_, BATCH)
    if not items:
        return _open(round_, now)
    advance_cursor(round_, items[-1])
    for item in items:
        item.stage, item.answer = round_.stage, Answer.NOT_REVIEWED
    seat(round_, items, now=now)
    Item.objects.bulk_update(items, ["stage", "answer", "desk"])
    return True


# ---- Lines -------------------------------------------------------------------------------------------------


def _line(round_: Round, row: Assignment, evidence: Evidence) -> Item:
    advice = recommend(evidence)
    principal = row.principal
    return Item(
        round=round_,
        assignment=row,
        principal=principal,
        role=row.role,
        resource=row.resource,
        kind=row.kind,
        holder_name=principal.name,
        holder_email="" if principal.is_group else principal.user.email,
        holder_type="group" if principal.is_group else principal.user.type,
        role_name=row.role.name,
        resource_name=row.resource.name,
        held_since=row.starts_at,
        held_until=row.ends_at,
        people=[person.to_json() for person in evidence.people] if principal.is_group else [],
        last_sign_in_at=evidence.last_sign_in_at,
        activations=evidence.activations,
        last_used_at=evidence.last_used_at,
        usual_minutes=evidence.usual_minutes,
        decided_requests=evidence.decided_requests,
        recommendation=advice.recommendation,
        recommendation_short=advice.short,
        recommendation_reason=advice.reason,
        stage=1,
    )


def _open(round_: Round, now: datetime) -> bool:
    """Everything is handed out: answers are taken from now on. A stage without a line is over at once."""
    planned = present(round_.opened_at) if round_.stage == 1 else present(round_.stage_closes_at)
    if round_.stage == 1 and now - round_.starts_at <= ON_TIME:
        planned = round_.starts_at
    begins = planned if now - planned <= ON_TIME else now
    closes = calendar_of(round_.review).closes_at(begins, round_.terms.stage(round_.stage).days)
    has_lines = round_.items.filter(stage=round_.stage).exists()
    move(
        round_,
        Step.OPEN,
        stage_opened_at=now,
        stage_closes_at=closes if has_lines else now,
        looked_after_at=now,
        told="",
    )
    return True
