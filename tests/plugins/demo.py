"""The demo organisation, as a new user meets it, with links that lead to the server of the test."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from django.db import connection
from django.utils import timezone

from apps.portal.demo.seed import seed_demo


class Shelf:
    """Keeps a copy of the whole database in memory: seeding takes seconds, copying none. SQLite only."""

    def __init__(self, copy: sqlite3.Connection) -> None:
        self._copy = copy
        self._is_empty = True

    def keep(self) -> None:
        if connection.vendor == "sqlite":
            connection.connection.backup(self._copy)
            self._is_empty = False

    def put_back(self) -> bool:
        """Whether there was anything to put back."""
        if not self._is_empty:
            connection.ensure_connection()
            self._copy.backup(connection.connection)
        return not self._is_empty


@pytest.fixture(scope="session")
def shelf() -> Iterator[Shelf]:
    with closing(sqlite3.connect(":memory:")) as copy:
        yield Shelf(copy)


@pytest.fixture
def demo(live_server, settings, shelf) -> None:
    settings.BASE_URL = live_server.url
    if not shelf.put_back():
        assert seed_demo(timezone.now())
        shelf.keep()
