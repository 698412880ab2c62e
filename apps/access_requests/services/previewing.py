"""What would happen to each of several assignments, or to each that is asked for, before anybody presses the
button. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.access_requests.asks import Actor, Ask, Said
from apps.access_requests.models import AccessRequest
from apps.access_requests.selectors.assigning import load_decided
from apps.access_requests.selectors.assignments import Line, activations_under
from apps.access_requests.services.deciding_assignments import as_ask, offered
from apps.access_requests.services.door import assess_many
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


def preview_each(lines: Sequence[Line], asks: Sequence[Ask], *, actor: Actor, now: datetime) -> list[Preview]:
    """The door's verdict on each ask, but for what is still to be filled in."""
    ending = activations_under([line.item.id for line in lines], now=now)
    return [
        Preview(
            line,
            each.asked,
            _so_far(each.decision),
            activations=ending.get(line.item.id, 0),
            waits=each.waits,
        )
        for line, each in zip(lines, assess_many(asks, actor=actor, now=now), strict=True)
    ]


def preview_approval(request: AccessRequest, *, actor: Actor, now: datetime) -> Decision:
    """Whether an assignment that is asked for can be given just so. Approved all the same, it would fail."""
    try:
        case = load_decided(request, as_ask(request, offered(request), Said()), actor=actor, now=now)
    except Invalid as error:
        return denied("Invalid", str(error))
    return _so_far(case.decision)


def blocked(previews: Iterable[Preview]) -> Decision:
    """Whether pressing the button would do anything at all: not where each is refused."""
    decisions = [preview.decision for preview in previews]
    return ALLOWED if any(decisions) else decisions[0]


def _so_far(decision: Decision) -> Decision:
    return Decision(tuple(each for each in decision.refusals if each.rule not in _STILL_ASKED_FOR))
