"""What the keepers of a review do with it while it runs, and with its rounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.access_requests.asks import Actor
from apps.assignments.membership import within_reach_of
from apps.audit import services as audit
from apps.audit.vocabulary import AuditAction
from apps.common.decision import Decision as Verdict
from apps.common.errors import Conflict, Invalid
from apps.reviews import notices
from apps.reviews.models import Decision, Desk, Item, Review, Round, Seat
from apps.reviews.policy import keeping as rules
from apps.reviews.policy.terms import Named
from apps.reviews.selectors.keeping import facts_of, right_over
from apps.reviews.selectors.reviewers import reviewers_to_tell
from apps.reviews.selectors.seating import FALLBACK, SELECTED
from apps.reviews.selectors.terms import calendar_of
from apps.reviews.services.closing import close
from apps.reviews.services.recording import about, move, record, record_round
from apps.reviews.services.setting_up import give_seats, locked, plan_next
from apps.reviews.states import Answer, RoundState, Step, Who

Rule = Callable[[rules.ReviewFacts], Verdict]


def _review(review_id: UUID, rule: Rule, *, actor: Actor, now: datetime) -> Review:
    review = locked(review_id)
    rule(facts_of(review, actor=actor, now=now, second_factor=actor.second_factor)).require()
    return review


def _round(round_id: UUID, rule: Rule, *, actor: Actor, now: datetime) -> Round:
    """Everybody locks the review before its round."""
    locked(Round.objects.values_list("review", flat=True).get(pk=round_id))
    rounds = Round.objects.select_for_update(of=("self",), no_key=True).select_related("review")
    round_ = rounds.get(pk=round_id)
    facts = facts_of(round_.review, actor=actor, now=now, round_=round_, second_factor=actor.second_factor)
    rule(facts).require()
    return round_


# ---- The review --------------------------------------------------------------------------------------------


@transaction.atomic
def end_review(review_id: UUID, *, actor: Actor, now: datetime) -> Review:
    """No further round begins; one that runs goes on to its end."""
    review = _review(review_id, rules.can_end, actor=actor, now=now)
    review.ended_at = now
    review.save(update_fields=["ended_at"])
    plan_next(review, now=now)
    record(AuditAction.REVIEW_ENDED, review, by=actor.party, now=now)
    return review


@transaction.atomic
def delete_review(review_id: UUID, *, actor: Actor, now: datetime) -> Review:
    """It is shown nowhere any more but among the deleted ones, for 30 days. What runs is cancelled, and
    nothing of it applied; nobody has power by it any more."""
    review = _review(review_id, rules.can_delete, actor=actor, now=now)
    if review.rounds.filter(state=RoundState.APPLYING).exists():
        raise Conflict("Its results are being applied. Delete it when that is done.")
    for round_ in review.rounds.running_or_closing():
        move(round_, Step.CANCEL)
    review.deleted_at = now
    review.save(update_fields=["deleted_at"])
    plan_next(review, now=now)
    record(AuditAction.REVIEW_DELETED, review, by=actor.party, now=now)
    return review


@transaction.atomic
def restore_review(review_id: UUID, *, actor: Actor, now: datetime) -> Review:
    """Its series goes on with the next round; what was cancelled stays so."""
    review = _review(review_id, rules.can_restore, actor=actor, now=now)
    review.deleted_at = None
    review.save(update_fields=["deleted_at"])
    plan_next(review, now=now)
    record(AuditAction.REVIEW_RESTORED, review, by=actor.party, now=now)
    return review


@transaction.atomic
def take_over(review_id: UUID, *, actor: Actor, now: datetime) -> Review:
    """From now on it acts with this person's right; if it was held, it goes on."""
    review = _review(review_id, rules.can_take_over, actor=actor, now=now)
    before = review.owner.name
    review.owner, review.held_because = actor.somebody, ""
    review.save(update_fields=["owner", "held_because"])
    plan_next(review, now=now)
    record(AuditAction.REVIEW_TAKEN_OVER, review, by=actor.party, now=now, before=before)
    return review


# ---- A round of it -----------------------------------------------------------------------------------------


@transaction.atomic
def stop_round(round_id: UUID, *, actor: Actor, now: datetime) -> Round:
    """Reviewers answer no more, and it cannot begin again; what follows its end follows now."""
    round_ = _round(round_id, rules.can_stop, actor=actor, now=now)
    move(round_, Step.CLOSE, closed_at=now)
    record_round(AuditAction.ROUND_STOPPED, round_, by=actor.party, now=now)
    return round_


@transaction.atomic
def stop_stage(round_id: UUID, *, actor: Actor, now: datetime) -> Round:
    """Its reviewers answer no more. The lines that go on come to the next stage, whose days count from now;
    where none does, the round closes."""
    round_ = _round(round_id, rules.can_stop_stage, actor=actor, now=now)
    record_round(AuditAction.STAGE_STOPPED, round_, by=actor.party, now=now, stage=round_.stage)
    _update(round_, stage_closes_at=now)
    close(round_, now=now)
    return round_


@transaction.atomic
def reset_round(round_id: UUID, *, actor: Actor, now: datetime) -> Round:
    """What was decided in this stage is taken back; the log keeps it."""
    round_ = _round(round_id, rules.can_reset, actor=actor, now=now)
    decided = Decision.objects.filter(item__round=round_, stage=round_.stage)
    count, _ = decided.delete()
    round_.items.filter(stage=round_.stage).update(answer=Answer.NOT_REVIEWED)
    record_round(AuditAction.ROUND_RESET, round_, by=actor.party, now=now, decisions=count)
    return round_


