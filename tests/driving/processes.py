"""Programs started in the background, found again by a mark in their environment, whoever started them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from django.conf import settings

MARK = "PIM_TEST_MARK"


class Background:
    """Start Python programs of the project; know and end everything that came of them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.log = directory / "log.txt"
        self._mark = f"{MARK}={directory}"
        self.started: list[subprocess.Popen] = []

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen:
        environment = {
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "pimportal.settings",
            "PIM_DEMO": "1",
            "PIM_DATA_DIR": str(self.directory),
            "SECRET_KEY": "a-key-of-the-tests-that-has-fifty-characters-and-more",
            MARK: str(self.directory),
            **variables,
        }
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=settings.BASE_DIR,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def left(self) -> dict[int, str]:
        """The processes that are there, with their command lines; zombies have neither."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if self._mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                    found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
        return found

    def pid_of(self, beginning: str) -> int:
        """The first process whose command line begins like this (a regular expression), or 0."""
        return min((pid for pid, line in self.left().items() if re.match(beginning, line)), default=0)

    def parent_of(self, pid: int) -> int:
        stat = Path(f"/proc/{pid}/stat").read_text()
        return int(stat.rpartition(")")[2].split()[1])

    def kill(self, pid: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def end(self) -> None:
        for pid in self.left():
            self.kill(pid)
        for process in self.started:
            process.wait(10)


def wait_until(condition: Callable[[], object], *, seconds: float, every: float = 0.05) -> bool:
    """Whether it became true in time, looking every so many seconds."""
    deadline = time.monotonic() + seconds
    while not (true := condition()) and time.monotonic() < deadline:
        time.sleep(every)
    return bool(true)
