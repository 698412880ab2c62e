"""Where it is measured: an organisation of a size, in a database of its own, and portals on it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.core.management import call_command
from django.db import connection, connections
from django.utils import timezone

from apps.accounts.models import User
from pimportal import environment
from tests.driving.portal import Portal
from tests.scale.estate import Estate, build_estate, found_estate

LONGEST_HISTORY = 100_000  # above that an organisation has more assignments, but no more requests and events
SETTLING_SECONDS = (5, 20)  # at least, and at most
PORTAL, FLOOR = "tests.bench.settings", "tests.bench.floor_settings"


@dataclass(frozen=True)
class Ground:
    """One organisation of so many assignments. `enter` before anything is asked of it."""

    assignments: int
    url: str
    directory: Path

    @property
    def estate(self) -> Estate:
        return found_estate()

    @contextmanager
    def settled_portal(self) -> Iterator[Portal]:
        """A whole one, with its worker, that has been at work for a while. What was seeded counts as sealed:
        else the worker would do nothing else for long."""
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM audit_unsealed")
        with self.portal(program="serve") as portal:
            least, most = SETTLING_SECONDS
            time.sleep(min(max(self.assignments // 5_000, least), most))
            yield portal

    @contextmanager
    def portal(self, settings: str = PORTAL, program: str = "web", **variables: str) -> Iterator[Portal]:
        """One with these settings, that runs: the portal, or the floor."""
        with self.stopped_portal(settings, **variables) as portal:
            portal.start(program)
            yield portal

    @contextmanager
    def stopped_portal(self, settings: str = PORTAL, **variables: str) -> Iterator[Portal]:
        count = len(list(self.directory.glob("portal-*")))
        variables |= {"DJANGO_SETTINGS_MODULE": settings, "BENCH_STATIC": os.environ["BENCH_STATIC"]}
        portal = Portal(self.directory / f"portal-{count}", **variables)
        try:
            yield portal
        finally:
            portal.end()


class Grounds:
    """The databases of one run, each seeded when it is first asked for. They lie in `directory`, or, with the
    URL of a PostgreSQL database, beside that one on its server."""

    def __init__(self, directory: Path, server: str = "") -> None:
        self.directory, self._server = directory, server
        self.vendor = "PostgreSQL" if server else "SQLite"
        self._ready: set[str] = set()
        call_command("collectstatic", interactive=False, verbosity=0)

    def of(self, assignments: int) -> Ground:
        """That organisation, and this process at work on its database."""
        ground = Ground(assignments, self._url(f"pim_bench_{assignments}"), self.directory)
        self.enter(ground)
        return ground

    def enter(self, ground: Ground) -> None:
        if ground.url not in self._ready:
            self._prepare(ground)
        work_on(ground.url)

    def _prepare(self, ground: Ground) -> None:
        """Its database, up to date and with somebody in it: made, or kept from an earlier run."""
        if self._server:
            self._create(urlsplit(ground.url).path[1:])
        work_on(ground.url)
        call_command("migrate", verbosity=0, interactive=False)
        if not User.objects.exists():
            _seed(ground.assignments)
        self._ready.add(ground.url)

    def _url(self, name: str) -> str:
        if not self._server:
            return f"sqlite:///{self.directory / name}.sqlite3"
        return urlsplit(self._server)._replace(path=f"/{name}").geturl()

    def _create(self, name: str) -> None:
        work_on(self._server)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if cursor.fetchone() is None:
                cursor.execute(f'CREATE DATABASE "{name}"')


def work_on(url: str) -> None:
    """From here on this process works on that database."""
    connections["default"].close()
    connections.databases["default"].update(environment.database(url, default=Path("unused")))
    del connections["default"]


def _seed(assignments: int) -> None:
    began = time.monotonic()
    say(f"seeding an organisation of {assignments:,} assignments …")
    build_estate(assignments, now=timezone.now(), history=min(assignments, LONGEST_HISTORY))
    if connection.vendor == "postgresql":  # which does so by itself, in time; SQLite never does
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    say(f"seeded in {time.monotonic() - began:.0f} s")


def say(words: str) -> None:
    """How far it is, for whoever waits."""
    os.write(2, f"bench: {words}\n".encode())
