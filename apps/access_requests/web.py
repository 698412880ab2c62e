"""What the pages of higher apps use of requests."""

from __future__ import annotations

from django.http import HttpRequest

from apps.access_requests.asks import Actor
from apps.access_requests.selectors.waiting import Waiting
from apps.accounts.policy import SecondFactor
from apps.accounts.web import second_factor_of


def waiting_of(request: HttpRequest) -> Waiting:
    """What waits around the person who is signed in: one value for all of this request, and for no other."""
    if not hasattr(request, "waiting"):
        request.waiting = Waiting(request.user, request.holdings, request.access, now=request.now)
    return request.waiting


def actor_of(request: HttpRequest, second_factor: SecondFactor | None = None) -> Actor:
    """The person behind a page, as the door knows them. `second_factor`: as the form of this POST found it;
    else as the session has it."""
    factor = second_factor_of(request) if second_factor is None else second_factor
    return Actor.person(request.user, access=request.access, second_factor=factor)
