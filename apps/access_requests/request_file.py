"""Requests as a file: what was asked for, by whom, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apps.access_requests.selectors.all_requests import Line
from apps.common.access import Provider
from apps.common.csv import csv_lines, instant_cell

COLUMNS = (
    "Request",
    "Asked (UTC)",
    "Requester",
    "For",
    "Request type",
    "Assignment type",
    "Role",
    "Provider",
    "Resource",
    "Starts (UTC)",
    "Ends (UTC)",
    "Minutes",
    "Justification",
    "Ticket",
    "Request status",
    "Decision",
    "Decided by",
    "Decided (UTC)",
    "Reason",
)


def request_lines(lines: Iterable[Line]) -> Iterator[str]:
    """The file line by line, as `lines` come; nothing of it is kept."""
    return csv_lines(COLUMNS, map(_cells, lines))


def _cells(line: Line) -> Iterable[str]:
    item, approval = line.item, line.approval
    return (
        item.number,
        instant_cell(item.created_at),
        item.asked_by,
        item.principal.name,
        item.get_action_display() + (" (extend)" if item.is_extension else ""),
        item.get_family_display(),
        item.role.name,
        Provider(item.resource.provider).label,
        item.resource.name,
        instant_cell(item.starts_at),
        instant_cell(item.ends_at),
        str(item.duration_minutes or ""),
        item.justification,
        f"{item.ticket_system} {item.ticket_number}".strip(),
        line.reading.label,
        approval.get_decision_display() if approval else "",
        approval.approver.name if approval else "",
        instant_cell(approval.decided_at) if approval else "",
        approval.justification if approval else item.closing_reason,
    )
