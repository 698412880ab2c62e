"""Answering lines: one, several at once, or as recommended. Saved at once, changed until the stage closes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F

from apps.access_requests.asks import Actor
from apps.accounts.models import Principal
from apps.assignments.membership import groups_of_user, within_reach_of
from apps.audit import services as audit
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.errors import Conflict
from apps.common.locks import hold_as_they_are
from apps.common.lookup import present
from apps.common.once import first_of_two
from apps.reviews.models import Decision, Item, ItemQuerySet, Round, RoundQuerySet
from apps.reviews.policy.answering import LONGEST_REASON, AnswerFacts, can_answer
from apps.reviews.policy.recommending import Recommendation
from apps.reviews.policy.terms import Terms
from apps.reviews.selectors.reviewing import Reviewing, digest_of, next_recommended
from apps.reviews.services.recording import about
from apps.reviews.states import Answer

OVERTAKEN = "Somebody else answered meanwhile. Look again, then decide."
CHANGED = "These lines have changed meanwhile. Look at what is recommended now."
_RECOMMENDED = {Recommendation.APPROVE: Answer.APPROVE, Recommendation.DENY: Answer.DENY}
FOLLOWED = "As recommended: {}"


@dataclass(frozen=True)
class Said:
    """What a reviewer answers on one line. `seen` is the version of the answer that they were shown, 0 for
    none: if there is another one by now, theirs does not count."""

    item_id: UUID
    answer: Answer
    reason: str = ""
    seen: int = 0


@transaction.atomic
def answer_lines(said: Sequence[Said], *, actor: Actor, now: datetime) -> list[Item]:
    """Write these answers, all or none. Raises `NotAllowed` with the first refusal, `Conflict` where somebody
    was faster or the stage has closed."""
    ids = [each.item_id for each in said]
    _hold_still(actor, Round.objects.filter(pk__in=Item.objects.filter(pk__in=ids).values("round")), now)
    mine = {item.id: item for item in lines_of(actor, now=now).filter(pk__in=ids)}
    return _answer([(mine.get(each.item_id), each) for each in said], actor, now)


@transaction.atomic
def follow_recommendations(round_id: UUID, digest: str, *, actor: Actor, now: datetime) -> int:
    """Answer the next lines of a round as recommended, if they are still those that the digest stands for.
    Answers how many. Raises like `answer_lines`."""
    _hold_still(actor, Round.objects.filter(pk=round_id), now)
    items = next_recommended(lines_of(actor, now=now).open(now).filter(round=round_id))
    if not items or digest_of(items) != digest:
        raise Conflict(CHANGED)
    said = {each.item_id: each for each in recommended(items)}
    return len(_answer([(item, said[item.id]) for item in items], actor, now))


def lines_of(actor: Actor, *, now: datetime) -> ItemQuerySet:
    """All that lies in front of whoever this is, in whatever round, open or not."""
    user = actor.somebody
    return Reviewing(user, groups_of_user(user.id, now=now), now=now).lines.with_rows()


def recommended(items: Collection[Item]) -> list[Said]:
    """The answers that follow the recommendations; where there is none, nothing is said."""
    return [
        Said(item.id, answer, FOLLOWED.format(item.recommendation_reason)[:LONGEST_REASON])
        for item in items
        if (answer := _RECOMMENDED.get(Recommendation(item.recommendation)))
    ]


def _hold_still(actor: Actor, rounds: RoundQuerySet, now: datetime) -> None:
    """What they hold, and so may not judge, stays as it is, also by groups; and so do the rounds:
    whoever closes one waits for these answers, and they for whoever has closed it."""
    hold_as_they_are(Principal.objects.filter(pk__in=within_reach_of(actor.somebody.id, now=now)))
    hold_as_they_are(rounds)


def _answer(answers: Sequence[tuple[Item | None, Said]], actor: Actor, now: datetime) -> list[Item]:
    terms = {item.round_id: item.round.terms for item, _ in answers if item}
    for item, said in answers:
        can_answer(_facts(said, item, terms[item.round_id] if item else None, actor, now)).require()
    allowed = [(present(item), said) for item, said in answers]
    # In one order, so that two who answer the same lines do not wait for each other.
    _write(sorted(allowed, key=lambda each: each[0].pk), actor, now)
    return [item for item, _ in allowed]


def _facts(said: Said, item: Item | None, terms: Terms | None, actor: Actor, now: datetime) -> AnswerFacts:
    return AnswerFacts(
        answer=said.answer,
        reason=said.reason,
        is_mine=item is not None,
        is_open=item is not None and item.round.takes_answers(now) and item.stage == item.round.stage,
        reason_required=terms is not None and terms.reason_required,
        second_factor=actor.second_factor,
        second_factor_max_age=settings.SECOND_FACTOR_MAX_AGE,
        now=now,
    )


# ---- Writing -----------------------------------------------------------------------------------------------


def _write(answers: Sequence[tuple[Item, Said]], actor: Actor, now: datetime) -> None:
    """Decisions, lines and events together. Whoever was overtaken writes nothing."""
    new = [(item, said) for item, said in answers if not said.seen]
    changed = [(item, said) for item, said in answers if said.seen]
    with first_of_two(Conflict(OVERTAKEN)):
        Decision.objects.bulk_create(_decision(item, said, actor, now) for item, said in new)
    _change(changed, actor, now)
    _mark(answers)
    audit.record_all(_event(item, said, actor, now) for item, said in answers)


def _decision(item: Item, said: Said, actor: Actor, now: datetime) -> Decision:
    return Decision(
        item=item,
        stage=item.stage,
        answer=said.answer,
        reason=said.reason,
        decided_by=actor.somebody,
        decided_at=now,
        holder=item.principal,
        is_own=item.desk is not None and item.desk.is_own,
    )


def _change(answers: Sequence[tuple[Item, Said]], actor: Actor, now: datetime) -> None:
    """One statement for all that say the same and were shown as often changed."""
    alike: dict[tuple[Answer, str, int, int], list[UUID]] = defaultdict(list)
    for item, said in answers:
        alike[said.answer, said.reason, item.stage, said.seen].append(item.pk)
    for (answer, reason, stage, version), ids in alike.items():
        seen = Decision.objects.filter(item__in=ids, stage=stage, version=version)
        columns = {"answer": answer, "reason": reason, "decided_by": actor.somebody, "decided_at": now}
        if seen.update(**columns, version=F("version") + 1) != len(ids):
            raise Conflict(OVERTAKEN)


def _mark(answers: Sequence[tuple[Item, Said]]) -> None:
    """On the lines themselves, as long as they are open: a round that is closing at this moment has written
    their outcome, or sees this answer."""
    several: dict[tuple[Answer, int], list[UUID]] = defaultdict(list)
    for item, said in answers:
        item.answer = said.answer
        several[said.answer, item.stage].append(item.pk)
    for (answer, stage), ids in several.items():
        open_ = Item.objects.filter(pk__in=ids, outcome="", stage=stage)
        if open_.update(answer=answer) != len(ids):
            raise Conflict("This review has just closed. What was decided before stands.")


def _event(item: Item, said: Said, actor: Actor, now: datetime) -> AuditEvent:
    review = item.round.review
    details = {
        "review": str(review.id),
        "name": review.name,
        "round": str(item.round_id),
        "line": str(item.id),
        "stage": item.stage,
        "answer": str(said.answer),
        "recommendation": item.recommendation,
    }
    return audit.event_of(
        AuditAction.LINE_DECIDED,
        actor=actor.party,
        at=now,
        justification=said.reason,
        details=details,
        **about(item),
    )
