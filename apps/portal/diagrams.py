"""The parts of `apps/README.md` that are drawn from the code, each between a pair of comments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from apps.access_requests import states as requests
from apps.common.transition import Action, State, mermaid
from apps.reviews import states as rounds

DOCUMENT = Path(settings.BASE_DIR) / "apps" / "README.md"


def draw(text: str) -> str:
    """`text` with every drawn part as the code has it now."""
    diagrams = {
        "states": _states(requests.TRANSITIONS, *requests.INITIAL),
        "rounds": _states(rounds.TRANSITIONS, rounds.RoundState.NOT_STARTED),
    }
    for name, diagram in diagrams.items():
        block = f"<!-- {name} -->\n```mermaid\n{diagram}\n```\n<!-- /{name} -->"
        text, found = re.subn(rf"<!-- {name} -->.*?<!-- /{name} -->", block, text, flags=re.DOTALL)
        if not found:
            raise ValueError(f"There is no place for “{name}” in {DOCUMENT.name}.")
    return text


def _states(table: Mapping[tuple[State, Action], State], *initial: State) -> str:
    return "\n".join([mermaid(table), *(f"    [*] --> {state}" for state in initial)])
