"""What would happen to each of several assignments, before anybody presses the button. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.access_requests.asks import Actor, Ask
from apps.access_requests.selectors.assigning import load_assignment
from apps.access_requests.selectors.assignments import Line, activations_under
from apps.access_requests.services.door import assess
from apps.access_requests.states import Action
from apps.assignments.models import Assignment
from apps.common.decision import ALLOWED, Decision, denied
from apps.common.errors import Invalid

# What the form under the preview still asks for says nothing about the assignment.
_STILL_ASKED_FOR = {"MfaRule", "JustificationRule"}


@dataclass(frozen=True)
class Preview:
    """What would happen to one assignment. `activations`: how many end with it; `waits`: another admin would
    have to decide, as whoever asks would gain by it."""

    line: Line
    ask: Ask
    decision: Decision
    activations: int
    waits: bool = False

    @property
    def is_removal(self) -> bool:
        return self.ask.action == Action.ADMIN_REMOVE

    @property
    def kind(self) -> str:
        """The kind it would have, where that is another one."""
        kind = self.ask.kind
        return "" if kind is None or kind == self.line.item.kind else str(Assignment.Kind(kind).label)


def preview_each(lines: Sequence[Line], asks: Iterable[Ask], *, actor: Actor, now: datetime) -> list[Preview]:
    """The door's verdict on each ask, but for what is still to be filled in."""
    ending = activations_under([line.item.id for line in lines], now=now)
    return [
        _preview(line, ask, ending.get(line.item.id, 0), actor, now)
        for line, ask in zip(lines, asks, strict=True)
    ]


def blocked(previews: Iterable[Preview]) -> Decision:
    """Whether pressing the button would do anything at all: not where each is refused."""
    decisions = [preview.decision for preview in previews]
    return ALLOWED if any(decisions) else decisions[0]


def _preview(line: Line, ask: Ask, activations: int, actor: Actor, now: datetime) -> Preview:
    try:
        if ask.action == Action.ADMIN_REMOVE:
            decision, waits = assess(ask, actor=actor, now=now), False
        else:
            case = load_assignment(ask, actor=actor, now=now)
            decision, waits = case.decision, case.waits
    except Invalid as error:
        return Preview(line, ask, denied("Invalid", str(error)), activations)
    refusals = (each for each in decision.refusals if each.rule not in _STILL_ASKED_FOR)
    return Preview(line, ask, Decision(tuple(refusals)), activations, waits)
