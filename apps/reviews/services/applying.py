"""Applying: what was denied is taken through the door, in the review's name, each line for itself."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from apps.access_requests.asks import Actor, Ask, Said
from apps.access_requests.policy.mandate import Mandate
from apps.access_requests.services.door import submit
from apps.access_requests.states import Action
from apps.assignments.models import Assignment
from apps.audit.vocabulary import AuditAction
from apps.common.errors import DomainError, Invalid, NotAllowed
from apps.common.instants import day
from apps.common.isolation import each_on_its_own
from apps.common.zones import zone_named
from apps.reviews import notices
from apps.reviews.models import Decision, Item, Review, Round
from apps.reviews.policy.keeping import can_apply
from apps.reviews.policy.outcomes import by_hand, result_of_refusal
from apps.reviews.selectors.keeping import facts_of
from apps.reviews.services.recording import move, record_round
from apps.reviews.states import ApplyResult, Step

BATCH = 20  # lines between two looks at the clock
MOST_ATTEMPTS = 3
GIVEN_UP = "This line could not be handled; the log of the portal says why."


@transaction.atomic
def apply_round(round_id: UUID, *, actor: Actor, now: datetime) -> Round:
    """Set going what a worker then does. Raises `NotAllowed`, `Conflict`."""
    round_ = Round.objects.select_related("review").get(pk=round_id)
    can_apply(
        facts_of(round_.review, actor=actor, now=now, round_=round_, second_factor=actor.second_factor)
    ).require()
    person = actor.somebody
    move(round_, Step.APPLY, applied_by=person.name, applied_by_email=person.email)
    record_round(AuditAction.APPLYING_STARTED, round_, by=actor.party, now=now)
    return round_


def apply_some(round_: Round, *, now: datetime) -> bool:
    """The next lines, those first that were never tried; when none is left, the round is done."""
    lines = round_.items.filter(apply_result=ApplyResult.NEW).order_by("attempts", "id")
    items = list(lines.with_rows()[:BATCH])
    if not items:
        return _finish(round_, now)
    # One whose worker died, or that raised, is tried alone, so that it takes no other with it.
    items = items[:1] if items[0].attempts else [item for item in items if not item.attempts]
    Item.objects.filter(pk__in=[item.pk for item in items]).update(attempts=F("attempts") + 1)
    actor = Actor.review(mandate_of(round_))
    each_on_its_own(items, lambda item: _apply(item, actor, now), what="Review line applied")
    return True


def mandate_of(round_: Round) -> Mandate:
    """The right with which it acts: over the scopes that it began with."""
    scopes = round_.terms.scopes
    return Mandate(
        review_id=round_.review_id,
        name=round_.review.name,
        scopes=frozenset((scope.role_id, scope.resource_id, scope.includes_below) for scope in scopes),
    )


@transaction.atomic
def _apply(item: Item, actor: Actor, now: datetime) -> bool:
    """Take the line and its assignment in one transaction: once, or not at all."""
    if item.attempts >= MOST_ATTEMPTS:
        return _note(item, ApplyResult.FAILED, by_hand(GIVEN_UP), now)
    if not _note(item, ApplyResult.APPLIED, "", now):
        return False  # another worker was faster
    try:
        with transaction.atomic():
            submit(
                Ask(
                    Action.ADMIN_REMOVE,
                    assignment_id=item.assignment_id,
                    said=_said(item),
                    batch_id=item.round_id,
                ),
                actor=actor,
                now=now,
            )
    except (NotAllowed, Invalid) as error:
        _note_refusal(item, error, now)
    return True


def _note(item: Item, result: ApplyResult, reason: str, now: datetime) -> bool:
    waiting = Item.objects.filter(pk=item.pk, apply_result=ApplyResult.NEW)
    return bool(waiting.update(apply_result=result, apply_reason=reason, applied_at=now))


def _note_refusal(item: Item, error: DomainError, now: datetime) -> None:
    rules = error.rules if isinstance(error, NotAllowed) else ()
    result, reason = result_of_refusal(rules), str(error)
    if result == ApplyResult.NOT_FOUND and (again := _held_anew(item, now)):
        result = ApplyResult.NOT_SUPPORTED
        given = day(again.created_at, zone_named(item.round.review.time_zone))
        reason = f"It ended, and was given anew on {given}: that was not reviewed."
    if result == ApplyResult.NOT_SUPPORTED:
        reason = by_hand(reason)
    Item.objects.filter(pk=item.pk).update(apply_result=result, apply_reason=reason)


def _held_anew(item: Item, now: datetime) -> Assignment | None:
    """What the same holder was given of the same role on the same resource since the line was written."""
    rows = Assignment.objects.not_ended(now).filter(
        created_at__gt=item.round.opened_at,
        principal=item.principal_id,
        role=item.role_id,
        resource=item.resource_id,
        origin=Assignment.Origin.ASSIGNED,
    )
    return rows.first()


def _said(item: Item) -> Said:
    """Who denied it and why, as the holder and the log read it."""
    decision = Decision.objects.filter(item=item).select_related("decided_by").order_by("-stage").first()
    if decision is None or item.outcome_reason:
        return Said(justification=item.outcome_reason)
    reason = f": {decision.reason}" if decision.reason else "."
    return Said(justification=f"Denied by {decision.decided_by.name}{reason}"[:500])


@transaction.atomic
def _finish(round_: Round, now: datetime) -> bool:
    move(round_, Step.FINISH, applied_at=now)
    review: Review = round_.review
    applied = list(round_.items.exclude(apply_result="").values_list("apply_result", flat=True))
    counts = {str(result): applied.count(str(result)) for result in ApplyResult if result != ApplyResult.NEW}
    record_round(AuditAction.ROUND_APPLIED, round_, by=review.party, now=now, **counts)
    gone = round_.items.filter(apply_result=ApplyResult.APPLIED)
    removed = Assignment.objects.filter(review_items__in=gone).with_names()
    notices.tell_applied(round_, counts, removed, now=now)
    return True
