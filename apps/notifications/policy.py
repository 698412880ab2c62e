"""When a mail that did not go out is tried again, and when it is given up."""

from __future__ import annotations

from datetime import datetime, timedelta

# Quick at first, for a server that restarts; then slower, for one that is down. About a day altogether.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30, 60, 120, 240, 360, 360, 360))
MAXIMUM_ATTEMPTS = len(WAITS) + 1


def next_try(attempts: int, *, now: datetime) -> datetime | None:
    """When to try again after so many failed attempts; `None` means give up."""
    return now + WAITS[attempts - 1] if attempts < MAXIMUM_ATTEMPTS else None
