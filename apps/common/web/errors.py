"""The one place that turns errors, and wrong methods, into pages."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.template import loader
from django.views import defaults

from apps.common.errors import Conflict, DomainError, NotAllowed

_PAGES = {NotAllowed: (403, "Not allowed"), Conflict: (409, "This has changed meanwhile")}
_AGAIN_AFTER_SECONDS = 30


def error_page(request: HttpRequest, error: DomainError) -> HttpResponse:
    status, title = _PAGES.get(type(error), (400, "That does not work"))
    return render(request, "errors/domain.html", {"title": title, "error": error}, status=status)


def method_page(request: HttpRequest, response: HttpResponseNotAllowed) -> HttpResponse:
    """Django answers a wrong method with an empty page; this one says that nothing was changed."""
    page = render(request, "405.html", status=response.status_code)
    page["Allow"] = response["Allow"]
    return page


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's `handler500`, for whatever a view or a middleware did not expect. A database that is away,
    locked or full is no fault of ours and back before long; the page says so without asking it."""
    if not isinstance(sys.exception(), (OperationalError, InterfaceError)):
        return defaults.server_error(request)
    page = HttpResponse(loader.get_template("503.html").render(), status=503)
    page["Retry-After"] = str(_AGAIN_AFTER_SECONDS)
    return page
