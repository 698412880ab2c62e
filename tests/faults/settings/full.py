"""A database that takes no more as soon as there is a file `full` beside the data."""

from __future__ import annotations

from typing import Any

from django.db.backends.signals import connection_created

from tests.driving.settings import *  # noqa: F403
from tests.driving.settings import DATA_DIR


def fill(connection: Any, **_: object) -> None:
    """SQLite makes that as many pages as there are."""
    if (DATA_DIR / "full").exists():
        connection.connection.execute("PRAGMA max_page_count = 1")


connection_created.connect(fill)
