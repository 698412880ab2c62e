"""Background entry points of the door."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from apps.access_requests.models import AccessRequest
from apps.access_requests.reminders import remind_of_requests
from apps.access_requests.services.settling import settle_all
from apps.common.turns import in_turns

# Shorter than a queued job counts as under way (`portal.timetable.LEASE`): the next run goes on.
_AT_MOST = timedelta(seconds=12)


def has_any_to_settle(now: datetime) -> bool:
    """Whether the sweep would look at any."""
    return AccessRequest.objects.to_settle(now).exists()


def sweep() -> int:
    """Write down requests that have lapsed, lost their ground or begun. Repeatable; answers how many."""
    return settle_all(now=timezone.now(), has_time=in_turns(_AT_MOST))


def remind() -> int:
    """Remind of what waits too long. May run twice, may be killed anywhere; answers of how many requests."""
    return remind_of_requests(now=timezone.now())
