"""May somebody answer on a line? Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from apps.accounts.policy import NO_FACTOR, SecondFactor, is_fresh
from apps.common.decision import Decision, Refusal, judge
from apps.common.text import is_blank
from apps.reviews.policy.recommending import Recommendation
from apps.reviews.states import Answer

LONGEST_REASON = 500


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
        return Refusal("ReviewerRule", "This is not yours to review.")
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
    max_age = facts.second_factor_max_age
    if is_fresh(facts.second_factor, now=facts.now, max_age_seconds=max_age):
        return None
    return Refusal("MfaRule", "Confirm with your second factor before you review.", "code")


def can_answer(facts: AnswerFacts) -> Decision:
    """Whoever it is not for hears only that."""
    if refusal := mine_rule(facts):
        return Decision((refusal,))
    return judge((open_rule, says_something_rule, reason_rule, length_rule, factor_rule), facts)
