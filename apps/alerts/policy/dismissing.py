"""Who may dismiss what was found, for how long, and take that back. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from apps.access_requests.policy.factor import second_factor_refusal
from apps.accounts.policy import NO_FACTOR, SecondFactor
from apps.common.decision import Decision, Refusal, judge
from apps.common.text import is_blank

DAYS = (7, 30, 90, 180)


@dataclass(frozen=True, kw_only=True)
class FindingFacts:
    """What decides on one finding. `factor` is none where it is not asked for yet, as for a button; `why` and
    `days` likewise (0 days: until it is taken back)."""

    may_manage: bool  # alerts, where it was found
    place_name: str
    is_about_actor: bool
    why: str | None = None
    days: int = 0
    factor: SecondFactor | None = NO_FACTOR
    factor_max_age: int = 300  # seconds
    now: datetime


def can_dismiss(facts: FindingFacts) -> Decision:
    """Whoever may not handle alerts there hears just that."""
    if refusal := right_rule(facts):
        return Decision((refusal,))
    return judge((own_rule, factor_rule, reason_rule, days_rule), facts)


def can_restore(facts: FindingFacts) -> Decision:
    """A finding that is open again harms nobody, so its own subject may take that back too."""
    return judge((right_rule, factor_rule), facts)


def right_rule(facts: FindingFacts) -> Refusal | None:
    if facts.may_manage:
        return None
    return Refusal("AdminRequestRule", f"Your active roles do not handle alerts on {facts.place_name}.")


def own_rule(facts: FindingFacts) -> Refusal | None:
    if facts.is_about_actor:
        return Refusal("OwnFindingRule", "This is about you. Somebody else dismisses it.")
    return None


def factor_rule(facts: FindingFacts) -> Refusal | None:
    if facts.factor is None:
        return None
    return second_factor_refusal(facts.factor, facts.factor_max_age, facts.now)


def reason_rule(facts: FindingFacts) -> Refusal | None:
    if facts.why is not None and is_blank(facts.why):
        return Refusal("JustificationRule", "Say why.", "why")
    return None


def days_rule(facts: FindingFacts) -> Refusal | None:
    if facts.days and facts.days not in DAYS:
        return Refusal("ExpirationRule", "Choose until when.", "days")
    return None
