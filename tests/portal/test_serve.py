"""`manage.py serve` and what it runs, as real processes on a real port."""

from __future__ import annotations

import json
import re
import signal
import socket
import sqlite3
import time
import urllib.error
import urllib.request
from contextlib import closing

import pytest

from tests.driving.portal import START_SECONDS, free_port
from tests.driving.processes import wait_until

SERVE = ("manage.py", "serve")


@pytest.fixture
def port():
    return free_port()


def health(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready/", timeout=5) as answer:
            return json.load(answer)
    except OSError:
        return {}


def fetch(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
        return answer.read().decode()


def beats(background):
    """When the next of the periodic jobs is due: each that is done moves it on. The latest would be that of
    an hourly job, which may have had its turn before anybody looks."""
    with closing(sqlite3.connect(background.directory / "pimportal.sqlite3", timeout=20)) as database:
        return database.execute("SELECT min(next_run) FROM django_q_schedule").fetchone()[0]


def test_serves_works_and_leaves_nothing(background, port):
    serve = background.start(*SERVE, PORT=str(port))
    assert wait_until(lambda: health(port).get("status") == "ok", seconds=START_SECONDS)
    before = beats(background)

    assert wait_until(lambda: beats(background) != before, seconds=START_SECONDS)
    asked = time.monotonic()
    serve.send_signal(signal.SIGTERM)

    assert serve.wait(10) == 0
    assert time.monotonic() - asked < 6
    assert wait_until(lambda: background.left() == {}, seconds=1)
    said = background.log.read_text()
    assert f"http://127.0.0.1:{port}" in said
    assert "john.doe@example.com" in said


@pytest.mark.usefixtures("settled")
def test_stops_in_time_with_a_task_in_flight_and_leaves_nothing_when_killed(background, port):
    environment = {"PORT": str(port), "DJANGO_SETTINGS_MODULE": "tests.portal.busy"}
    serve = background.start(*SERVE, **environment)
    started = background.directory / "started"
    assert wait_until(started.exists, seconds=START_SECONDS)

    serve.send_signal(signal.SIGTERM)

    serve.wait(10)
    assert background.left() == {}

    started.unlink()
    serve = background.start(*SERVE, **environment)
    assert wait_until(lambda: health(port), seconds=START_SECONDS)
    serve.kill()
    serve.wait(10)
    assert wait_until(lambda: background.left() == {}, seconds=10)


@pytest.mark.usefixtures("settled")
def test_starts_a_silent_worker_anew(background):
    """Killed idle workers can leave the queue locked for ever; no work done is what gives them away."""
    background.start("manage.py", "worker", DJANGO_SETTINGS_MODULE="tests.portal.impatient")
    assert wait_until(lambda: beats(background), seconds=START_SECONDS)
    before = beats(background)
    assert wait_until(lambda: beats(background) != before, seconds=START_SECONDS)
    main = background.pid_of(".*manage.py cluster")

    for pid, line in background.left().items():
        if "cluster" in line and background.parent_of(pid) not in {
            main,
            background.pid_of(".*manage.py worker"),
        }:
            background.kill(pid)

    assert wait_until(
        lambda: background.pid_of(".*manage.py cluster") not in {0, main}, seconds=START_SECONDS
    )
    before = beats(background)
    assert wait_until(lambda: beats(background) != before, seconds=START_SECONDS)


def test_says_that_the_port_is_taken(background):
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]

        status = background.start(*SERVE, PORT=str(port)).wait(START_SECONDS)

    assert status == 1
    assert background.log.read_text() == (
        f"CommandError: Port {port} is taken. Choose another, such as `make run PORT={port + 1}`.\n"
    )


def test_serves_in_production_with_collected_files_and_a_database_up_to_date(background, port):
    production = {
        "DJANGO_SETTINGS_MODULE": "tests.portal.production",
        "PIM_DEMO": "0",
        "PIM_FACTOR_KEYS": "a-factor-key-of-the-tests-with-32-characters",
        "ALLOWED_HOSTS": "127.0.0.1",
        "BASE_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
        "PIM_LOG": "json",
    }

    def run(*command):
        return background.start(*command, **production).wait(START_SECONDS)

    assert run(*SERVE) == 1
    assert "Run `manage.py collectstatic` first." in background.log.read_text()
    assert run("manage.py", "collectstatic", "--noinput", "--verbosity=0") == 0
    assert run(*SERVE) == 1
    assert "Start with `manage.py serve --migrate`." in background.log.read_text()
    background.start(*SERVE, "--migrate", **production)
    assert wait_until(lambda: health(port).get("status") == "ok", seconds=START_SECONDS)
    assert "Set-up code: " in background.log.read_text()
    page = fetch(port, "/sign-in/")
    assert "Set up PIM Portal" in page  # nobody could sign in yet
    assert '"message": "GET accounts:sign_in' in background.log.read_text()
    style = re.search(r'href="(/static/css/portal\.[0-9a-f]+\.css)"', page)
    assert "--" in fetch(port, style[1])
    assert "john.doe@example.com" not in page
    with pytest.raises(urllib.error.HTTPError, match="404"):
        fetch(port, "/demo/codes/")


def test_says_everything_that_is_missing_at_once(background):
    status = background.start(*SERVE, PIM_DEMO="0", SECRET_KEY="").wait(START_SECONDS)

    said = background.log.read_text()
    assert status == 1
    assert all(name in said for name in ("SECRET_KEY", "PIM_FACTOR_KEYS", "ALLOWED_HOSTS", "BASE_URL"))
    assert "Traceback" not in said
