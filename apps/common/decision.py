"""The answer to "may this be done?": yes, or no with every reason at once.

A button, a service and a form ask the same question and get the same value, so none can disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from apps.common.errors import NotAllowed

Facts = TypeVar("Facts")


@dataclass(frozen=True)
class Refusal:
    """One rule that says no.

    `rule` is the rule's name (Entra's own where it has one, such as "MfaRule"), `reason` a sentence for
    the person, `field` the form field that would put it right, if there is one.
    """

    rule: str
    reason: str
    field: str = ""


@dataclass(frozen=True)
class Decision:
    """True when nothing refuses. Refusals stand in the order of the rules; a button shows the first."""

    refusals: tuple[Refusal, ...] = ()

    def __bool__(self) -> bool:
        return not self.refusals

    @property
    def reason(self) -> str:
        return self.refusals[0].reason if self.refusals else ""

    @property
    def rules(self) -> tuple[str, ...]:
        return tuple(refusal.rule for refusal in self.refusals)

    def require(self) -> None:
        """Raise `NotAllowed` with all refusals, or do nothing."""
        if self.refusals:
            raise NotAllowed(self.refusals)


ALLOWED = Decision()


def denied(rule: str, reason: str, field: str = "") -> Decision:
    return Decision((Refusal(rule, reason, field),))


def judge(rules: Iterable[Callable[[Facts], Refusal | None]], facts: Facts) -> Decision:
    """Ask every rule and collect every refusal; the first no does not hide the others (Entra behaviour)."""
    answers = (rule(facts) for rule in rules)
    return Decision(tuple(answer for answer in answers if answer is not None))


def together(*decisions: Decision) -> Decision:
    """Yes where each of them is; else every refusal of all of them, each once."""
    refusals = (refusal for decision in decisions for refusal in decision.refusals)
    return Decision(tuple(dict.fromkeys(refusals)))
