"""Half-open spans of time: the start belongs to them, the end does not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Period:
    """From `start` up to, and not including, `end`; no end means permanent. Instants are aware UTC."""

    start: datetime
    end: datetime | None = None

    def __post_init__(self) -> None:
        if self.end is not None and self.end <= self.start:
            raise ValueError("A period ends after it starts.")

    @property
    def length(self) -> timedelta | None:
        return None if self.end is None else self.end - self.start

    def contains(self, instant: datetime) -> bool:
        return self.start <= instant and (self.end is None or instant < self.end)

    def overlaps(self, other: Period) -> bool:
        return (other.end is None or self.start < other.end) and (self.end is None or other.start < self.end)


def earliest(*ends: datetime | None) -> datetime | None:
    """The first of several ends; `None`, which means never, loses against any instant."""
    return min((end for end in ends if end is not None), default=None)
