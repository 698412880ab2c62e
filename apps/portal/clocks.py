"""Whether the clocks of machines agree. Access begins and ends by that of the machine which is asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection

# What nobody notices. An activation lasts longer on a machine, or shorter, by as much as its clock is off.
MAY_BE_OFF = timedelta(seconds=5)


def clock_offset(clock: Callable[[], datetime]) -> timedelta:
    """How far this machine's clock is ahead of that of PostgreSQL, to within half of the time that asking
    takes. SQLite is on this machine, and has no other."""
    if connection.vendor != "postgresql":
        return timedelta()
    asked = clock()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (theirs,) = cursor.fetchone()
    return asked + (clock() - asked) / 2 - theirs


def is_off(offset: timedelta) -> bool:
    return abs(offset) > MAY_BE_OFF
