"""One examination, matter by matter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from django.db import DatabaseError, connection

from apps.common.text import one_line
from apps.portal.clocks import clock_offset
from apps.portal.doctor import contents, database, installation, work
from apps.portal.doctor.findings import Finding
from apps.portal.health import is_migrated

_AWAY = "Is it running, and is DATABASE_URL right?"
Matter = tuple[str, list[Finding]]


def examine(*, clock: Callable[[], datetime]) -> Iterator[Matter]:
    """Each matter and what is found in it, as soon as it is known. Without a database the rest is asked."""
    yield "Settings", list(installation.settings_findings())
    yield "Files", list(installation.file_findings())
    yield "Mail server", list(installation.mail_server_findings())
    try:
        yield "Database", list(database.database_findings())
        if is_migrated():
            yield from _of_contents(clock)
    except DatabaseError as error:
        connection.close()
        yield "Database", [Finding(f"It does not answer as it should. {one_line(str(error))}", _AWAY)]


def _of_contents(clock: Callable[[], datetime]) -> Iterator[Matter]:
    offset = clock_offset(clock)
    now = clock() - offset  # by the clock that all machines share
    yield "Clock", list(work.clock_findings(offset=offset))
    yield "Worker", list(work.worker_findings(now=now))
    yield "Mail", list(contents.mail_findings(now=now))
    yield "Approvers", list(contents.approver_findings(now=now))
    yield "Audit log", list(contents.audit_findings(now=now))
