"""Somebody of the demo organisation at work, at an earlier time."""

from __future__ import annotations

from datetime import datetime

from apps.access_requests.asks import Actor
from apps.accounts.models import User
from apps.accounts.policy import SecondFactor
from apps.assignments.selectors import access_of, holdings_of


def acting(user: User, at: datetime) -> Actor:
    """With what they may do then, and a second factor just proven."""
    access = access_of(user.id, holdings_of(user, now=at))
    factor = SecondFactor(at, in_this_post=True, device="Authenticator app")
    return Actor.person(user, access=access, second_factor=factor)
