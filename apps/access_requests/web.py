"""What the pages of higher apps use of requests."""

from __future__ import annotations

from django.http import HttpRequest

from apps.access_requests.selectors.waiting import Waiting


def waiting_of(request: HttpRequest) -> Waiting:
    """What waits around the person who is signed in: one value for all of this request, and for no other."""
    if not hasattr(request, "waiting"):
        request.waiting = Waiting(request.user, request.holdings, now=request.now)
    return request.waiting
