"""How a stage or a round ends, and what becomes of each line then."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from apps.audit.vocabulary import CLOCK, AuditAction
from apps.common.errors import Conflict
from apps.reviews import notices
from apps.reviews.models import Decision, Round
from apps.reviews.policy.outcomes import NOBODY_ANSWERED
from apps.reviews.policy.recommending import Recommendation
from apps.reviews.selectors.keeping import is_owned
from apps.reviews.services.opening import hold
from apps.reviews.services.recording import move, record_round, still
from apps.reviews.services.setting_up import give_seats, locked
from apps.reviews.states import Answer, ApplyResult, NoAnswer, Outcome, Step


@transaction.atomic
def close(round_: Round, *, now: datetime) -> bool:
    """The time of this stage is over: the next one begins, if a line goes on to it; else the round closes.
    Answers that are being written are waited for, and count; a later one finds it closed."""
    if still(round_).takes_answers(now):
        raise Conflict("Its end was moved meanwhile.")
    if _goes_on(round_):
        move(round_, Step.ADVANCE, stage=round_.stage + 1)
        record_round(AuditAction.ROUND_ADVANCED, round_, by=CLOCK, now=now, stage=round_.stage)
    else:
        move(round_, Step.CLOSE, closed_at=now)
    return True


@transaction.atomic
def complete(round_: Round, *, now: datetime) -> bool:
    """Give every line its outcome, and go on to applying where that follows by itself."""
    review = locked(round_.review_id)
    move(round_, Step.COMPLETE)
    _take_earlier_answers(round_)
    _write_outcomes(round_)
    give_seats(review)
    record_round(AuditAction.ROUND_COMPLETED, round_, by=CLOCK, now=now, **counts_of(round_))
    follows = round_.terms.applies_automatically
    is_held = follows and not is_owned(review, now=now, round_=round_)
    denied = round_.items.filter(outcome=Outcome.REMOVE).count()
    notices.tell_completed(round_, denied=denied, is_applied=follows and not is_held, now=now)
    if is_held:
        hold(review, now=now)
    elif follows:
        move(round_, Step.APPLY, applied_by=review.name)
    return True


def counts_of(round_: Round) -> dict[str, int]:
    """How many lines there are of each answer, for the record."""
    counts = {str(answer): Count("pk", filter=Q(answer=answer)) for answer in Answer}
    return round_.items.aggregate(**counts)


def _goes_on(round_: Round) -> bool:
    terms = round_.terms
    if round_.stage >= len(terms.stages):
        return False
    answers = [str(answer) for answer in terms.proceeds]
    return round_.items.filter(stage=round_.stage, answer__in=answers).exists()


def _take_earlier_answers(round_: Round) -> None:
    """What nobody answered in a later stage stands as it was decided in the one before."""
    earlier = Decision.objects.filter(item=OuterRef("pk")).order_by("-stage").values("answer")[:1]
    left = round_.items.filter(stage__gt=1, answer=Answer.NOT_REVIEWED)
    left.update(answer=Coalesce(Subquery(earlier), F("answer")))


def _write_outcomes(round_: Round) -> None:
    silent = round_.terms.no_answer
    unanswered = Q(answer=Answer.NOT_REVIEWED)
    denied = Q(answer=Answer.DENY)
    if silent == NoAnswer.REMOVE:
        denied |= unanswered
    elif silent == NoAnswer.RECOMMENDATION:
        denied |= unanswered & Q(recommendation=Recommendation.DENY)
    round_.items.filter(outcome="").update(
        outcome=Case(When(denied, then=Value(str(Outcome.REMOVE))), default=Value(str(Outcome.KEEP))),
        apply_result=Case(When(denied, then=Value(str(ApplyResult.NEW))), default=Value("")),
        outcome_reason=Case(When(unanswered, then=Value(NOBODY_ANSWERED[silent])), default=Value("")),
    )
