from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from apps.portal import heartbeat, pulse, timetable
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


@pytest.fixture
def at_work(db):
    """A worker has entered all jobs, and none is due."""
    timetable.put_in_place(settings.PERIODIC_JOBS, now=timezone.now() + timedelta(minutes=1))
    pulse.beat()
    heartbeat.say("web-1", clock=timezone.now)
