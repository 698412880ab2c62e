"""What a page counts."""

from __future__ import annotations

from django.http import HttpRequest

from apps.common.counting import Counts


def counts_of(request: HttpRequest) -> Counts:
    """One value for all of this request, so that what several parts of its page count is one statement. The
    frame around a page has put one there that knows what it will count itself."""
    if not hasattr(request, "counts"):
        request.counts = Counts()
    return request.counts
