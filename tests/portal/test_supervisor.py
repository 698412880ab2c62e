"""Whoever dies, nothing is left: tried with real processes."""

from __future__ import annotations

import signal
import time

import pytest

from tests.driving.processes import wait_until

SUPERVISED = ("-m", "tests.portal.supervised")
SLEEPER = "exec sleep 613"
STUBBORN = "trap '' TERM; while :; do sleep 613; done"
# Whoever leads it ends when asked; the others were not asked, and stay.
FAMILY = "sleep 617 & exec sleep 613"


def test_starts_every_program(background):
    background.start(*SUPERVISED, SLEEPER, "sleep 617")

    assert wait_until(lambda: background.pid_of("sleep 613") and background.pid_of("sleep 617"), seconds=20)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_ends_at_once_with_what_ends_when_asked(background, number):
    supervisor = background.start(*SUPERVISED, SLEEPER)
    assert wait_until(lambda: background.pid_of("sleep 613"), seconds=20)

    asked = time.monotonic()
    supervisor.send_signal(number)

    assert supervisor.wait(10) == 0
    assert time.monotonic() - asked < 3
    assert background.left() == {}


def test_kills_after_four_seconds_what_does_not_end(background):
    supervisor = background.start(*SUPERVISED, STUBBORN, FAMILY)
    assert wait_until(lambda: background.pid_of("sleep 613") and background.pid_of("sleep 617"), seconds=20)

    asked = time.monotonic()
    supervisor.send_signal(signal.SIGTERM)

    assert supervisor.wait(10) == 0
    assert 4 <= time.monotonic() - asked < 6
    assert wait_until(lambda: background.left() == {}, seconds=1)


def test_leaves_nothing_when_killed(background):
    supervisor = background.start(*SUPERVISED, STUBBORN, FAMILY)
    assert wait_until(lambda: background.pid_of("sleep 613") and background.pid_of("sleep 617"), seconds=20)

    supervisor.kill()
    supervisor.wait(10)

    assert wait_until(lambda: background.left() == {}, seconds=10)


def test_starts_an_ended_program_again_without_what_it_left(background):
    background.start(*SUPERVISED, FAMILY)
    assert wait_until(lambda: background.pid_of("sleep 613") and background.pid_of("sleep 617"), seconds=20)
    leader, child = background.pid_of("sleep 613"), background.pid_of("sleep 617")

    background.kill(leader)

    assert wait_until(lambda: background.pid_of("sleep 613") not in {0, leader}, seconds=20)
    assert child not in background.left()


def test_holds_a_new_lifeline_when_the_old_one_ends(background):
    supervisor = background.start(*SUPERVISED, SLEEPER)
    assert wait_until(lambda: background.pid_of(".*lifeline") and background.pid_of("sleep 613"), seconds=20)
    old = background.pid_of(".*lifeline")

    background.kill(old)

    assert wait_until(lambda: background.pid_of(".*lifeline") not in {0, old}, seconds=20)
    supervisor.kill()
    supervisor.wait(10)
    assert wait_until(lambda: background.left() == {}, seconds=10)


def test_ends_with_the_process_it_is_attached_to(background):
    starter = background.start(
        "-c",
        "import subprocess, sys; subprocess.run([sys.executable, *sys.argv[1:]])",
        *SUPERVISED,
        "--attached",
        SLEEPER,
    )
    assert wait_until(lambda: background.pid_of("sleep 613"), seconds=20)

    starter.kill()
    starter.wait(10)

    assert wait_until(lambda: background.left() == {}, seconds=10)
