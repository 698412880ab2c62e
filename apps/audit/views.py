"""Pages of the audit log."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from apps.audit.export import event_lines
from apps.audit.forms import HistoryFilter, LogFilter
from apps.audit.models import AuditEvent
from apps.audit.selectors import history_of, log_for
from apps.audit.services import export_log
from apps.common.access import Permission, can_open
from apps.common.paging import Page
from apps.common.web.files import csv_file

_READ_AT_ONCE = 500  # events that an export holds in memory


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    form = HistoryFilter(request.GET)
    page = None
    if form.is_valid():
        page = history_of(request.user.pk, form.selection(), after=request.GET.get("after", ""))
    return _page(request, "audit/mine.html", form, page)


@require_safe
def everybodys(request: HttpRequest) -> HttpResponse:
    """What is open to nobody else is refused with the roles that open it."""
    can_open(request.access, Permission.AUDIT_READ).require()
    form = LogFilter(request.GET)
    page = None
    if form.is_valid():
        page = log_for(request.access, form.selection(), after=request.GET.get("after", ""))
    return _page(request, "audit/all.html", form, page)


@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    """The filtered log as a file; a POST, as it writes down who took it."""
    can_open(request.access, Permission.AUDIT_READ).require()
    form = LogFilter(request.POST)
    if not form.is_valid():
        return _page(request, "audit/all.html", form, None, status=400)
    events = export_log(
        actor=request.user.party, access=request.access, selection=form.selection(), now=request.now
    )
    lines = event_lines(events.iterator(chunk_size=_READ_AT_ONCE))
    return csv_file(lines, name="audit", now=request.now)


def _page(
    request: HttpRequest, template: str, form: HistoryFilter, page: Page[AuditEvent] | None, status: int = 200
) -> HttpResponse:
    is_filtered = any(form.data.get(name) for name in form.fields)
    context = {"form": form, "page": page, "is_filtered": is_filtered}
    return render(request, template, context, status=status)
