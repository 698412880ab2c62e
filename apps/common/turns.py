"""Long work a piece at a time, among others who write as well. For the entry points of background jobs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from time import monotonic, sleep

# SQLite has one writer. Who waits for it asks again every 25 ms at first: in this time they have their turn.
PAUSE_SECONDS = 0.05


def in_turns(at_most: timedelta) -> Callable[[], bool]:
    """Asked before each piece: lets others have their turn, then says whether there is time for one more."""
    until = monotonic() + at_most.total_seconds()

    def has_time() -> bool:
        sleep(PAUSE_SECONDS)
        return monotonic() < until

    return has_time
