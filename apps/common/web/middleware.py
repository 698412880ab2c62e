"""What happens around every page: one clock reading, a strict content policy, errors as pages."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from time import perf_counter

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, UnreadablePostError
from django.utils import timezone

from apps.common.errors import DomainError
from apps.common.origin import Origin, coming_from
from apps.common.web.addresses import client_address
from apps.common.web.errors import error_page, method_page
from apps.common.web.tracing import log_answer, request_id

Handler = Callable[[HttpRequest], HttpResponse]

# No inline script or style anywhere. `data:` images are Bootstrap's own, in its style sheet.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)


def strict_headers(get_response: Handler) -> Handler:
    """What browsers and proxies may do with every answer: run nothing inline, and keep nothing of it. Files
    of the look are answered further out, and kept for long."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        # A view may have set its own: the demo's mailbox shows mails, which have inline styles.
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Cache-Control", "no-store, private")
        return response

    return middleware


def clock(get_response: Handler) -> Handler:
    """Read the clock once per request, as `request.now`; nothing below a view reads it again.

    All that is sent is here by then, and nobody has asked yet who sends it: a request that arrives drop by
    drop is judged by the session and the rights of its last byte, not of its first.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        _receive(request)
        request.now = timezone.now()
        return get_response(request)

    return middleware


def _receive(request: HttpRequest) -> None:
    """What breaks off on its way counts as nothing sent."""
    try:
        with suppress(UnreadablePostError):
            _ = request.POST if request.content_type == "multipart/form-data" else request.body
    except (UnicodeError, LookupError):  # it names a charset that is none of texts, such as "idna"
        raise BadRequest("What was sent cannot be read.") from None


def origin(get_response: Handler) -> Handler:
    """Say once per request where it comes from and what it is called, for all that is written down meanwhile,
    for the log and for the answer. It stands outermost: everything that is answered has a name."""

    def middleware(request: HttpRequest) -> HttpResponse:
        began = perf_counter()
        name = request_id(request)
        with coming_from(Origin(client_address(request), name)):
            response = get_response(request)
            response.headers["X-Request-ID"] = name
            log_answer(request, response, seconds=perf_counter() - began)
        return response

    return middleware


def domain_errors(get_response: Handler) -> Handler:
    """What a view did not turn into a form message becomes a page of its own: 400, 403, 405 or 409."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        return method_page(request, response) if isinstance(response, HttpResponseNotAllowed) else response

    def process_exception(request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return error_page(request, exception) if isinstance(exception, DomainError) else None

    middleware.process_exception = process_exception
    return middleware
