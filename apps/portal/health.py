"""Whether this machine can serve, and how late background work is: words and seconds, and no contents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from apps.portal.backlog import backlog
from apps.portal.clocks import clock_offset, is_off
from apps.portal.models import Machine

LATE_AFTER = timedelta(minutes=1)


@dataclass(frozen=True)
class Readiness:
    """What one machine finds. `clock_offset`: how far its clock is ahead of the database's. `backlog`: how
    long the oldest of each kind of work has been due."""

    is_migrated: bool
    clock_offset: timedelta = timedelta()
    is_anybody_at_work: bool = True
    backlog: Mapping[str, timedelta] = field(default_factory=dict)

    @property
    def can_serve(self) -> bool:
        """A late worker is no failure of this machine: access ends without it."""
        return self.is_migrated

    @property
    def is_late(self) -> bool:
        return not self.is_anybody_at_work or any(late > LATE_AFTER for late in self.backlog.values())

    @property
    def in_words(self) -> dict[str, Any]:
        if not self.is_migrated:
            return {"status": "unavailable", "database": "ok", "migrations": "behind"}
        return {
            "status": "ok",
            "database": "ok",
            "migrations": "ok",
            "clock": "off" if is_off(self.clock_offset) else "ok",
            "worker": "late" if self.is_late else "ok",
            "backlog_seconds": {kind: int(late.total_seconds()) for kind, late in self.backlog.items()},
        }


AWAY = {"status": "unavailable", "database": "unavailable"}


def readiness(*, clock: Callable[[], datetime]) -> Readiness:
    """Raises `DatabaseError` when the database does not answer."""
    if not is_migrated():
        return Readiness(is_migrated=False)
    offset = clock_offset(clock)
    now = clock() - offset  # by the clock that all machines share
    return Readiness(
        is_migrated=True,
        clock_offset=offset,
        is_anybody_at_work=Machine.objects.at_work(now).exists(),
        backlog=backlog(now=now),
    )


def is_migrated() -> bool:
    """Whether all that this version knows of was done to the database."""
    return MigrationRecorder(connection).applied_migrations().keys() >= _newest_migrations()


@cache
def _newest_migrations() -> set[tuple[str, str]]:
    """The last of each app; those before them were done before them. The files do not change while we run."""
    return set(MigrationLoader(None, ignore_no_migrations=True).graph.leaf_nodes())
