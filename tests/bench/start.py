"""How long a portal takes until it answers, and what its web server keeps in memory, beside bare Django."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException
from itertools import cycle, islice
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.ground import Ground, Grounds
from tests.bench.pages import PAGES
from tests.driving.portal import START_SECONDS, free_port
from tests.driving.processes import Background
from tests.driving.visitor import Visitor

REPEATS = 3
_LOAD = 200  # pages asked for before memory is looked at
_GUNICORN = ("-m", "gunicorn", "tests.bench.bare.wsgi", "--preload", "--no-control-socket")
_AS_SERVED = ("--workers", "2", "--threads", "4", "--log-level", "warning")


def measure(grounds: Grounds, size: int) -> list[Figure]:
    ground = grounds.of(size)
    bare = _Bare(ground.directory / "bare")
    starts = [(_start_of_portal(ground), bare.start()) for _ in range(REPEATS)]
    ours, theirs = (min(seconds) for seconds in zip(*starts, strict=True))
    used, least = _memory_of_portal(ground), bare.memory()
    part = "Start and memory"
    return [
        Figure(part, "from start to first answer", ours, "s", theirs, at_most=5),
        Figure(part, "web server with 2 workers, PSS", used, "MB", least, at_most=2.5),
    ]


class _Bare:
    """Django as it comes, on the server that we use and as we start it."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(exist_ok=True)
        self._background = Background(directory)
        self._run("-m", "django", "migrate", "--verbosity=0").wait(START_SECONDS)

    def start(self) -> float:
        """Seconds until the first answer; it has ended by then."""
        try:
            return self._until_it_answers()
        finally:
            self._background.end()

    def memory(self) -> float:
        try:
            self._until_it_answers()
            visitor = Visitor(self._url)
            for _ in range(_LOAD):
                visitor.get("/")
                visitor.leave()
            return sum(map(_pss, self._background.left()))
        finally:
            self._background.end()

    def _until_it_answers(self) -> float:
        port = free_port()
        self._url = f"http://127.0.0.1:{port}"
        bind = ("--bind", f"127.0.0.1:{port}")
        return _seconds(lambda: self._run(*_GUNICORN, *bind, *_AS_SERVED), f"{self._url}/")

    def _run(self, *command: str):
        return self._background.start(*command, DJANGO_SETTINGS_MODULE="tests.bench.bare.settings")


def _start_of_portal(ground: Ground) -> float:
    with ground.stopped_portal() as portal:
        return _seconds(lambda: portal.start(wait=False), f"{portal.url}/sign-in/")


def _memory_of_portal(ground: Ground) -> float:
    with ground.portal(program="serve") as portal:
        visitor = Visitor.signed_in(portal.url, ground.estate.administrator)
        for path in islice(cycle(PAGES.values()), _LOAD):
            visitor.get(path)
            visitor.leave()
        return sum(map(_pss, portal.web()))


def _seconds(start: Callable[[], object], url: str) -> float:
    """From this start until that page is answered."""
    began = time.perf_counter()
    start()
    while time.perf_counter() - began < START_SECONDS:
        with suppress(OSError, HTTPException):
            if Visitor(url, timeout=START_SECONDS).get(url).status < 500:
                return time.perf_counter() - began
        time.sleep(0.01)
    raise RuntimeError(f"{url} does not answer.")


def _pss(pid: int) -> float:
    """Megabytes of this process, with its share of what several have in common."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)[1]) / 1024
