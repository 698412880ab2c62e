"""The database itself."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import DatabaseError, connection, transaction

from apps.common.text import one_line
from apps.portal.doctor.findings import Finding
from apps.portal.health import is_migrated

LEAST_POSTGRESQL = 14
_MIGRATE = "Run manage.py migrate, or start with serve --migrate."
_QUESTIONS = {
    "postgresql": {
        "version": "SELECT current_setting('server_version_num')::int / 10000",
        "encoding": "SELECT current_setting('server_encoding')",
        "read_only": "SELECT current_setting('transaction_read_only') = 'on'",
    },
    "sqlite": {"journal": "PRAGMA journal_mode", "damage": "PRAGMA quick_check(1)"},
}


def database_findings() -> Iterator[Finding]:
    """Of a large SQLite file, looking for damage takes a while: all of it is read."""
    if not is_migrated():
        yield Finding("It is behind this version.", _MIGRATE)
    with connection.cursor() as cursor:
        answers = {}
        for name, question in _QUESTIONS[connection.vendor].items():
            cursor.execute(question)
            (answers[name],) = cursor.fetchone()
    yield from _OF[connection.vendor](**answers)
    if connection.vendor == "sqlite":
        yield from writing_findings()


def of_postgresql(*, version: int, encoding: str, read_only: bool) -> Iterator[Finding]:
    if version < LEAST_POSTGRESQL:
        yield Finding(f"PostgreSQL {version} is too old.", f"Take {LEAST_POSTGRESQL} or newer.")
    if encoding != "UTF8":
        yield Finding(f"It is encoded in {encoding}.", "Create it anew with --encoding=UTF8.")
    if read_only:
        yield Finding("It can only be read.", "Is DATABASE_URL that of a copy that follows another?")


def of_sqlite(*, journal: str, damage: str) -> Iterator[Finding]:
    if journal != "wal":
        yield Finding(
            "SQLite keeps no write-ahead log.", "Is its file on a network drive? Move it to a local one."
        )
    if damage != "ok":
        yield Finding(f"It is damaged: {damage}.", "Stop the portal, and restore the last backup.")


def writing_findings() -> Iterator[Finding]:
    """Makes a table and drops it, which waits for whoever writes, as long as everybody here does. That is
    committed: what is rolled back never gets as far as the disk."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("CREATE TABLE pim_doctor (tried)")
            cursor.execute("DROP TABLE pim_doctor")
    except DatabaseError as error:
        yield Finding(
            f"Nothing can be written to it: {one_line(str(error))}.",
            "Is its disk full, or does another program hold on to it? Access ends nevertheless.",
        )


_OF = {"postgresql": of_postgresql, "sqlite": of_sqlite}
