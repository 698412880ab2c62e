"""Times are shown in the zone of whoever is signed in."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.accounts.policy import zone_of

Handler = Callable[[HttpRequest], HttpResponse]


def time_zone(get_response: Handler) -> Handler:
    """Make the person's zone the current one for this request only; without a person it is UTC."""

    def middleware(request: HttpRequest) -> HttpResponse:
        zone = zone_of(request.user) if request.user.is_authenticated else "UTC"
        with timezone.override(zone):
            return get_response(request)

    return middleware
