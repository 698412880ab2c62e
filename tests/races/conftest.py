"""What all races have in common. Whatever goes wrong in one fails it: an error in the log, which a 500 is as
well, a lock that is waited for too long, and a deadlock that somebody swallowed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime

import pytest
from django.db import connection, connections
from django.utils import timezone

from apps.roles.installation import install_built_ins
from tests.races.rounds import Rounds

PATIENCE = "20s"  # as long as SQLite waits for its lock


@pytest.fixture
def now() -> datetime:
    """Pages read the clock."""
    return timezone.now()


@pytest.fixture
def rounds(request: pytest.FixtureRequest, built_ins: None) -> Rounds:
    return Rounds(request.node.name)


@pytest.fixture(autouse=True)
def built_ins(transactional_db: None) -> None:
    install_built_ins()  # a test that commits has emptied these tables too


@pytest.fixture(autouse=True)
def no_error_in_the_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []


@pytest.fixture(autouse=True)
def no_endless_wait(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> Iterator[None]:
    monkeypatch.setenv("PGOPTIONS", f"-c lock_timeout={PATIENCE} -c statement_timeout={PATIENCE}")
    before = _deadlocks()
    yield
    assert _deadlocks() == before


def _deadlocks() -> int:
    if connection.vendor != "postgresql":
        return 0
    connections.close_all()  # a server process tells what it has seen at its end
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]
