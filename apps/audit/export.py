"""Events as files: one that spreadsheets open, and one that can be verified without the portal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from django.core.serializers.json import DjangoJSONEncoder

from apps.audit.canonical import canonical, line_of, plain
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
    "Approver",
    "Address",
    "Request",
    "Details",
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
        event.approver,
        event.address,
        event.request_id,
        json.dumps(event.details, cls=DjangoJSONEncoder, ensure_ascii=False) if event.details else "",
        str(event.id),
    )


def json_lines(events: Iterable[AuditEvent]) -> Iterator[str]:
    """JSON Lines: each event with all its columns and its seal, as `docs/verify_audit.py` reads them; nothing
    of it is kept. The seals are loaded with them; one that waits for its seal comes without."""
    return (f"{_json_of(event)}\n" for event in events)


def _json_of(event: AuditEvent) -> str:
    if not hasattr(event, "seal"):
        return canonical(plain(event.columns()))
    seal = event.seal
    line = line_of(event.columns(), sequence=seal.sequence, sealed_at=seal.sealed_at, previous=seal.previous)
    return canonical(line | {"hash": seal.hash})