@transaction.atomic
def remind_reviewers(round_id: UUID, *, actor: Actor, now: datetime) -> int:
    """Mail those who are not done, now. Answers how many they are."""
    round_ = _round(round_id, rules.can_remind, actor=actor, now=now)
    people = reviewers_to_tell(round_, now=now)
    notices.remind(round_, f"by_hand:{now.isoformat()}", people, now=now)
    record_round(AuditAction.ROUND_REMINDED, round_, by=actor.party, now=now, reviewers=len(people))
    return len(people)


@transaction.atomic
def move_end(round_id: UUID, *, closes_at: datetime, actor: Actor, now: datetime) -> Round:
    """Of the stage it is in. Raises `Invalid` for an end that has passed, or lies behind the next round's
    beginning."""
    round_ = _round(round_id, rules.can_change_round, actor=actor, now=now)
    following = round_.review.rounds.filter(state=RoundState.NOT_STARTED).first()
    if closes_at <= now:
        raise Invalid("Choose an end that lies ahead. To end it now, stop it.")
    later = sum(stage.days for stage in round_.terms.stages[round_.stage :])
    if following and calendar_of(round_.review).closes_at(closes_at, later) > following.starts_at:
        raise Invalid("It has to end, with all of its stages, before the next round starts.")
    before = round_.stage_closes_at
    _update(round_, stage_closes_at=closes_at, looked_after_at=now, cursor=None)
    details = {"closes_at": closes_at.isoformat(), "before": before.isoformat() if before else None}
    record_round(AuditAction.ROUND_CHANGED, round_, by=actor.party, now=now, **details)
    return round_


@transaction.atomic
def change_reviewers(
    round_id: UUID,
    *,
    reviewers: Sequence[Named],
    fallback: Sequence[Named],
    actor: Actor,
    now: datetime,
) -> Round:
    """Of the stage it is in, for this round alone. What was decided stays; what is not goes to those who are
    there now. Fallback reviewers can be added, and not removed, as in Entra. Raises `Invalid`."""
    round_ = _round(round_id, rules.can_change_round, actor=actor, now=now)
    terms = round_.terms
    stage = terms.stage(round_.stage)
    kept = {each.id for each in fallback}
    if missing := [each.name for each in stage.fallback if each.id not in kept]:
        raise Invalid(f"Fallback reviewers cannot be removed: {missing[0]} stays.")
    if stage.who == Who.SELECTED and not reviewers:
        raise Invalid("Choose who reviews.")
    if stage.who != Who.SELECTED and reviewers:
        raise Invalid("In this stage nobody is chosen to review. Add a fallback reviewer instead.")
    changed = replace(stage, reviewers=tuple(reviewers), fallback=tuple(fallback))
    stages = tuple(changed if each is stage else each for each in terms.stages)
    _update(round_, terms_json=replace(terms, stages=stages).to_json(), looked_after_at=now, cursor=None)
    for key, several in ((SELECTED, reviewers), (FALLBACK, fallback)):
        _sit(round_, key, [each.id for each in several])
    give_seats(round_.review)
    details = {"reviewers": [each.name for each in reviewers], "fallback": [each.name for each in fallback]}
    record_round(AuditAction.ROUND_CHANGED, round_, by=actor.party, now=now, **details)
    return round_


def _sit(round_: Round, key: str, principal_ids: Sequence[UUID]) -> None:
    desk = Desk.objects.filter(round=round_, stage=round_.stage, key=key).first()
    if desk is not None:
        desk.seats.exclude(principal__in=principal_ids).delete()
        Seat.objects.bulk_create(
            (Seat(desk=desk, principal_id=id_) for id_ in principal_ids), ignore_conflicts=True
        )


def _update(round_: Round, **columns: Any) -> None:
    if not Round.objects.filter(pk=round_.pk, state=round_.state, stage=round_.stage).update(**columns):
        raise Conflict("Somebody was faster. This round has changed meanwhile.")
    for name, value in columns.items():
        setattr(round_, name, value)


# ---- What was to do by hand --------------------------------------------------------------------------------


@transaction.atomic
def note_handled(item_id: UUID, *, note: str, actor: Actor, now: datetime) -> Item:
    """That somebody has removed by hand what the review could not: whoever manages where it is held, of the
    review perhaps no more than that. Raises `NotAllowed`, `Conflict`."""
    item = Item.objects.with_rows().get(pk=item_id)
    review = item.round.review
    facts = facts_of(review, actor=actor, now=now, second_factor=actor.second_factor)
    right = right_over([item.resource_id], actor.access, now=now)
    is_own = item.principal_id in within_reach_of(actor.somebody.id, now=now)
    rules.can_note_handled(replace(facts, right=right, is_denied=is_own)).require()
    waiting = Item.objects.by_hand().filter(pk=item.pk)
    if not waiting.update(handled_at=now, handled_by=actor.party.name):
        raise Conflict("Somebody has noted this already.")
    audit.record(
        AuditAction.LINE_HANDLED,
        actor=actor.party,
        at=now,
        justification=note,
        details={
            "review": str(review.id),
            "name": review.name,
            "round": str(item.round_id),
            "line": str(item.id),
        },
        **about(item),
    )
    return item
