"""How long a session lasts, and the zone in which its times are shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.accounts.policy import session_lasts, zone_of
from apps.accounts.sessions import SEEN, SIGNED_IN
from apps.accounts.web import describe_session

Handler = Callable[[HttpRequest], HttpResponse]


# How often it is noted that a session is in use: a write with each request would be too many.
_NOTED_EVERY = timedelta(minutes=1)


def session_limits(get_response: Handler) -> Handler:
    """Sign out a session that was not used for long, or that began too long ago, whatever happened in it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            _keep_or_end(request)
        return get_response(request)

    return middleware


def _keep_or_end(request: HttpRequest) -> None:
    stamps = request.session.get(SIGNED_IN), request.session.get(SEEN)
    if not all(stamps):  # begun in a way that stamps nothing: it counts from now
        describe_session(request)
        return
    signed_in_at, seen_at = map(datetime.fromisoformat, stamps)
    if not session_lasts(
        signed_in_at=signed_in_at,
        seen_at=seen_at,
        now=request.now,
        idle_seconds=settings.SESSION_IDLE_AGE,
        longest_seconds=settings.SESSION_COOKIE_AGE,
    ):
        auth.logout(request)
    elif request.now - seen_at >= _NOTED_EVERY:
        request.session[SEEN] = request.now.isoformat()


def time_zone(get_response: Handler) -> Handler:
    """Make the person's zone the current one for this request only; without a person it is UTC."""

    def middleware(request: HttpRequest) -> HttpResponse:
        zone = zone_of(request.user) if request.user.is_authenticated else "UTC"
        with timezone.override(zone):
            return get_response(request)

    return middleware
