"""Who may start, stop and reverse a job. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from apps.accounts.policy import SecondFactor, is_fresh
from apps.common.decision import Decision, Refusal, judge
from apps.jobs.states import OVER, JobState


@dataclass(frozen=True, kw_only=True)
class JobFacts:
    """Everything that decides about a job. `to_apply` and `to_reverse` count its lines."""

    state: JobState
    is_own: bool
    now: datetime
    sees_all: bool = False
    to_apply: int = 0
    to_reverse: int = 0
    second_factor: SecondFactor | None = None  # None: not asked for yet, as for a button
    second_factor_max_age: int = 300  # seconds


def own_rule(facts: JobFacts) -> Refusal | None:
    """It acts with the rights of whoever planned it, so nobody else sets it going."""
    if not facts.is_own:
        return Refusal("ActorRule", "Only whoever planned this applies it.")
    return None


def planned_rule(facts: JobFacts) -> Refusal | None:
    if facts.state != JobState.PLANNED:
        return Refusal("StateRule", f"This is {facts.state.label.lower()}.")
    return None


def something_to_apply_rule(facts: JobFacts) -> Refusal | None:
    if not facts.to_apply:
        return Refusal("NothingToDo", "No line changes anything.")
    return None


def factor_rule(facts: JobFacts) -> Refusal | None:
    if facts.second_factor is None or is_fresh(
        facts.second_factor, now=facts.now, max_age_seconds=facts.second_factor_max_age
    ):
        return None
    return Refusal("MfaRule", "Confirm with your second factor.", "code")


def may_stop_rule(facts: JobFacts) -> Refusal | None:
    if not (facts.is_own or facts.sees_all):
        return Refusal("ActorRule", "Only whoever planned this stops it.")
    return None


def not_over_rule(facts: JobFacts) -> Refusal | None:
    if facts.state in OVER:
        return Refusal("StateRule", "This is over already.")
    return None


def over_rule(facts: JobFacts) -> Refusal | None:
    if facts.state not in OVER:
        return Refusal("StateRule", "Stop it first, or let it finish.")
    return None


def something_to_reverse_rule(facts: JobFacts) -> Refusal | None:
    if not facts.to_reverse:
        return Refusal("NothingToDo", "Nothing of this can be reversed.")
    return None


def can_start(facts: JobFacts) -> Decision:
    return judge((own_rule, planned_rule, something_to_apply_rule, factor_rule), facts)


def can_stop(facts: JobFacts) -> Decision:
    return judge((may_stop_rule, not_over_rule), facts)


def can_reverse(facts: JobFacts) -> Decision:
    """Whether a reversal may be planned. Whoever sees a job may: it acts with their rights, not with those of
    whoever applied it."""
    return judge((over_rule, something_to_reverse_rule), facts)
