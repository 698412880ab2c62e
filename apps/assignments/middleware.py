"""Puts what the signed-in person holds, and so may do, on the request."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from apps.assignments.selectors import NOTHING, Holdings, access_of, holdings_of
from apps.common.access import NO_ACCESS, Access


def access(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Sets `request.holdings` and `request.access`, both computed at `request.now` when first asked for: an
    activated role opens its pages in an open session, and its end closes them, in the same second."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.holdings = SimpleLazyObject(lambda: _holdings(request))
        request.access = SimpleLazyObject(lambda: _access(request))
        return get_response(request)

    return middleware


def _holdings(request: HttpRequest) -> Holdings:
    return holdings_of(request.user, now=request.now) if request.user.is_authenticated else NOTHING


def _access(request: HttpRequest) -> Access:
    return access_of(request.user.id, request.holdings) if request.user.is_authenticated else NO_ACCESS
