"""The report as a file, written down as an event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import transaction

from apps.audit.services import record
from apps.audit.vocabulary import AuditAction, Party
from apps.common.access import Access, Permission, Provider, can_open
from apps.common.csv import csv_lines, instant_cell
from apps.portal.reports.selectors import Line, Report, each_line

COLUMNS = (
    "Holder",
    "Kind of holder",
    "Through group",
    "Role",
    "Provider",
    "Resource",
    "Held as",
    "From (UTC)",
    "Until (UTC)",
    "How it ended",
    "Request",
    "Requested by",
    "Reason",
    "Ticket",
    "Approved by",
    "Approved at (UTC)",
    "Approver's reason",
    "Last review",
    "Reviewed by",
    "Reviewed at (UTC)",
    "Reviewer's reason",
    "Assignment",
)


@transaction.atomic
def export_report(report: Report, *, actor: Party, access: Access, now: datetime) -> Iterator[str]:
    """The file line by line. What leaves the portal is written down, with what was selected."""
    can_open(access, Permission.AUDIT_READ).require()
    record(AuditAction.REPORT_EXPORTED, actor=actor, at=now, details={"selection": report.chosen})
    return csv_lines(COLUMNS, map(cells_of, each_line(report, access, now=now)))


def cells_of(line: Line) -> Iterable[str]:
    """One line of it, under `COLUMNS`."""
    item, request, approval, review = line.item, line.request, line.approval, line.review
    return (
        line.holder.name,
        line.holder.get_kind_display(),
        item.principal.name if line.behind else "",
        item.role.name,
        Provider(item.resource.provider).label,
        item.resource.name,
        line.held,
        instant_cell(item.starts_at),
        instant_cell(line.until) or "Permanent",
        line.how_it_ended,
        request.number if request else "",
        request.asked_by if request else "",
        request.justification if request else "",
        request.ticket_number if request else "",
        approval.approver.name if approval else "",
        instant_cell(approval.decided_at) if approval else "",
        approval.justification if approval else "",
        review.past if review else "",
        review.decided_by.name if review else "",
        instant_cell(review.decided_at) if review else "",
        review.reason if review else "",
        str(item.id),
    )
