"""What a command says beside its change, such as events and notices, is written together at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.db import transaction

Item = TypeVar("Item")
Left = dict[Callable[[list[Any]], None], list[Any]]

_open: ContextVar[Left | None] = ContextVar("open", default=None)


@contextmanager
def command() -> Iterator[None]:
    """One transaction. What is left for the end is written before it commits, with one call for all of a
    kind; a command that is a part of another leaves it to that one. What raises leaves nothing."""
    outer, ours = _open.get(), Left()
    token = _open.set(ours)
    try:
        with transaction.atomic():
            yield
            if outer is None:
                write_what_is_left()
    finally:
        _open.reset(token)
    for write, items in ours.items():
        at_the_end(write, *items)


def at_the_end(write: Callable[[list[Item]], None], *items: Item) -> None:
    """Have these written at the end of the running command; at once where none is running."""
    left = _open.get()
    if left is None:
        write(list(items))
    else:
        left.setdefault(write, []).extend(items)


def write_what_is_left() -> None:
    """For who reads back what this command has said so far."""
    left = _open.get()
    while left:
        write = next(iter(left))
        write(left.pop(write))
