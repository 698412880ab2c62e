"""A database of one's own, to lock, fill or stop: this process and portals work on it."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from io import StringIO
from pathlib import Path

import psycopg
from django.core.management import call_command
from django.db import connection, connections

from pimportal import environment
from tests.driving.processes import Background
from tests.postgresql import Server, find_programs, private_server


@contextmanager
def working_on(url: str) -> Iterator[None]:
    """This process, all of its threads, works on another database meanwhile."""
    before = connections.settings["default"]
    described = {"default": environment.database(url, default=Path())}
    _turn_to(connections.configure_settings(described)["default"])
    try:
        yield
    finally:
        _turn_to(before)


def _turn_to(described: dict[str, object]) -> None:
    connection.close()
    connections.settings["default"] = described
    del connections["default"]


@contextmanager
def on_sqlite(directory: Path) -> Iterator[str]:
    """A copy of the database that this process works on, which is SQLite and up to date."""
    path = directory / "own.sqlite3"
    connection.ensure_connection()
    with closing(sqlite3.connect(path)) as copy:
        connection.connection.backup(copy)
    url = f"sqlite:///{path}"
    with working_on(url):
        yield url


@contextmanager
def on_postgresql(directory: Path) -> Iterator[Server]:
    """A server of its own, with a database that is up to date."""
    with private_server() as server:
        migrate = Background(directory).start("manage.py", "migrate", "-v", "0", DATABASE_URL=server.url)
        assert migrate.wait() == 0
        with working_on(server.url):
            yield server


# ---- What is done to them


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Somebody else has all of a database in SQLite for themself."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=60, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def table_locked(url: str, table: str) -> Iterator[None]:
    """Somebody else has a table of PostgreSQL for themself."""
    with psycopg.connect(url) as other:
        other.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield
        other.rollback()


def back_up(url: str, file: Path) -> None:
    """As docs/deployment.md has it, while people go on working."""
    if url.startswith("sqlite"):
        call_command("backup", str(file), stdout=StringIO())
    else:
        _postgresql("pg_dump", "--format=custom", f"--file={file}", url)


def bring_back(url: str, file: Path) -> None:
    """The copy takes the place of the database, on which nobody may work meanwhile."""
    connection.close()
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///"))
        for beside in ("-wal", "-shm"):
            path.with_name(path.name + beside).unlink(missing_ok=True)
        file.replace(path)
    else:
        server, _, name = url.rpartition("/")
        elsewhere = f"--maintenance-db={server}/template1"
        _postgresql("dropdb", "--force", elsewhere, name)
        _postgresql("createdb", "--template=template0", "--encoding=UTF8", elsewhere, name)
        _postgresql("pg_restore", "--exit-on-error", f"--dbname={url}", str(file))


def _postgresql(program: str, *arguments: str) -> None:
    subprocess.run([find_programs() / program, *arguments], check=True)


def cut_all(url: str) -> None:
    """Every other connection to a server of PostgreSQL."""
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
