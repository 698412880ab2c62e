"""The one place that turns domain errors, and wrong methods, into pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render

from apps.common.errors import Conflict, DomainError, NotAllowed

_PAGES = {NotAllowed: (403, "Not allowed"), Conflict: (409, "This has changed meanwhile")}


def error_page(request: HttpRequest, error: DomainError) -> HttpResponse:
    status, title = _PAGES.get(type(error), (400, "That does not work"))
    return render(request, "errors/domain.html", {"title": title, "error": error}, status=status)


def method_page(request: HttpRequest, response: HttpResponseNotAllowed) -> HttpResponse:
    """Django answers a wrong method with an empty page; this one says that nothing was changed."""
    page = render(request, "405.html", status=response.status_code)
    page["Allow"] = response["Allow"]
    return page
