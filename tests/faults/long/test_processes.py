"""Processes are killed while people work."""

from __future__ import annotations

import time
from pathlib import Path
from random import Random

import pytest

from tests.driving.processes import wait_until
from tests.faults.scene import Scene

SEED = 7
SILENT = "The worker of machine1 has done nothing since"
MAIN, GUARD, FIRST, SECOND, MONITOR, PUSHER = range(6)  # of a worker, as django-q2 starts them


def test_any_process_of_the_worker_is_killed_at_ten_moments(sqlite, tmp_path):
    random = Random(SEED)  # noqa: S311
    with Scene(tmp_path, sqlite).playing() as scene:
        for _ in range(10):
            time.sleep(random.uniform(0.2, 4))
            if there := scene.portal.cluster():
                scene.kill(random.choice(there))

        scene.recovers()


@pytest.mark.parametrize("who", [[FIRST, SECOND], [MONITOR]], ids=["of tasks", "of results"])
def test_who_holds_a_queue_is_killed(sqlite, tmp_path, who):
    """Whoever reads from it holds its lock, and for ever when killed meanwhile: no other gets to read."""
    with Scene(tmp_path, sqlite).playing() as scene:
        processes = scene.portal.cluster()
        assert wait_until(
            lambda: kill_reader(scene, [processes[number] for number in who]), seconds=60, every=0
        )
        time.sleep(20)  # until it shows

        scene.recovers()


def kill_reader(scene: Scene, processes: list[int]) -> bool:
    """Whether one of them was reading from a pipe just now."""
    reading = [pid for pid in processes if "pipe_read" in Path(f"/proc/{pid}/wchan").read_text()]
    scene.kill(*reading[:1])
    return bool(reading)


@pytest.mark.parametrize("who", [PUSHER, GUARD])
def test_who_fills_the_queue_or_guards_it_is_killed(sqlite, tmp_path, who):
    with Scene(tmp_path, sqlite).playing() as scene:
        scene.kill(scene.portal.cluster()[who])

        scene.recovers()


def test_a_web_worker_is_killed(sqlite, tmp_path):
    with Scene(tmp_path, sqlite, hangs_up=True).playing() as scene:
        for worker in scene.portal.web()[1:]:
            scene.kill(worker)
            time.sleep(1)

        scene.recovers()


def test_the_web_server_is_killed(sqlite, tmp_path):
    with Scene(tmp_path, sqlite, hangs_up=True).playing() as scene:
        scene.kill(scene.portal.web()[0])

        scene.recovers()


def test_one_of_two_machines_is_gone(postgresql, tmp_path):
    """The other one does its work, and says that nobody hears of this one; back, both do."""
    with Scene(tmp_path, postgresql.url, machines=2, hangs_up=True).playing() as scene:
        scene.portal.end()
        scene.works_on()
        assert wait_until(lambda: SILENT in scene.doctor(2), seconds=90, every=10)
        assert scene.ready(2)[0] == 200
        scene.portal.start()

        scene.recovers()
