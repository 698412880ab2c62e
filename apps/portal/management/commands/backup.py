"""Copies an SQLite database while the portal goes on; PostgreSQL brings its own command for that."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection


class Command(BaseCommand):
    help = "Copy the SQLite database into a file, as it is at one moment, while people go on working."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="what is there under this name is replaced")

    def handle(self, *, file: Path, **_: Any) -> None:
        if connection.vendor != "sqlite":
            raise CommandError("PostgreSQL is copied by pg_dump: see docs/deployment.md, section 6.")
        half = file.with_name(f"{file.name}.part")
        half.unlink(missing_ok=True)
        try:
            os.close(os.open(half, os.O_CREAT | os.O_EXCL, mode=0o600))
            _copy(half)
            half.replace(file)
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"{file} holds a copy of the database.")


def _copy(file: Path) -> None:
    """A half copy never has the name of a whole one, and a whole one has been read again."""
    connection.ensure_connection()
    with closing(sqlite3.connect(file)) as copy:
        connection.connection.backup(copy)
        if copy.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise CommandError("The copy is damaged. Is the database? Run manage.py doctor.")
