"""The person behind a page, as the door knows them."""

from __future__ import annotations

from django.http import HttpRequest

from apps.access_requests.asks import Actor
from apps.accounts.policy import SecondFactor
from apps.accounts.web import second_factor_of


def actor_of(request: HttpRequest, second_factor: SecondFactor | None = None) -> Actor:
    """`second_factor`: as the form of this POST found it; else as the session has it."""
    factor = second_factor_of(request) if second_factor is None else second_factor
    return Actor.person(request.user, access=request.access, second_factor=factor)
