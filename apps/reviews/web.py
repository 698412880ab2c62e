"""What the pages of higher apps use of reviews."""

from __future__ import annotations

from django.http import HttpRequest

from apps.common.web.counting import counts_of
from apps.reviews.selectors.reviewing import Reviewing


def reviewing_of(request: HttpRequest) -> Reviewing:
    """What lies in front of the person who is signed in: one value for all of this request, and no other."""
    if not hasattr(request, "reviewing"):
        groups, counts = request.active.groups, counts_of(request)
        request.reviewing = Reviewing(request.user, groups, counts, now=request.now)
    return request.reviewing
