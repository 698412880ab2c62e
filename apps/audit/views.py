"""Pages of the audit log."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from apps.audit.forms import HistoryFilter
from apps.audit.selectors import history_of
from apps.audit.web import events, log_file, log_form, log_page
from apps.common.access import Permission, can_open


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    form, page = HistoryFilter(request.GET), None
    if form.is_valid():
        page = history_of(request.user.pk, form.selection(), after=request.GET.get("after", ""))
    return render(request, "audit/mine.html", events(request, form, page))


@require_safe
def everybodys(request: HttpRequest) -> HttpResponse:
    """What is open to nobody else is refused with the roles that open it."""
    can_open(request.access, Permission.AUDIT_READ).require()
    return render(request, "audit/all.html", log_page(request))


@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    """The filtered log as a file; a POST, as it writes down who took it."""
    can_open(request.access, Permission.AUDIT_READ).require()
    form = log_form(request)
    if not form.is_valid():
        return render(request, "audit/all.html", events(request, form), status=400)
    return log_file(request, form)
