"""Background entry points of the door."""

from __future__ import annotations

from django.utils import timezone

from apps.access_requests.services.settling import settle_all


def sweep() -> int:
    """Write down requests that have lapsed, lost their ground or begun. Repeatable; answers how many."""
    return settle_all(now=timezone.now())
