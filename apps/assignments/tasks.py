"""Background entry points of the clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from apps.assignments.models import Assignment
from apps.assignments.reminders import remind_of_ends
from apps.assignments.roll_ups.writing import roll_up
from apps.assignments.sweep import write_down_the_clock
from apps.assignments.weekly_digest import send_weekly_digest
from apps.common.turns import in_turns

# Shorter than a queued job counts as under way (`portal.timetable.LEASE`): the next run goes on.
_AT_MOST = timedelta(seconds=12)


def has_ends(now: datetime) -> bool:
    """Whether the sweep would find any."""
    return Assignment.objects.past_their_end(now).exists()


def sweep() -> int:
    """Write down what the clock has done, until nothing is left or time is over. May run twice, may be killed
    anywhere; answers how many rows."""
    has_time, written = in_turns(_AT_MOST), 0
    while more := write_down_the_clock(now=timezone.now(), has_time=has_time):
        written += more
    return written


def roll_up_days() -> int:
    """Write down the days that are over; answers how many. May run twice, may be killed anywhere."""
    return roll_up(now=timezone.now())


def remind() -> int:
    """Warn of what ends soon. May run twice, may be killed anywhere; answers of how many it told."""
    return remind_of_ends(now=timezone.now())


def summarise_week() -> bool:
    """Send the weekly digest if it is time; whether it was. May run twice, may be killed anywhere."""
    return send_weekly_digest(now=timezone.now())
