"""What a periodic job is. Which there are stands in `pimportal.schedule`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Job:
    """A task to repeat: it takes no arguments, may run twice, may be killed anywhere."""

    name: str
    task: str  # dotted path
    every: timedelta
