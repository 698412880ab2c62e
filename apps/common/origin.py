"""Where a call comes from: known to what is written down, without being handed through every function.

Set once around each HTTP request, by middleware, and around each run of a background job, which has an id and
no address; on the console it is empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """The client's network address, and the id of its HTTP request, or of the run of a job."""

    address: str = ""
    trace_id: str = ""


NOWHERE = Origin()
_current: ContextVar[Origin] = ContextVar("origin", default=NOWHERE)


def origin_now() -> Origin:
    """Where what is being done comes from."""
    return _current.get()


@contextmanager
def coming_from(origin: Origin) -> Iterator[None]:
    """What is done in this block comes from there."""
    token = _current.set(origin)
    try:
        yield
    finally:
        _current.reset(token)
