"""Events as a file that spreadsheets open."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from apps.audit.models import AuditEvent
from apps.common.access import Provider

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
# A cell that begins so is a formula to a spreadsheet, wherever its text came from (OWASP, "CSV injection").
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_BYTE_ORDER_MARK = "\ufeff"  # tells Excel that this is UTF-8


def csv_lines(events: Iterable[AuditEvent]) -> Iterator[str]:
    """The file line by line, as `events` come; nothing of it is kept."""
    writer = csv.writer(_Passing())
    yield _BYTE_ORDER_MARK + writer.writerow(COLUMNS)
    for event in events:
        yield writer.writerow([harmless(cell) for cell in _cells(event)])


def harmless(cell: str) -> str:
    """The cell as text: a spreadsheet shows what stands there and computes nothing."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA_STARTS) else cell


def _cells(event: AuditEvent) -> Iterable[str]:
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


class _Passing:
    """Stands where `csv` expects a file, and hands each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line
