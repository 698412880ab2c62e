"""Which machines are at work, as they say themselves: one row each, which its worker writes anew.

So a machine that died is told from one that rests while others do the work. Whoever stops in order says
goodbye; whoever has been silent for a day is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from apps.portal import pulse
from apps.portal.clocks import clock_offset
from apps.portal.models import Machine

FORGOTTEN_AFTER = timedelta(days=1)


def say(name: str, *, clock: Callable[[], datetime]) -> None:
    """This machine is here, did something as long ago as its pulse says, and its clock is off by so much."""
    offset = clock_offset(clock)
    worked_at = clock() - offset - timedelta(seconds=pulse.seconds_since_beat())
    Machine.objects.bulk_create(
        [Machine(name=name, worked_at=worked_at, clock_offset=offset)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["worked_at", "clock_offset"],
    )


def say_goodbye(name: str) -> None:
    Machine.objects.filter(name=name).delete()


def forget_silent(*, now: datetime) -> int:
    """Those that came back under another name, or never; answers how many."""
    return Machine.objects.filter(worked_at__lt=now - FORGOTTEN_AFTER).delete()[0]
