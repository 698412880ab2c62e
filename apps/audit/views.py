"""Pages of the audit log."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.audit.forms import HistoryFilter
from apps.audit.selectors import history_of


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    form = HistoryFilter(request.GET)
    page = None
    if form.is_valid():
        page = history_of(request.user.pk, **form.selection(), after=request.GET.get("after", ""))
    is_filtered = any(request.GET.get(name) for name in form.fields)
    return render(request, "audit/mine.html", {"form": form, "page": page, "is_filtered": is_filtered})
