"""The vocabulary as tables of Markdown, for `docs/audit-events.md`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from apps.audit.ecs import FIELDS
from apps.audit.groups import EventGroup, group_of
from apps.audit.vocabulary import SENTENCES, AuditAction


def event_tables() -> str:
    """Every event there is, by group."""
    return "\n\n".join(f"### {group.label}\n\n{_events_of(group)}" for group in EventGroup)


def field_table() -> str:
    """Every field of a line that is streamed."""
    return _table(("field", "holds"), ((f"`{field.name}`", field.holds) for field in FIELDS))


def _events_of(group: EventGroup) -> str:
    actions = (action for action in AuditAction if group_of(action) == group)
    rows = ((f"`{action.value}`", action.label, _readable(SENTENCES[action])) for action in actions)
    return _table(("event", "name", "sentence"), rows)


def _readable(sentence: str) -> str:
    return re.sub(r"{(\w+)}", r"*\1*", sentence)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
