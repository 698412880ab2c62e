"""What the health page of a machine says all along, held against what was true at that moment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from itertools import pairwise
from threading import Event, Thread
from typing import Any

from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from tests.driving.day import Deed
from tests.driving.portal import Portal
from tests.driving.visitor import Visitor

EVERY_SECONDS = 1
_SECONDS_ARE_WHOLE = timedelta(seconds=1)
# An event may say when it was begun; it is there once nobody else writes.
_LONGEST_WRITE = timedelta(seconds=40)


@dataclass(frozen=True)
class Said:
    """One answer of the page."""

    asked_at: datetime
    answered_at: datetime
    status: int
    words: dict[str, Any]

    @property
    def ends_late(self) -> timedelta | None:
        """For how long, it says, the oldest end has waited to be written down."""
        late = self.words.get("backlog_seconds")
        return timedelta(seconds=late["ends"]) if late else None


@dataclass(frozen=True)
class End:
    """When access ended, and when that was written down."""

    ended_at: datetime
    written_at: datetime


class HealthWatch(Thread):
    """Asks one machine until it is over; `lies` says afterwards what was not so."""

    def __init__(self, portal: Portal) -> None:
        super().__init__(daemon=True)
        self._portal = portal
        self.said: list[Said] = []
        self.is_over = Event()

    def run(self) -> None:
        while not self.is_over.wait(EVERY_SECONDS):
            with suppress(OSError, HTTPException):
                self.said.append(self._ask())

    def _ask(self) -> Said:
        asked_at = timezone.now()
        page = Visitor(self._portal.url, timeout=60).get("/health/ready/")
        return Said(asked_at, timezone.now(), page.status, json.loads(page.body))

    def forget(self, before: float) -> None:
        """What was so in a database that is no more cannot be known."""
        self.said = [said for said in self.said if said.asked_at.timestamp() > before]

    def lies(self, deeds: list[Deed], *, skew: timedelta) -> Iterator[str]:
        """`deeds`: what people were answered meanwhile."""
        name = self._portal.background.directory.name
        if not (self.is_alive() and self.said):
            yield f"{name}: its health page was not watched to the end."
        deeds = [deed for deed in deeds if deed.url == self._portal.url]
        yield from (
            f"{name} said that it cannot serve, and served: {each}" for each in self._false(503, 200, deeds)
        )
        yield from (
            f"{name} said that it can serve, and did not: {each}" for each in self._false(200, 503, deeds)
        )
        ends = list(written_ends())
        for said in self.said:
            least, most = lateness(ends, said, skew=skew)
            if said.ends_late is not None and not least <= said.ends_late <= most:
                yield f"{name} said that ends are {said.ends_late} late; it was {least} to {most}."

    def _false(self, said: int, answered: int, deeds: list[Deed]) -> Iterator[Said]:
        """Where it said the one twice, and whoever looked at something between was answered the other."""
        for first, second in pairwise(self.said):
            if first.status == second.status == said:
                began, ended = first.answered_at.timestamp(), second.asked_at.timestamp()
                between = [
                    deed.status
                    for deed in deeds
                    if deed.method == "GET" and began <= deed.at and deed.at + deed.seconds <= ended
                ]
                if between and set(between) == {answered}:
                    yield second


def written_ends() -> Iterator[End]:
    events = AuditEvent.objects.filter(action=AuditAction.ACTIVATION_ENDED, actor_kind="clock")
    for at, details in events.values_list("at", "details"):
        yield End(datetime.fromisoformat(details["ended_at"]).astimezone(UTC), at)


def lateness(ends: list[End], said: Said, *, skew: timedelta) -> tuple[timedelta, timedelta]:
    """How late the oldest end must have been, and how late it may have been, while the page was asked. Who
    writes it down may have a clock that is off."""
    surely = [end.ended_at for end in ends if end.written_at > said.answered_at + skew]
    perhaps = [end.ended_at for end in ends if end.written_at > said.asked_at - skew - _LONGEST_WRITE]
    least = said.asked_at - min(surely, default=said.asked_at) - _SECONDS_ARE_WHOLE
    most = said.answered_at - min(perhaps, default=said.answered_at)
    return max(least, timedelta()), max(most, timedelta())
