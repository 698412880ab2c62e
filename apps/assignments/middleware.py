"""Puts what the signed-in person holds, and so may do, on the request."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from apps.assignments.selectors import NOTHING, Holdings, access_of, active_now, with_eligible
from apps.common.access import NO_ACCESS, Access


def access(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Sets `request.active`, `request.holdings` (what they may activate as well) and `request.access`, each
    computed at `request.now` when first asked for: an activated role opens its pages in an open session, and
    its end closes them, in the same second."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.active = SimpleLazyObject(lambda: _active(request))
        request.holdings = SimpleLazyObject(lambda: _holdings(request))
        request.access = SimpleLazyObject(lambda: _access(request))
        return get_response(request)

    return middleware


def _active(request: HttpRequest) -> Holdings:
    return active_now(request.user, now=request.now) if request.user.is_authenticated else NOTHING


def _holdings(request: HttpRequest) -> Holdings:
    if not request.user.is_authenticated:
        return NOTHING
    return with_eligible(request.active, request.user, now=request.now)


def _access(request: HttpRequest) -> Access:
    return access_of(request.user.id, request.active) if request.user.is_authenticated else NO_ACCESS
