"""The one who acts, as policies of administration judge them."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from apps.access_requests.asks import Actor
from apps.administration.policy.keeping import Keeper


def keeper_of(actor: Actor, *, now: datetime) -> Keeper:
    return Keeper(
        access=actor.access,
        second_factor=actor.second_factor,
        second_factor_max_age=settings.SECOND_FACTOR_MAX_AGE,
        is_console=actor.is_console,
        now=now,
    )
