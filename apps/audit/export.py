"""Events as a file that spreadsheets open."""

from __future__ import annotations

import csv
import re
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
# Where a spreadsheet would begin a formula, wherever the text came from (OWASP, "CSV injection"): at the
# start of a cell, and inside it behind what Excel may take for its end. Where people write 1,5 that is the
# semicolon, and the quotes around a cell of ours, before which there is a comma, count for nothing.
_BEFORE_A_FORMULA = re.compile(r"^(?=[\t\r\n])|(?:^|[;\t\r\n])(?=[\s\u200b\ufeff]*[-=+@＝＋－＠])")
_BYTE_ORDER_MARK = "\ufeff"  # tells Excel that this is UTF-8


def csv_lines(events: Iterable[AuditEvent]) -> Iterator[str]:
    """The file line by line, as `events` come; nothing of it is kept."""
    writer = csv.writer(_Passing())
    yield _BYTE_ORDER_MARK + writer.writerow(COLUMNS)
    for event in events:
        yield writer.writerow([harmless(cell) for cell in _cells(event)])


def harmless(cell: str) -> str:
    """The cell as text: a spreadsheet shows what stands there and computes nothing."""
    return _BEFORE_A_FORMULA.sub(r"\g<0>'", cell)


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
