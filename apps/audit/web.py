"""What the pages of higher apps use of the log: everybody's events, filtered, as a page and as a file."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, StreamingHttpResponse

from apps.audit.export import event_lines
from apps.audit.forms import HistoryFilter, LogFilter
from apps.audit.models import AuditEvent
from apps.audit.selectors import ABOUT_ANYTHING, log_for
from apps.audit.services import export_log
from apps.common.paging import Page
from apps.common.web.files import csv_file

_READ_AT_ONCE = 500  # events that an export holds in memory


def log_page(
    request: HttpRequest, *, provider: str = "", path: str = "", about: Q = ABOUT_ANYTHING
) -> dict[str, Any]:
    """The filter as it was sent, and the page of events that fits it: what `audit/_events.html` shows. Of one
    provider, or of the resource with this path and all below it; or `about` one thing, as a higher app says
    which events those are."""
    form, page = LogFilter(request.GET), None
    if form.is_valid():
        selection = form.selection().within(provider, path)
        page = log_for(request.access, selection, about=about, after=request.GET.get("after", ""))
    return events(form, page)


def log_form(request: HttpRequest) -> LogFilter:
    """The filter that is sent for a file."""
    return LogFilter(request.POST)


def log_file(
    request: HttpRequest, form: LogFilter, *, provider: str = "", path: str = ""
) -> StreamingHttpResponse:
    """All that fits a valid filter, as CSV. It is written down who took it."""
    found = export_log(
        actor=request.user.party,
        access=request.access,
        selection=form.selection().within(provider, path),
        now=request.now,
    )
    lines = event_lines(found.iterator(chunk_size=_READ_AT_ONCE))
    return csv_file(lines, name="audit", now=request.now)


def events(form: HistoryFilter, page: Page[AuditEvent] | None = None) -> dict[str, Any]:
    """What `audit/_events.html` needs; without a page it shows what is wrong with the filter."""
    return {"form": form, "page": page, "is_filtered": any(form.data.get(name) for name in form.fields)}
