"""What the pages of higher apps use of reviews."""

from __future__ import annotations

from django.http import HttpRequest

from apps.reviews.selectors.reviewing import Reviewing


def reviewing_of(request: HttpRequest) -> Reviewing:
    """What lies in front of the person who is signed in: one value for all of this request, and no other."""
    if not hasattr(request, "reviewing"):
        request.reviewing = Reviewing(request.user, request.holdings.groups, now=request.now)
    return request.reviewing
