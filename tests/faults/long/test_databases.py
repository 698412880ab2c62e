"""The database is away, locked or full while people work."""

from __future__ import annotations

import time

import pytest

from apps.portal.health import AWAY
from tests.faults.databases import cut_all, locked, table_locked
from tests.faults.scene import Scene

AWAY_SECONDS = 10


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_postgresql_is_started_anew(postgresql, tmp_path, mode):
    with Scene(tmp_path, postgresql.url).playing() as scene:
        postgresql.stop(mode)
        time.sleep(AWAY_SECONDS)
        assert scene.ready() == (503, AWAY)
        assert "It does not answer as it should." in scene.doctor()
        postgresql.start()

        scene.recovers()
        assert scene.ready()[0] == 200


def test_connections_to_postgresql_are_cut(postgresql, tmp_path):
    with Scene(tmp_path, postgresql.url).playing() as scene:
        for _ in range(5):
            cut_all(postgresql.url)
            time.sleep(2)

        scene.recovers()


def test_a_table_of_postgresql_is_locked(postgresql, tmp_path):
    with Scene(tmp_path, postgresql.url).playing() as scene:
        with table_locked(postgresql.url, "assignments_assignment"):
            time.sleep(AWAY_SECONDS)

        scene.recovers()


def test_sqlite_is_locked_for_less_long_than_one_waits(sqlite, tmp_path):
    with Scene(tmp_path, sqlite).playing() as scene:
        with locked(sqlite):
            time.sleep(AWAY_SECONDS)

        scene.recovers()


def test_sqlite_is_locked_for_longer_than_one_waits(sqlite, tmp_path):
    with Scene(tmp_path, sqlite).playing() as scene:
        with locked(sqlite):
            time.sleep(AWAY_SECONDS)
            said = scene.doctor()

        scene.recovers()
    assert "Nothing can be written to it: database is locked." in said


def test_the_disk_is_full(sqlite, tmp_path):
    settings = {"DJANGO_SETTINGS_MODULE": "tests.faults.settings.full"}
    with Scene(tmp_path, sqlite, variables=settings).playing() as scene:
        disk = scene.portal.background.directory / "full"
        disk.touch()
        time.sleep(AWAY_SECONDS)
        said = scene.doctor()
        disk.unlink()

        scene.recovers()
    assert "Nothing can be written to it: database or disk is full." in said
