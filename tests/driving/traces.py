"""Which request an answer belongs to, as the audit log names it: shown to tests alone."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.common.origin import origin_now

TRACE = "X-Test-Trace"


def show_trace(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers[TRACE] = origin_now().trace_id
        return response

    return middleware
