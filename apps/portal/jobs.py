"""What a periodic job is. Which there are stands in `pimportal.schedule`; settings hand that table to the worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Job:
    """A task to repeat. It takes no arguments, may run twice, may be killed anywhere, and finds what is left to do."""

    name: str
    task: str  # dotted path
    every: timedelta
