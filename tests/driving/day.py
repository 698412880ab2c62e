"""A mixed day: people at a portal at once, who look at lists, ask for roles, decide and administer.

What each request was answered is noted and never raised; what was acknowledged has to be in the audit log.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from random import Random
from threading import Event, Thread

from django.db import DatabaseError, connection

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from tests.driving.cast import OPEN_ROLES, Cast
from tests.driving.page import Page
from tests.driving.traces import TRACE
from tests.driving.visitor import Visitor

SHARES = {"list": 6, "ask": 2, "decide": 1, "administer": 1}
ID = "[0-9a-f-]{36}"
_FACTOR_COUNTS_SECONDS = 240
_PAUSE_AFTER_TROUBLE_SECONDS = 0.2
_LISTS = {
    "asker": ("/", "/my-roles/", "/my-roles/?tab=active", "/requests/", "/inbox/"),
    "approver": ("/approve/", "/approve/?tab=decided", "/my-roles/"),
    "administrator": (
        "/resources/assignments/",
        "/directory/assignments/?tab=active",
        "/audit/",
        "/requests/all/",
    ),
}


@dataclass(frozen=True)
class Deed:
    """One request: what it was part of, and what came back; status 0 is no answer at all."""

    part: str
    method: str
    path: str
    status: int
    seconds: float
    at: float
    trace: str = ""
    said: str = ""
    url: str = ""  # of the portal

    @property
    def is_acknowledged(self) -> bool:
        """A change that the portal said it has made: every form of it then leads to another page."""
        return self.method == "POST" and 300 <= self.status < 400

    @property
    def has_failed(self) -> bool:
        return self.status == 0 or self.status >= 500


class GaveUp(Exception):
    """What somebody was about to do ended with an answer that leads nowhere."""


class Day:
    """`urls` are the portals, by turns; each of `people` at once has a part of every kind in the cast.

    with Day([portal.url], make_cast(now=now)).running() as day:
        ...
    assert day.lost() == []
    """

    def __init__(
        self, urls: list[str], cast: Cast, *, people: int = 8, seed: int = 1, seat: type[Seat] | None = None
    ) -> None:
        seat = seat or Seat
        self.deeds: list[Deed] = []
        self.surprises: list[str] = []  # pages that were not what they should be
        self._seats = [seat(self, number, urls[number % len(urls)], cast, seed) for number in range(people)]
        self._over = Event()
        self._left = 0
        self._threads: list[Thread] = []

    @contextmanager
    def running(self) -> Iterator[Day]:
        self.start()
        try:
            yield self
        finally:
            self.end()

    def start(self) -> None:
        self._threads = [Thread(target=self._work, args=(seat,), daemon=True) for seat in self._seats]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Everybody finishes what they are at."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def run(self, *, rounds: int) -> Day:
        """Each does so many things, one in ten of them administration, and goes."""
        for seat in self._seats:
            seat.rounds_left = rounds
        self.start()
        for thread in self._threads:
            thread.join()
        return self

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    # ---- What became of it

    @property
    def acknowledged(self) -> list[Deed]:
        return [deed for deed in self.deeds if deed.is_acknowledged]

    @property
    def failures(self) -> list[Deed]:
        return [deed for deed in self.deeds if deed.has_failed]

    def lost(self) -> list[Deed]:
        """What was acknowledged and is not in the audit log of the database that this process works on."""
        events = AuditEvent.objects.exclude(trace_id="").values_list("trace_id", flat=True)
        kept = set(events.distinct())
        return [deed for deed in self.acknowledged if deed.trace not in kept]

    def counts(self) -> Counter[tuple[str, str, int]]:
        """How often each part got which status."""
        return Counter((deed.part, deed.method, deed.status) for deed in self.deeds)

    def _work(self, seat: Seat) -> None:
        try:
            while seat.goes_on():
                seat.do_something()
        finally:
            connection.close()


class _Noting(Visitor):
    """A visitor whose every request is noted in the day."""

    def __init__(self, day: Day, user: User, url: str) -> None:
        super().__init__(url)
        self.day, self.user, self.part = day, user, ""
        self._factor_at = float("-inf")

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Page:
        began, at = time.perf_counter(), time.time()
        try:
            page = super().ask(method, path, body, **headers)
        except (OSError, HTTPException) as error:
            spent = time.perf_counter() - began
            self.day.deeds.append(Deed(self.part, method, path, 0, spent, at, said=repr(error), url=self.url))
            raise GaveUp from error
        trace = page.headers.get(TRACE, "")
        said = page.text if page.status >= 400 else ""
        self.day.deeds.append(
            Deed(self.part, method, path, page.status, page.seconds, at, trace, said, self.url)
        )
        if page.status >= 500:
            raise GaveUp
        return page

    def page(self, path: str) -> Page:
        """One that is there for whoever is signed in with a fresh factor."""
        self._stay_signed_in()
        page = self.get(path)
        if page.location.startswith("/sign-in/"):
            self._factor_at = float("-inf")
            raise GaveUp
        return page

    def _stay_signed_in(self) -> None:
        if time.monotonic() - self._factor_at < _FACTOR_COUNTS_SECONDS:
            return
        try:
            self.sign_in_as(self.user)
        except DatabaseError as error:
            raise GaveUp from error
        finally:
            connection.close()  # the database may be another one by the next time
        self._factor_at = time.monotonic()


class Seat:
    """One of the people at once: whatever they do next, as asker, approver or administrator."""

    def __init__(self, day: Day, number: int, url: str, cast: Cast, seed: int) -> None:
        self.day, self.cast, self.random = day, cast, Random(f"{seed} {number}")  # noqa: S311
        self.asker = _Noting(day, cast.askers[number], url)
        self.approver = _Noting(day, cast.approvers[number], url)
        self.administrator = _Noting(day, cast.administrators[number], url)
        self.spare = cast.spares[number]
        self.rounds_left: int | None = None
        self._done = 0
        self._bag: list[str] = []

    def goes_on(self) -> bool:
        return not self.day.is_over and (self.rounds_left is None or self._done < self.rounds_left)

    def do_something(self) -> None:
        part = self._next_part()
        self._done += 1
        for visitor in (self.asker, self.approver, self.administrator):
            visitor.part = part
        try:
            getattr(self, f"do_{part}")()
        except GaveUp:
            time.sleep(_PAUSE_AFTER_TROUBLE_SECONDS)
        except LookupError as error:
            self.day.surprises.append(f"{part}: {error}")

    def _next_part(self) -> str:
        """Ten in each bag, so that the shares are kept however few are drawn."""
        if not self._bag:
            self._bag = [part for part, share in SHARES.items() for _ in range(share)]
            self.random.shuffle(self._bag)
        return self._bag.pop()

    # ---- What people do

    def do_list(self) -> None:
        who = self.random.choice(list(_LISTS))
        getattr(self, who).page(self.random.choice(_LISTS[who]))

    def do_ask(self) -> None:
        """Activates what can be, or gives back what is active, or cancels what waits."""
        page = self.asker.page("/my-roles/")
        ways = {
            self._activate: page.links(r"/my-roles/activate/\?pick=[^\"]*"),
            self._deactivate: [form.action for form in page.forms if form.action.endswith("/deactivate/")],
            self._cancel: page.links(f"/requests/{ID}/"),
        }
        way = self.random.choice([way for way, chances in ways.items() if chances])
        way(page, self.random.choice(ways[way]))

    def _activate(self, _: Page, link: str) -> None:
        form = self.asker.page(link).form(having="justification")
        self.asker.send(form, justification=f"Needed for change {self._done}", duration="30")

    def _deactivate(self, page: Page, action: str) -> None:
        self.asker.send(page.form(action=action))

    def _cancel(self, _: Page, link: str) -> None:
        page = self.asker.page(f"{link}cancel/")
        if page.status == 200:  # else somebody has decided by now
            self.asker.send(page.form(action="/cancel/"))

    def do_decide(self) -> None:
        waiting = self.approver.page("/approve/").links(f"/approve/{ID}/")
        if not waiting:
            return
        page = self.approver.page(self.random.choice(waiting))
        if any(form.id == "decide" for form in page.forms):  # else somebody was faster
            choice = self.random.choice(("approve", "approve", "deny"))
            self.approver.send(page.form(id="decide"), choice=choice, justification=f"Seen {self._done}")

    def do_administer(self) -> None:
        self.random.choice((self._change_person, self._assign_or_remove))()

    def _change_person(self) -> None:
        form = self.administrator.page(f"/people/{self.spare.pk}/change/").form(having="job_title")
        title = f"Clerk {self.random.randrange(10**9)}"  # what is as it was leaves no event
        self.administrator.send(form, job_title=title)

    def _assign_or_remove(self) -> None:
        place = self.cast.place
        page = self.administrator.page(f"/resources/assignments/?on={place.pk}&q={self.spare.email}")
        held = [id_ for form in page.forms for id_ in form.offered.get("pick", [])]
        self._remove(held[0]) if held else self._assign()

    def _assign(self) -> None:
        query = f"on={self.cast.place.pk}&principals={self.spare.pk}"
        first = self.administrator.page(f"/resources/assignments/add/?{query}").form(having="principals")
        second = self.administrator.send(first, role=str(OPEN_ROLES[0]))
        self.administrator.send(second.form(having="kind"), justification=f"Needed {self._done}")

    def _remove(self, row: str) -> None:
        form = self.administrator.page(f"/assignments/remove/?pick={row}").form(having="justification")
        self.administrator.send(form, justification=f"Not needed {self._done}")
