"""The database is lost while people work, and a backup of some seconds ago is brought back."""

from __future__ import annotations

import time

from tests.faults.databases import back_up
from tests.faults.scene import Scene

SECONDS = 10


def test_sqlite_is_brought_back(sqlite, tmp_path):
    lose_and_bring_back(sqlite, tmp_path)


def test_postgresql_is_brought_back(postgresql, tmp_path):
    lose_and_bring_back(postgresql.url, tmp_path)


def lose_and_bring_back(url, tmp_path):
    """What was acknowledged before the backup is there, and people sign in anew and go on."""
    copy = tmp_path / "copy"
    with Scene(tmp_path, url, hangs_up=True).playing() as scene:
        time.sleep(SECONDS)
        kept = {deed.trace for deed in scene.day.acknowledged}
        made_at = time.time()
        back_up(url, copy)
        time.sleep(SECONDS)
        scene.brings_back(copy, made_at=made_at)

        scene.recovers()
        lost = {deed.trace for deed in scene.day.lost()}
    assert kept
    assert not kept & lost
    assert lost, "What was done after the backup is there: it has not taken the place."
