"""A portal at work while something goes wrong: people, mail, access that ends, and what became of it."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from http.client import HTTPException
from itertools import cycle
from pathlib import Path
from threading import Event, Thread
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from apps.access_requests.models import AccessRequest
from apps.assignments.models import Assignment
from apps.audit.models import AuditEvent, AuditSeal
from apps.audit.vocabulary import AuditAction
from apps.common.lookup import present
from apps.notifications.models import Notice
from apps.roles import built_in
from tests.driving.cast import make_cast
from tests.driving.day import Day, Deed
from tests.driving.portal import Portal
from tests.driving.processes import wait_until
from tests.driving.visitor import Visitor
from tests.factories import activate, assign, make_resource, make_user, set_rules
from tests.faults.databases import bring_back
from tests.faults.post import PostOffice
from tests.faults.watch import HealthWatch
from tests.faults.whole import Known, faults

LONGEST_RECOVERY_SECONDS = 180
ENDINGS = 20
WATCHED = 5  # every so many of them
LOOKS_ON = timedelta(seconds=15)
SENTENCE = "The database does not answer"
OF_NOW = ("Database: ", "Worker: ")  # what the doctor begins with where something is wrong at that moment

REPORT: dict[str, str] = {}  # what is said at the end, by test


@dataclass
class Scene:
    """`with Scene(directory, url).playing() as scene:` has people at work; then something is done to it, and
    `scene.recovers()` says after how many seconds all is whole again."""

    directory: Path
    url: str  # of the database
    machines: int = 1
    people: int = 3
    skew: timedelta = timedelta()
    hangs_up: bool = False  # whether people may get no answer at all, because whoever was at it died
    variables: dict[str, str] = field(default_factory=dict)
    of_each: dict[int, dict[str, str]] = field(default_factory=dict)  # of one machine, by its number
    post: PostOffice = field(default_factory=PostOffice)

    restored: tuple[float, float] | None = None  # when a backup was made, and when it was brought back

    @property
    def portal(self) -> Portal:
        return self.portals[0]

    @contextmanager
    def playing(self) -> Iterator[Scene]:
        self.witnesses: list[Witness] = []
        self.watches: list[HealthWatch] = []
        self._set()
        self.post.take()
        try:
            for portal in self.portals:
                portal.start()
            self._watch_health()
            self._let_access_end()
            with self.day.running():
                assert wait_until(lambda: self.day.acknowledged, seconds=60), self.portal.log
                yield self
        finally:
            self._clear()

    def _set(self) -> None:
        now = timezone.now()
        cast = make_cast(self.people, now=now - timedelta(minutes=2))
        self.since = now - timedelta(minutes=1)
        self.ending = make_what_will_end(now=self.since)
        self.portals = [
            Portal(self.directory / f"machine{number}", **self._variables(number))
            for number in range(1, self.machines + 1)
        ]
        urls = [portal.url for portal in self.portals]
        self.day = Day(urls, cast, people=self.people)

    def _watch_health(self) -> None:
        self.watches = [HealthWatch(portal) for portal in self.portals]
        for watch in self.watches:
            watch.start()

    def _let_access_end(self) -> None:
        """A part of it under the eyes of those who hold it."""
        let_end(*self.ending, now=timezone.now())
        urls = cycle(portal.url for portal in self.portals)
        watched = self.ending[0][WATCHED::WATCHED]
        self.witnesses = [Witness(next(urls), row, allowed=self.skew) for row in watched]
        for witness in self.witnesses:
            witness.start()

    def _clear(self) -> None:
        for thread in (*self.witnesses, *self.watches):
            thread.is_over.set()
        for portal in self.portals:
            portal.end()
        self.post.shut()

    def _variables(self, number: int) -> dict[str, str]:
        return {
            "EMAIL_URL": self.post.url,
            "PIM_MACHINE": f"machine{number}",
            "DATABASE_URL": self.url,
            **self.variables,
            **self.of_each.get(number, {}),
        }

    # ---- What is done to it

    def brings_back(self, copy: Path, *, made_at: float) -> None:
        """As docs/deployment.md has it."""
        self.portal.stop()
        bring_back(self.url, copy)
        assert self.portal.run("after-restore") == 0
        self.restored = made_at, time.time()
        for watch in self.watches:
            watch.forget(before=self.restored[1])
        self.portal.start()

    def kill(self, *processes: int) -> None:
        for process in processes:
            self.portal.background.kill(process)

    # ---- What became of it

    def works_on(self) -> None:
        """Until a change is made, its event sealed and its mail sent, by whoever is there."""
        self._wait_for(partial(self._works_since, timezone.now() + self.skew), time.monotonic())

    def ready(self, machine: int = 1) -> tuple[int, dict[str, Any]]:
        """What its health page says."""
        page = Visitor(self.portals[machine - 1].url).get("/health/ready/")
        return page.status, json.loads(page.body)

    def doctor(self, machine: int = 1) -> str:
        """What it says of itself on the console, among what its log says meanwhile."""
        portal = self.portals[machine - 1]
        before = len(portal.log)
        portal.run("doctor")
        return portal.log[before:]

    def latest_end(self) -> timedelta:
        """How late the end that was written down latest was written down."""
        ended = AuditEvent.objects.filter(action=AuditAction.ACTIVATION_ENDED, actor_kind="clock")
        late = [event.at - datetime.fromisoformat(event.details["ended_at"]) for event in ended]
        return max(late, default=timedelta())

    def recovers(self) -> float:
        """Seconds until changes are made, events sealed and mails sent again, and nothing is wrong. For when
        what went wrong is over."""
        began, mark = time.monotonic(), timezone.now() + self.skew
        self._wait_for(partial(self._works_since, mark), began)
        self.day.end()
        self._wait_for(lambda: not self.faults(), began)
        self._wait_for(self._is_well, began)
        seconds = time.monotonic() - began
        wrong = [*self.day.surprises, *self._unanswered(), *self._outlived(), *self._lies()]
        if wrong:
            raise AssertionError("\n".join(wrong))
        REPORT[self.directory.name] = f"{seconds:5.1f} s; {self._numbers()}"
        return seconds

    def _is_well(self) -> bool:
        """As every machine says itself."""
        with suppress(OSError, HTTPException):
            said = [self.ready(number) for number in range(1, self.machines + 1)]
            return all(status == 200 and words["worker"] == "ok" for status, words in said)
        return False

    def _numbers(self) -> str:
        answers = Counter(deed.status for deed in self.day.deeds)
        return (
            f"{len(self.day.acknowledged)} changes, {answers[503]} answers with 503, {answers[0]} none,"
            f" {self.post.mailed.total()} mails, {self.post.repeated} twice,"
            f" ends written after {self.latest_end().total_seconds():.1f} s at most"
        )

    def _unanswered(self) -> list[str]:
        return [str(deed) for deed in self.day.failures if not self._is_in_words(deed)]

    def _outlived(self) -> list[str]:
        long = [witness.outlived for witness in self.witnesses if witness.outlived]
        seen = sum(witness.saw for witness in self.witnesses)
        blind = [] if seen else ["No witness has seen what their role shows."]
        return [*blind, *(f"Access was open {too_long} after its end." for too_long in long)]

    def _lies(self) -> list[str]:
        """Of health pages all along, and of the doctor now."""
        of_pages = [lie for watch in self.watches for lie in watch.lies(self.day.deeds, skew=self.skew)]
        doctor = [line for line in self.doctor().splitlines() if line.startswith(OF_NOW)]
        ill = [line for line in doctor if "well." not in line and "within the hour" not in line]
        return [*of_pages, *(f"The doctor said: {line}" for line in (ill if doctor else ["nothing"]))]

    def faults(self) -> list[str]:
        known = Known(
            since=self.since,
            acknowledged=frozenset(deed.trace for deed in self.day.acknowledged if self._is_kept(deed)),
            mailed=self.post.mailed,
            skew=self.skew,
        )
        try:
            return faults(known, now=timezone.now() - self.skew)
        except DatabaseError as error:
            connection.close()
            return [str(error)]

    def _wait_for(self, condition: Callable[[], bool], began: float) -> None:
        left = LONGEST_RECOVERY_SECONDS - (time.monotonic() - began)
        if not wait_until(condition, seconds=left, every=1):
            logs = "\n".join(portal.log[-5000:] for portal in self.portals)
            raise AssertionError("\n".join([*self.faults(), logs]))

    def _works_since(self, mark: datetime) -> bool:
        try:
            sealed = AuditSeal.objects.filter(event__at__gt=mark, event__trace_id__gt="")
            told = Notice.objects.filter(created_at__gt=mark, state=Notice.State.SENT)
            done = sealed.exists() and told.exists()
        except DatabaseError:
            connection.close()
            return False
        return done and all(portal.answers() for portal in self.portals if portal.background.left())

    def _is_kept(self, deed: Deed) -> bool:
        """What came after the backup that was brought back is nowhere."""
        return self.restored is None or not self.restored[0] < deed.at + deed.seconds < self.restored[1]

    def _is_in_words(self, deed: Deed) -> bool:
        return (deed.status == 503 and SENTENCE in deed.said) or (deed.status == 0 and self.hangs_up)


def make_what_will_end(*, now: datetime) -> tuple[list[Assignment], list[AccessRequest]]:
    """Activations, and requests that wait. Of those, everybody has been told."""
    place, active, waiting = make_resource("Elsewhere", now=now), [], []
    set_rules(built_in.READER, resource=place, approvers=(make_user(now=now).principal,), now=now)
    for number in range(ENDINGS):
        reader, late = (make_user(f"{name} {number}", now=now) for name in ("Reader", "Late"))
        eligible = assign(reader, built_in.SECURITY_READER, now=now)
        active.append(present(activate(eligible, reader, now=now).result))
        waiting.append(activate(assign(late, built_in.READER, place, now=now), late, now=now))
    Notice.objects.update(state=Notice.State.KEPT, next_try_at=None)
    return active, waiting


@transaction.atomic
def let_end(active: list[Assignment], waiting: list[AccessRequest], *, now: datetime) -> None:
    """One of each with every second from now on: nobody asks for less than five minutes."""
    for seconds, (row, request) in enumerate(zip(active, waiting, strict=True), start=1):
        row.ends_at = request.deadline_at = now + timedelta(seconds=seconds)
        row.save(update_fields=["ends_at"])
        request.save(update_fields=["deadline_at"])


class Witness(Thread):
    """Looks at what only their role shows, until that is over and on; `outlived` is how long too long."""

    def __init__(self, url: str, row: Assignment, *, allowed: timedelta) -> None:
        super().__init__(daemon=True)
        self._visitor = Visitor.signed_in(url, present(row.activated_by))
        self._ends_at = present(row.ends_at) + allowed
        self.outlived, self.saw, self.is_over = timedelta(), 0, Event()

    def run(self) -> None:
        while not self.is_over.wait(0.3) and timezone.now() < self._ends_at + LOOKS_ON:
            self._look()
        connection.close()

    def _look(self) -> None:
        asked_at = timezone.now()
        with suppress(OSError, HTTPException):
            if self._visitor.get("/audit/").status == 200:
                self.saw += 1
                self.outlived = max(self.outlived, asked_at - self._ends_at)
