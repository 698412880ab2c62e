"""The parts of documents that are drawn from the code, each between a pair of comments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from django.conf import settings

from apps.access_requests import states as requests
from apps.audit.catalogue import event_tables, field_table
from apps.common.icons import SPRITE, symbols
from apps.common.transition import Action, State, mermaid
from apps.reviews import states as rounds

_BASE = Path(settings.BASE_DIR)


def _states(table: Mapping[tuple[State, Action], State], *initial: State) -> Callable[[], str]:
    lines = [mermaid(table), *(f"    [*] --> {state}" for state in initial)]
    return lambda: "\n".join(["```mermaid", *lines, "```"])


# The documents, and the parts that each has a place for.
DOCUMENTS: dict[Path, dict[str, Callable[[], str]]] = {
    _BASE / "apps" / "README.md": {
        "states": _states(requests.TRANSITIONS, *requests.INITIAL),
        "rounds": _states(rounds.TRANSITIONS, rounds.RoundState.NOT_STARTED),
    },
    _BASE / "docs" / "audit-events.md": {"events": event_tables, "fields": field_table},
    _BASE / "static" / SPRITE: {"icons": symbols},
}


def draw(document: Path) -> str:
    """The text of a document with every drawn part as the code has it now."""
    text = document.read_text(encoding="utf-8")
    for name, part in DOCUMENTS[document].items():
        before, start, rest = text.partition(f"<!-- {name} -->")
        _, end, after = rest.partition(f"<!-- /{name} -->")
        if not end:
            raise ValueError(f"There is no place for “{name}” in {document.name}.")
        text = f"{before}{start}\n{part()}\n{end}{after}"
    return text
