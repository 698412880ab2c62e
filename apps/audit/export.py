"""Events as files: one that spreadsheets open, and one that can be verified without the portal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apps.audit.canonical import canonical, line_of, plain
from apps.audit.models import AuditEvent, AuditEventQuerySet
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

_READ_AT_ONCE = 500  # events that are held in memory


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


def json_lines(events: AuditEventQuerySet) -> Iterator[str]:
    """JSON Lines: each event with all its columns and its seal, as `docs/verify_audit.py` reads them; nothing
    of it is kept. One that waits for its seal comes without."""
    return (f"{_json_of(event)}\n" for event in events.select_related("seal").iterator(_READ_AT_ONCE))


def _json_of(event: AuditEvent) -> str:
    if not hasattr(event, "seal"):
        return canonical(plain(event.columns()))
    seal = event.seal
    line = line_of(event.columns(), sequence=seal.sequence, sealed_at=seal.sealed_at, previous=seal.previous)
    return canonical(line | {"hash": seal.hash})
