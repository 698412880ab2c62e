"""What the pages of higher apps use of the log: everybody's events, filtered, as a page and as a file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from django.db.models import Q
from django.http import HttpRequest, QueryDict, StreamingHttpResponse
from django.utils.timezone import localdate

from apps.audit.export import event_lines, json_lines
from apps.audit.forms import HistoryFilter, LogFilter
from apps.audit.models import AuditEvent
from apps.audit.selectors import ABOUT_ANYTHING, each_event, log_for
from apps.audit.services import export_log
from apps.common.paging import Page
from apps.common.web.files import csv_file, streamed_file

_PERIODS = (("Today", 1), ("7 days", 7), ("30 days", 30), ("90 days", 90))


class Choice(NamedTuple):
    """A period at one press: the address with it and with what else was chosen."""

    label: str
    query: str
    is_chosen: bool


def log_page(request: HttpRequest, *, about: Q = ABOUT_ANYTHING, **part: str) -> dict[str, Any]:
    """The filter as it was sent, and the page of events that fits it: what `audit/_events.html` shows. Of one
    `part` of the log, named as in `Selection`: of a provider, of the resource with this path and all below
    it; or `about` one thing, as a higher app says which events those are."""
    form, page = LogFilter(request.GET), None
    if form.is_valid():
        selection = form.selection().of(**part)
        page = log_for(request.access, selection, about=about, after=request.GET.get("after", ""))
    return events(request, form, page)


def log_form(request: HttpRequest) -> LogFilter:
    """The filter that is sent for a file."""
    return LogFilter(request.POST)


def log_file(request: HttpRequest, form: LogFilter, **part: str) -> StreamingHttpResponse:
    """All that fits a valid filter, as JSON Lines where that is asked for, else as CSV. It is written down
    who took it."""
    found = export_log(
        actor=request.user.party,
        access=request.access,
        selection=form.selection().of(**part),
        now=request.now,
    )
    if request.POST.get("as") == "jsonl":
        return streamed_file(
            json_lines(each_event(found.select_related("seal"))), name="audit", kind="jsonl", now=request.now
        )
    return csv_file(event_lines(each_event(found)), name="audit", now=request.now)


def events(request: HttpRequest, form: HistoryFilter, page: Page[AuditEvent] | None = None) -> dict[str, Any]:
    """What `audit/_events.html` needs; without a page it shows what is wrong with the filter."""
    return {
        "form": form,
        "page": page,
        "is_filtered": any(form.data.get(name) for name in form.fields),
        "periods": _periods(request, form.data),
    }


def _periods(request: HttpRequest, sent: Mapping[str, Any]) -> list[Choice]:
    today = localdate(request.now)
    found = []
    for label, days in _PERIODS:
        since = (today - timedelta(days=days - 1)).isoformat()
        query = QueryDict(mutable=True)
        query.update({name: value for name, value in sent.items() if value and name not in _NOT_KEPT})
        query["since"] = since
        found.append(Choice(label, query.urlencode(), sent.get("since") == since and not sent.get("until")))
    return found


_NOT_KEPT = {"until", "after", "as", "csrfmiddlewaretoken"}
