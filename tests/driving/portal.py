"""A real portal in processes of its own, on the database that this process works on."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPException
from pathlib import Path
from socket import create_server
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from tests.driving.processes import Background, wait_until
from tests.driving.visitor import Visitor

# Starting takes three seconds on an idle machine; a busy one may take its time without failing a test.
START_SECONDS = 60
STOP_SECONDS = 20


class Portal:
    """One machine with a portal: `directory` is its own, as are its port and its processes. Several may share
    one database. It has the keys of this process, so that sessions and second factors of here count there.

        with Portal(tmp_path).running() as portal:
            Visitor.signed_in(portal.url, user).get("/my-roles/")

    Like the tests it is a demo, and where nobody is yet it begins with the demo's organisation, which takes
    long: make your people first.

    `variables` go to its environment, such as WEB_CONCURRENCY, DATABASE_URL (another database than ours), or
    DJANGO_SETTINGS_MODULE (one that begins with `from tests.driving.settings import *`).
    """

    def __init__(self, directory: Path, **variables: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.background = Background(directory)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.variables = self._environment() | variables

    @property
    def log(self) -> str:
        """What its programs have said."""
        return self.background.log.read_text(errors="replace") if self.background.log.exists() else ""

    @contextmanager
    def running(self, program: str = "serve") -> Iterator[Portal]:
        """Nothing of it is left afterwards, whatever happened inside."""
        try:
            self.start(program)
            yield self
        finally:
            self.end()

    def start(self, program: str = "serve", *, wait: bool = True) -> subprocess.Popen[bytes]:
        """`serve` is web and worker, `worker` the worker alone; `web` is the web alone, as `serve` runs it. A
        web server is waited for until it answers, so its database has to be up to date."""
        command = ("-m", "tests.driving.web") if program == "web" else ("manage.py", program)
        process = self.background.start(*command, **self.variables)
        if wait and program != "worker" and not wait_until(self.answers, seconds=START_SECONDS):
            raise RuntimeError(f"The portal does not answer. It said:\n{self.log}")
        return process

    def run(self, *command: str) -> int:
        """A management command of this portal, and its exit code. What it says goes to the log."""
        return self.background.start("manage.py", *command, **self.variables).wait(START_SECONDS)

    def stop(self) -> None:
        """As an operator does: asks every program to end, and waits for it."""
        running = [process for process in self.background.started if process.poll() is None]
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            process.wait(STOP_SECONDS)

    def end(self) -> None:
        """At once, and all of it."""
        self.background.end()

    def answers(self) -> bool:
        """Whether somebody who is not signed in gets a page, which takes a look into the database."""
        with suppress(OSError, HTTPException):
            return Visitor(self.url, timeout=5).get("/sign-in/").status < 500
        return False

    # ---- Processes

    def web(self) -> list[int]:
        """The processes of the web server, the main one first, then its workers."""
        return self._processes("gunicorn")

    def cluster(self) -> list[int]:
        """The processes of the worker: main, its guard, then whatever works for that one."""
        return self._processes("manage.py cluster")

    def children(self, pid: int) -> list[int]:
        return [other for other in self.background.left() if self._parent(other) == pid]

    def _processes(self, words: str) -> list[int]:
        """From the oldest to the youngest of one family: each after the one that started it."""
        waiting = {pid for pid, line in self.background.left().items() if words in line}
        found: list[int] = []
        while waiting:
            found += (next_ones := sorted(pid for pid in waiting if self._parent(pid) not in waiting))
            waiting.difference_update(next_ones)
        return found

    def _parent(self, pid: int) -> int:
        with suppress(OSError):
            return self.background.parent_of(pid)
        return 0

    def _environment(self) -> dict[str, str]:
        return {
            "DJANGO_SETTINGS_MODULE": "tests.driving.settings",
            "PIM_DEMO": "1" if settings.DEMO else "0",
            "SECRET_KEY": settings.SECRET_KEY,
            "PIM_FACTOR_KEYS": ",".join(settings.FACTOR_KEYS),
            "DATABASE_URL": database_url(),
            "PORT": str(self.port),
            "ALLOWED_HOSTS": "127.0.0.1",
            "BASE_URL": self.url,
        }


def database_url() -> str:
    """The database that this process works on, as DATABASE_URL names it."""
    known = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{Path(known['NAME']).absolute()}"
    password = f":{quote(known['PASSWORD'], safe='')}" if known["PASSWORD"] else ""
    return f"postgres://{known['USER']}{password}@{known['HOST']}:{known['PORT']}/{known['NAME']}"


def free_port() -> int:
    with closing(create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])
