"""What both tables of what goes out have in common."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


def only_then(instant: str, states: tuple[str, ...], *, name: str) -> models.CheckConstraint:
    """The instant is there in these states, and in no other."""
    with_it, without = Q(**{f"{instant}__isnull": False}), Q(**{f"{instant}__isnull": True})
    in_them = Q(state__in=states)
    return models.CheckConstraint(condition=(in_them & with_it) | (~in_them & without), name=name)
