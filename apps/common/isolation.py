"""Many things to do, each on its own: one that fails must not keep the others from being done."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from django.db import InterfaceError, OperationalError

Item = TypeVar("Item")

log = logging.getLogger(__name__)


def each_on_its_own(items: Iterable[Item], step: Callable[[Item], bool], *, what: str) -> int:
    """Call `step` for every item and return how many said that they did something. What raises is logged,
    as `what` and the item, and left for the next run."""
    done = 0
    for item in items:
        try:
            done += step(item)
        except Exception:  # whatever it is: a row that cannot be handled must not block those behind it
            log.exception("%s: %s could not be handled; the next run tries again.", what, item)
    return done


def as_many_as_can_be(items: Sequence[Item], step: Callable[[Sequence[Item]], int], *, what: str) -> int:
    """Call `step`, which does all or nothing, with all items; where that raises with each half of them, and
    so on: so one that cannot be handled is found, logged and left for the next run. Returns how many `step`
    said that it did. Where the database is away, it is for all of them, and that is raised."""
    try:
        return step(items)
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # whatever it is, as above
        if len(items) == 1:
            log.exception("%s: %s could not be handled; the next run tries again.", what, items[0])
            return 0
    middle = len(items) // 2
    return sum(as_many_as_can_be(half, step, what=what) for half in (items[:middle], items[middle:]))
