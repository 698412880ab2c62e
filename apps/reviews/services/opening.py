"""How a round begins: its lines are written as they are at that instant, and handed to its reviewers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import Model, QuerySet

from apps.accounts.policy import zone_named
from apps.assignments.models import Assignment, AssignmentQuerySet
from apps.audit.vocabulary import CLOCK, AuditAction
from apps.common.errors import Conflict
from apps.common.lookup import present
from apps.reviews import notices
from apps.reviews.models import Item, Review, Round
from apps.reviews.policy.recommending import Evidence, recommend
from apps.reviews.selectors.evidence import evidence_for
from apps.reviews.selectors.keeping import is_owned
from apps.reviews.selectors.reviewed import held_at, is_meant
from apps.reviews.selectors.terms import calendar_of, terms_of
from apps.reviews.services.recording import move, record, record_round
from apps.reviews.services.seating import seat
from apps.reviews.services.setting_up import locked, plan_next
from apps.reviews.states import Answer, RoundState, Step

Row = TypeVar("Row", bound=Model)

BATCH = 500  # lines in one transaction
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
    move(round_, Step.BEGIN, opened_at=now, terms_json=terms.to_json())
    plan_next(review, now=now)
    record_round(AuditAction.ROUND_STARTED, round_, by=CLOCK, now=now, terms=terms.to_json())
    return True


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
    rows = _batch(held_at(terms, opened), round_)
    if not rows:
        return _open(round_, now)
    zone = zone_named(round_.review.time_zone)
    found = evidence_for(rows, now=opened, look_back_days=terms.look_back_days, zone=zone)
    items = [_line(round_, row, found[row.id]) for row in rows if is_meant(terms, found[row.id])]
    seat(round_, items, now=now)
    Item.objects.bulk_create(items)
    _advance_cursor(round_, rows[-1])
    return True


@transaction.atomic
def advance_some(round_: Round, *, now: datetime) -> bool:
    """Hand the next of the lines that go on to those who look at them in this stage."""
    answers = [str(answer) for answer in round_.terms.proceeds]
    before = round_.items.filter(stage=round_.stage - 1, answer__in=answers)
    items = list(_behind_cursor(before, round_).select_related("principal"))
    if not items:
        return _open(round_, now)
    for item in items:
        item.stage, item.answer = round_.stage, Answer.NOT_REVIEWED
    seat(round_, items, now=now)
    Item.objects.bulk_update(items, ["stage", "answer", "desk"])
    _advance_cursor(round_, items[-1])
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


# ---- Batches -----------------------------------------------------------------------------------------------


def _batch(rows: AssignmentQuerySet, round_: Round) -> Sequence[Assignment]:
    with_names = rows.with_names().select_related("principal__user")
    return list(_behind_cursor(with_names, round_))


def _behind_cursor(rows: QuerySet[Row], round_: Round) -> QuerySet[Row]:
    if round_.cursor is not None:
        rows = rows.filter(pk__gt=round_.cursor)
    return rows.order_by("pk")[:BATCH]


def _advance_cursor(round_: Round, last: Assignment | Item) -> None:
    unmoved = Round.objects.filter(
        pk=round_.pk, state=RoundState.STARTING, stage=round_.stage, cursor=round_.cursor
    )
    if not unmoved.update(cursor=last.pk):
        raise Conflict("Another worker writes the lines of this round.")
    round_.cursor = last.pk


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
