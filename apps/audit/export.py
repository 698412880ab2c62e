"""Events as a file that spreadsheets open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apps.audit.models import AuditEvent
from apps.common.access import Provider
from apps.common.csv import csv_lines

COLUMNS = (
    "Time (UTC)",
    "Event",
    "Sentence",
    "Outcome",
    "Actor",
    "Target",
    "Role",
    "Provider",
    "Resource",
    "Reason",
    "Ticket",
    "Id",
)


def event_lines(events: Iterable[AuditEvent]) -> Iterator[str]:
    """The file line by line, as `events` come; nothing of it is kept."""
    return csv_lines(COLUMNS, map(cells_of, events))


def cells_of(event: AuditEvent) -> Iterable[str]:
    """One line of it, under `COLUMNS`."""
    return (
        event.at.isoformat(timespec="seconds"),
        event.action,
        event.sentence,
        event.get_outcome_display(),
        event.actor_name,
        event.target_name,
        event.role,
        Provider(event.provider).label,
        event.resource_name,
        event.justification,
        event.ticket,
        str(event.id),
    )
