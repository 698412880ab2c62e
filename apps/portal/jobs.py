"""What a periodic job is. Which there are stands in `pimportal.schedule`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.module_loading import import_string


@dataclass(frozen=True)
class Job:
    """A task to repeat: it takes no arguments, may run twice, may be killed anywhere."""

    name: str
    task: str  # dotted path
    every: timedelta
    # Dotted path of a cheap question, one statement or two: whether there is anything to do at an instant.
    # What there mostly is not need not go through the queue, which costs a dozen.
    wanted: str = ""

    def is_wanted(self, now: datetime) -> bool:
        return not self.wanted or bool(import_string(self.wanted)(now))
