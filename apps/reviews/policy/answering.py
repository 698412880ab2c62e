"""May somebody answer on a line? Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.accounts.policy import NO_FACTOR, SecondFactor, is_fresh
from apps.common.decision import Decision, Refusal, judge
from apps.common.text import is_blank
from apps.reviews.policy.recommending import Recommendation
from apps.reviews.states import Answer

# A code for each press would be typed unread, and 200 lines take longer than a code is fresh. So it is asked
# for once, when somebody begins on a round, and counts in that session for a working day of that round.
REVIEWING_LASTS = timedelta(hours=8)
LONGEST_REASON = 500
NOT_YOURS = Refusal("ReviewerRule", "This is not yours to review.")


@dataclass(frozen=True, kw_only=True)
class AnswerFacts:
    """Everything that decides about an answer. `is_mine`: it lies in front of whoever answers, and is not
    their own access."""

    answer: Answer
    now: datetime
    is_mine: bool
    is_open: bool
    reason: str = ""
    reason_required: bool = False
    recommendation: str = Recommendation.NO_INFO
    second_factor: SecondFactor = NO_FACTOR
    second_factor_max_age: int = 300  # seconds


def mine_rule(facts: AnswerFacts) -> Refusal | None:
    """Nobody judges what they hold themself (design, section 4), nor what was given to others to judge."""
    if not facts.is_mine:
        return NOT_YOURS
    return None


def open_rule(facts: AnswerFacts) -> Refusal | None:
    if not facts.is_open:
        return Refusal("StateRule", "This review is closed. What was decided stands.")
    return None


def says_something_rule(facts: AnswerFacts) -> Refusal | None:
    if facts.answer == Answer.NOT_REVIEWED:
        return Refusal("AnswerRule", "Choose Approve, Deny or Don’t know.", "answer")
    return None


def reason_rule(facts: AnswerFacts) -> Refusal | None:
    """Entra asks for a reason to approve, where the review says so."""
    needed = facts.reason_required and facts.answer == Answer.APPROVE
    if needed and is_blank(facts.reason):
        return Refusal("JustificationRule", "Say why this access is still needed.", "reason")
    return None


def length_rule(facts: AnswerFacts) -> Refusal | None:
    if len(facts.reason) > LONGEST_REASON:
        return Refusal("JustificationRule", f"At most {LONGEST_REASON} characters.", "reason")
    return None


def factor_rule(facts: AnswerFacts) -> Refusal | None:
    if has_begun(facts.second_factor, now=facts.now, max_age_seconds=facts.second_factor_max_age):
        return None
    return Refusal("MfaRule", "Confirm that it is you before you review.", "code")


def has_begun(factor: SecondFactor, *, now: datetime, max_age_seconds: int) -> bool:
    """Whether this is the proof of somebody who may go on reviewing: fresh now, or when they began."""
    if factor.given_at is not None and now - factor.given_at > REVIEWING_LASTS:
        return False
    return is_fresh(factor, now=now, max_age_seconds=max_age_seconds)


def can_answer(facts: AnswerFacts) -> Decision:
    """Whoever it is not for hears only that."""
    if refusal := mine_rule(facts):
        return Decision((refusal,))
    return judge((open_rule, says_something_rule, reason_rule, length_rule, factor_rule), facts)
