"""Who may set up and run a review: whoever could take all that access away themself. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from apps.accounts.policy import NO_FACTOR, SecondFactor, is_fresh
from apps.common.decision import ALLOWED, Decision, Refusal, denied, judge
from apps.common.text import any_of
from apps.reviews.states import OVER, RoundState

DELETED_KEPT_DAYS = 30


def may_keep(out_of_reach: list[str]) -> Decision:
    """May somebody run a review? `out_of_reach` names the scopes on which they do not manage reviews and
    assignments: a review removes access, so nobody sets one up over what they could not remove."""
    if not out_of_reach:
        return ALLOWED
    where = any_of(out_of_reach)
    return denied("AdminRequestRule", f"Your active roles do not manage reviews and assignments on {where}.")


@dataclass(frozen=True, kw_only=True)
class ReviewFacts:
    """Everything that decides what may be done with a review, or with a round of it."""

    right: Decision
    now: datetime
    state: RoundState | None = None  # of the round that it is about
    takes_answers: bool = False
    stages_ahead: int = 0  # behind the one that the round is in
    decided: int = 0  # lines that somebody has answered in the stage that it is in
    waiting: int = 0  # those that nobody has
    to_apply: int = 0
    is_owner: bool = False
    is_held: bool = False
    is_ended: bool = False
    is_deleted: bool = False
    is_denied: bool = False  # something that they hold themself, and that has not been taken yet
    second_factor: SecondFactor | None = NO_FACTOR  # None: not asked for yet, as for a button
    second_factor_max_age: int = 300  # seconds


def factor_rule(facts: ReviewFacts) -> Refusal | None:
    factor = facts.second_factor
    if factor is None or is_fresh(factor, now=facts.now, max_age_seconds=facts.second_factor_max_age):
        return None
    return Refusal("MfaRule", "Confirm with your second factor.", "code")


def kept_rule(facts: ReviewFacts) -> Refusal | None:
    if facts.is_deleted:
        return Refusal("StateRule", "This review was deleted. Restore it first.")
    return None


def deleted_rule(facts: ReviewFacts) -> Refusal | None:
    if not facts.is_deleted:
        return Refusal("StateRule", "This review is not deleted.")
    return None


def in_progress_rule(facts: ReviewFacts) -> Refusal | None:
    if facts.state != RoundState.IN_PROGRESS:
        return Refusal("StateRule", _not_now(facts.state))
    return None


def next_stage_rule(facts: ReviewFacts) -> Refusal | None:
    if not facts.stages_ahead:
        return Refusal("StateRule", "This is its last stage. Stop the round instead.")
    return None


def something_decided_rule(facts: ReviewFacts) -> Refusal | None:
    if not facts.decided:
        return Refusal("NothingToDo", "Nothing is decided yet.")
    return None


def somebody_to_remind_rule(facts: ReviewFacts) -> Refusal | None:
    if not facts.waiting:
        return Refusal("NothingToDo", "Everything is decided.")
    return None


def completed_rule(facts: ReviewFacts) -> Refusal | None:
    if facts.state != RoundState.COMPLETED:
        return Refusal("StateRule", _not_now(facts.state))
    return None


def not_held_rule(facts: ReviewFacts) -> Refusal | None:
    if facts.is_held:
        return Refusal("OwnerRule", "Its owner may no longer do this. Take the review over first.")
    return None


def goes_on_rule(facts: ReviewFacts) -> Refusal | None:
    if facts.is_ended:
        return Refusal("StateRule", "No further round is planned.")
    return None


def own_denied_rule(facts: ReviewFacts) -> Refusal | None:
    """Nobody gets out of what was said of their own access by undoing the review."""
    if facts.is_denied:
        return Refusal("OwnAccessRule", "Your own access was denied in it. Another administrator does this.")
    return None


def not_owner_rule(facts: ReviewFacts) -> Refusal | None:
    if facts.is_owner and not facts.is_held:
        return Refusal("OwnerRule", "You own this review.")
    return None


def _not_now(state: RoundState | None) -> str:
    if state is None or state == RoundState.NOT_STARTED:
        return "It has not begun."
    if state in OVER:
        return f"This round is over: {state.label.lower()}."
    return f"This round is {state.label.lower()}."


_CHANGING = (kept_rule, factor_rule)


def _judge(facts: ReviewFacts, *rules: object) -> Decision:
    """Whoever has no right hears only that."""
    return judge((*_CHANGING, *rules), facts) if facts.right else facts.right  # type: ignore[arg-type]


def can_change(facts: ReviewFacts) -> Decision:
    return _judge(facts)


def can_end(facts: ReviewFacts) -> Decision:
    return _judge(facts, goes_on_rule)


def can_stop(facts: ReviewFacts) -> Decision:
    return _judge(facts, in_progress_rule)


def can_stop_stage(facts: ReviewFacts) -> Decision:
    return _judge(facts, in_progress_rule, next_stage_rule)


def can_reset(facts: ReviewFacts) -> Decision:
    return _judge(facts, in_progress_rule, something_decided_rule, own_denied_rule)


def can_remind(facts: ReviewFacts) -> Decision:
    return _judge(facts, in_progress_rule, somebody_to_remind_rule)


def can_change_round(facts: ReviewFacts) -> Decision:
    """Its reviewers, or its end."""
    return _judge(facts, in_progress_rule)


def can_apply(facts: ReviewFacts) -> Decision:
    return _judge(facts, completed_rule, not_held_rule)


def can_take_over(facts: ReviewFacts) -> Decision:
    return _judge(facts, not_owner_rule)


def can_delete(facts: ReviewFacts) -> Decision:
    return _judge(facts, own_denied_rule)


def can_note_handled(facts: ReviewFacts) -> Decision:
    """That a line was removed by hand."""
    return _judge(facts, own_denied_rule)


def can_restore(facts: ReviewFacts) -> Decision:
    return judge((deleted_rule, factor_rule), facts) if facts.right else facts.right


@dataclass(frozen=True)
class RoundDecisions:
    """What may be done with a round, and with its review, each with the reason where not. Without the
    `right` nothing may."""

    right: Decision
    change: Decision
    remind: Decision
    reset: Decision
    stop_stage: Decision
    stop: Decision
    apply: Decision
    take_over: Decision


def decisions_on(facts: ReviewFacts) -> RoundDecisions:
    return RoundDecisions(
        right=facts.right,
        change=can_change_round(facts),
        remind=can_remind(facts),
        reset=can_reset(facts),
        stop_stage=can_stop_stage(facts),
        stop=can_stop(facts),
        apply=can_apply(facts),
        take_over=can_take_over(facts),
    )
