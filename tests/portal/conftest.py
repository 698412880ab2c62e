from __future__ import annotations

import sqlite3
import sys
from contextlib import closing

import pytest
from django.db import connection

from tests.driving.processes import Background


@pytest.fixture
def background(tmp_path):
    if not sys.platform.startswith("linux"):
        pytest.skip("Looks processes up in /proc")
    background = Background(tmp_path)
    yield background
    background.end()


@pytest.fixture
def settled(background, requester):
    """Its database is up to date, and somebody is there: it starts at once, with nothing to put in place."""
    with closing(sqlite3.connect(background.directory / "pimportal.sqlite3")) as copy:
        connection.connection.backup(copy)
