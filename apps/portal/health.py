"""Whether this machine can serve, and how late background work is: words and seconds, and no contents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from apps.portal import timetable
from apps.portal.backlog import overdue_since

LATE_AFTER = timedelta(minutes=1)
# An activation may last longer, or end earlier, by as much as the clock of a machine is off.
CLOCK_MAY_BE_OFF = timedelta(seconds=5)


@dataclass(frozen=True)
class Readiness:
    """What one machine finds. `clock_offset`: how far its clock is ahead of the database's. `backlog`: how
    long the oldest of each kind of work has been due."""

    is_migrated: bool
    clock_offset: timedelta = timedelta()
    never_worked: bool = False
    backlog: Mapping[str, timedelta] | None = None

    @property
    def can_serve(self) -> bool:
        """A late worker is no failure of this machine: access ends without it."""
        return self.is_migrated

    @property
    def is_late(self) -> bool:
        return self.never_worked or any(late > LATE_AFTER for late in (self.backlog or {}).values())

    @property
    def in_words(self) -> dict[str, Any]:
        if not self.is_migrated:
            return {"status": "unavailable", "database": "ok", "migrations": "behind"}
        return {
            "status": "ok",
            "database": "ok",
            "migrations": "ok",
            "clock": "ok" if abs(self.clock_offset) <= CLOCK_MAY_BE_OFF else "off",
            "worker": "late" if self.is_late else "ok",
            "backlog_seconds": {
                kind: int(late.total_seconds()) for kind, late in (self.backlog or {}).items()
            },
        }


AWAY = {"status": "unavailable", "database": "unavailable"}


def readiness(*, clock: Callable[[], datetime]) -> Readiness:
    """Raises `DatabaseError` when the database does not answer."""
    if not is_migrated():
        return Readiness(is_migrated=False)
    offset, now = clock_offset(clock), clock()
    due = timetable.due_times(settings.PERIODIC_JOBS)
    since = overdue_since(now=now) | {"jobs": min(due.values(), default=now)}
    return Readiness(
        is_migrated=True,
        clock_offset=offset,
        never_worked=not due,
        backlog={
            kind: max(now - instant, timedelta()) if instant else timedelta()
            for kind, instant in since.items()
        },
    )


def is_migrated() -> bool:
    """Whether all that this version knows of was done to the database."""
    return MigrationRecorder(connection).applied_migrations().keys() >= _newest_migrations()


@cache
def _newest_migrations() -> set[tuple[str, str]]:
    """The last of each app; those before them were done before them. The files do not change while we run."""
    return set(MigrationLoader(None, ignore_no_migrations=True).graph.leaf_nodes())


def clock_offset(clock: Callable[[], datetime]) -> timedelta:
    """How far this machine's clock is ahead of that of PostgreSQL, to within half of the time that asking
    takes. SQLite is on this machine, and has no other."""
    if connection.vendor != "postgresql":
        return timedelta()
    asked = clock()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (theirs,) = cursor.fetchone()
    return asked + (clock() - asked) / 2 - theirs
