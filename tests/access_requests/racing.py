"""Several commands at the very same moment, each on a connection of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection

from apps.common.errors import DomainError


def at_once(*commands: Callable[[], object]) -> list[object]:
    """What each of the commands gave, or the refusal it got; all begin at the same moment."""
    barrier = Barrier(len(commands))

    def run(command: Callable[[], object]) -> object:
        try:
            barrier.wait(timeout=30)
            return command()
        except DomainError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(commands)) as pool:
        return list(pool.map(run, commands))


def split(answers: list[object]) -> tuple[list[object], list[str]]:
    """Those that went through, and the sentences that refused the others."""
    through = [given for given in answers if not isinstance(given, DomainError)]
    return through, [str(given) for given in answers if isinstance(given, DomainError)]
