"""Lengths of time in words: "30 min", "2 h", "5 h 10 min", "in 7 months"."""

from __future__ import annotations

from datetime import datetime, timedelta

from apps.common.text import counted

_STEPS = (("year", 365), ("month", 30), ("week", 7), ("day", 1))


def in_words(span: timedelta) -> str:
    """A length to the minute, as durations of roles are shown."""
    minutes = max(0, int(span.total_seconds() // 60))
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def minutes_in_words(minutes: int) -> str:
    return in_words(timedelta(minutes=minutes))


def roughly(span: timedelta) -> str:
    """A length as people say it: minutes below a day, then days, weeks, months and years."""
    days = span.days
    if span < timedelta(minutes=1):
        return "less than a minute"
    if days < 1:
        return in_words(span)
    unit, size = next((unit, size) for unit, size in _STEPS if days >= size * (2 if unit == "week" else 1))
    return counted(days // size, unit)


def relative(instant: datetime, now: datetime) -> str:
    """ "in 25 min", "3 days ago", "now"."""
    if instant == now:
        return "now"
    return f"in {roughly(instant - now)}" if instant > now else f"{roughly(now - instant)} ago"
