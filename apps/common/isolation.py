"""Many things to do, each on its own: one that fails must not keep the others from being done."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

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
