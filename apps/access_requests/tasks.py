"""Background entry points of the door."""

from __future__ import annotations

from django.utils import timezone

from apps.access_requests.reminders import remind_of_requests
from apps.access_requests.services.settling import settle_all


def sweep() -> int:
    """Write down requests that have lapsed, lost their ground or begun. Repeatable; answers how many."""
    return settle_all(now=timezone.now())


def remind() -> int:
    """Remind of what waits too long. May run twice, may be killed anywhere; answers of how many requests."""
    return remind_of_requests(now=timezone.now())
