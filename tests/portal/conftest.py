from __future__ import annotations

import sqlite3
import sys
from contextlib import closing

import pytest
from django.db import connection

from tests.driving.processes import Background
from tests.factories import make_user


@pytest.fixture
def background(tmp_path):
    if not sys.platform.startswith("linux"):
        pytest.skip("Looks processes up in /proc")
    background = Background(tmp_path)
    yield background
    background.end()


@pytest.fixture
def settled(background, transactional_db, now):
    """Its database is up to date, and somebody is there: it starts at once, with nothing to put in place."""
    make_user(now=now)
    with closing(sqlite3.connect(background.directory / "pimportal.sqlite3")) as copy:
        connection.connection.backup(copy)
