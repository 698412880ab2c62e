"""The frame around every page, there before the page is."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.common.counting import Counts
from apps.portal.context import Frame


def frame(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """What a page counts itself is counted in one statement with what stands around it. Nothing is asked
    before either wants to know."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.frame = Frame(request)
        request.counts = Counts(request.frame.name)
        return get_response(request)

    return middleware
