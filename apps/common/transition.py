"""States and what may be done in them, as one dict per subject: `{(state, action): state}`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from apps.common.errors import Conflict

State = TypeVar("State", bound=StrEnum)
Action = TypeVar("Action", bound=StrEnum)


def next_state(table: Mapping[tuple[State, Action], State], state: State, action: Action) -> State:
    """The state that `action` leads to. Raises `Conflict` where the table has no such arrow."""
    try:
        return table[state, action]
    except KeyError:
        raise Conflict(f"This is {_words(state)}; it can no longer be {_words(action)}.") from None


def mermaid(table: Mapping[tuple[State, Action], State]) -> str:
    """The table as a Mermaid state diagram, for `apps/README.md`."""
    arrows = [f"    {state} --> {target}: {action}" for (state, action), target in table.items()]
    return "\n".join(["stateDiagram-v2", *arrows])


def _words(code: StrEnum) -> str:
    return getattr(code, "label", str(code)).lower()
