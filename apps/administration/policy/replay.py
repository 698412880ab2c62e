"""What rules would have done to activations of the past: the rules of the door, asked again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.text import get_text_list

from apps.access_requests.policy.activation import (
    ActivationFacts,
    expiration_rule,
    justification_rule,
    mfa_rule,
    ticketing_rule,
)
from apps.accounts.policy import SecondFactor
from apps.common.decision import judge
from apps.common.period import Period
from apps.common.text import counted
from apps.roles.policy.rules import Authentication, RoleRules

REPLAYED = timedelta(days=90)
# What the past says enough about. Whether somebody was eligible does not depend on the rules.
_RULES = (expiration_rule, mfa_rule, justification_rule, ticketing_rule)
APPROVAL, NO_APPROVAL, CONTEXT = "approval", "no approval", "context"
_WORDS = {
    APPROVAL: "would have needed approval",
    NO_APPROVAL: "would have needed no approval any more",
    "ExpirationRule": "would have been refused (too long)",
    CONTEXT: "would have been refused (authentication context)",
    "MfaRule": "would have needed a second factor",
    "JustificationRule": "would have needed a reason",
    "TicketingRule": "would have needed a ticket",
}


@dataclass(frozen=True)
class PastActivation:
    """A request to activate, as it was sent. `needed_approval`: by the rules of its time."""

    asked_at: datetime
    minutes: int
    justification: str = ""
    ticket_number: str = ""
    second_factor_at: datetime | None = None
    needed_approval: bool = False


@dataclass(frozen=True)
class Replay:
    """How many activations there were, and for how many what would have been different. One activation may
    count under several differences."""

    total: int = 0
    differences: Mapping[str, int] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """ "Of 41 activations in the last 90 days, 14 would have needed approval and 3 would have …"."""
        if not self.total:
            return f"Nobody activated this in the last {REPLAYED.days} days."
        different = [
            f"{self.differences[name]} {words}"
            for name, words in _WORDS.items()
            if self.differences.get(name)
        ]
        outcome = get_text_list(different, "and") or "every one would have gone the same way"
        return f"Of {counted(self.total, 'activation')} in the last {REPLAYED.days} days, {outcome}."


def replay(past: Iterable[PastActivation], rules: RoleRules, *, second_factor_max_age: int) -> Replay:
    """`past` under these rules."""
    counted: Counter[str] = Counter()
    total = 0
    for activation in past:
        total += 1
        counted.update(_differences(activation, rules, second_factor_max_age))
    return Replay(total, dict(counted))


def _differences(activation: PastActivation, rules: RoleRules, max_age: int) -> Iterator[str]:
    if rules.requires_approval != activation.needed_approval:
        yield APPROVAL if rules.requires_approval else NO_APPROVAL
    for rule in judge(_RULES, _facts(activation, rules, max_age)).rules:
        is_context = rule == "MfaRule" and rules.authentication == Authentication.CONTEXT
        yield CONTEXT if is_context else rule


def _facts(activation: PastActivation, rules: RoleRules, max_age: int) -> ActivationFacts:
    at, proven_at = activation.asked_at, activation.second_factor_at
    return ActivationFacts(
        rules=rules,
        eligible=Period(at),
        now=at,
        minutes=activation.minutes,
        justification=activation.justification,
        ticket_number=activation.ticket_number,
        # One clock reading per request: what was proven in the very same is as old as the request itself.
        second_factor=SecondFactor(proven_at, in_this_post=proven_at == at),
        second_factor_max_age=max_age,
    )
