"""Several commands at the very same moment, each on a connection of its own; and one that is killed."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Barrier

from django.db import connection, connections, transaction

from apps.common.errors import DomainError


def at_once(*commands: Callable[[], object], delays: Sequence[float] = ()) -> list[object]:
    """What each of the commands gave, or the refusal it got; all begin at the same moment, or each so many
    seconds after it."""
    barrier = Barrier(len(commands))

    def run(command: Callable[[], object], delay: float) -> object:
        try:
            barrier.wait(timeout=30)
            time.sleep(delay)
            return command()
        except DomainError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(commands)) as pool:
        return list(pool.map(run, commands, delays or [0] * len(commands)))


def split(answers: list[object]) -> tuple[list[object], list[str]]:
    """Those that went through, and the sentences that refused the others."""
    through = [given for given in answers if not isinstance(given, DomainError)]
    return through, [str(given) for given in answers if isinstance(given, DomainError)]


def race(first: Callable[[], object], *others: Callable[[], object]) -> list[object]:
    """Do `first`, and commit it only when each of the others stands behind it, in this order: they go on in
    this order then. Answers what each of the others gave, or the sentence that refused it.

    SQLite has one writer at a time and keeps no order among those who wait.
    """
    with ThreadPoolExecutor(len(others)) as pool:
        with transaction.atomic():
            first()
            started: list[Future[object]] = []
            for other in others:
                started.append(pool.submit(_answer, other))
                _wait_until_they_stand(started)
        return [future.result(timeout=30) for future in started]


def _answer(command: Callable[[], object]) -> object:
    try:
        return command()
    except DomainError as error:
        return str(error)
    finally:
        connection.close()


def _wait_until_they_stand(started: list[Future[object]]) -> None:
    while connection.vendor == "postgresql" and _standing() < sum(not future.done() for future in started):
        wait(started, timeout=0.01)


def _standing() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone()[0]


def in_a_process(work: Callable[[], object]) -> int:
    """The signal that ended a process of its own which did this."""
    connections.close_all()  # no connection is shared
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # of forking beside threads, which the child never needs
        pid = os.fork()
    if not pid:
        try:
            work()
        finally:
            os._exit(1)
    return os.WTERMSIG(os.waitpid(pid, 0)[1])
