"""Whether background work gets done, on which machines, and by which clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from django.conf import settings

from apps.common.instants import short
from apps.common.spans import roughly
from apps.common.text import counted
from apps.portal import timetable
from apps.portal.backlog import backlog
from apps.portal.clocks import is_off
from apps.portal.doctor.findings import Finding
from apps.portal.health import LATE_AFTER
from apps.portal.models import Machine

_KEEPS = "Start a worker. Where one runs, its log says what keeps it."
_FAILURES_COUNT_FOR = timedelta(hours=1)
_KINDS = {
    "ends": "Ends of access are written down",
    "requests": "Requests that nobody decided on are closed",
    "mail": "Mail is sent",
    "webhooks": "Webhooks are told",
    "seals": "Audit events are sealed",
}


def clock_findings(*, offset: timedelta) -> Iterator[Finding]:
    """Of this machine and, as they say themselves, of the others."""
    others = Machine.objects.exclude(name=settings.MACHINE).order_by("name")
    offsets = {"this machine": offset} | {row.name: row.clock_offset for row in others}
    for name, each in offsets.items():
        yield from of_clock(name, each)


def of_clock(name: str, offset: timedelta) -> Iterator[Finding]:
    if is_off(offset):
        seconds = counted(round(abs(offset.total_seconds())), "second")
        where = "ahead of" if offset > timedelta() else "behind"
        yield Finding(
            f"The clock of {name} is {seconds} {where} the database's: access ends by it.",
            "Take the time of both from the network (timedatectl).",
        )


def worker_findings(*, now: datetime) -> Iterator[Finding]:
    yield from of_machines(Machine.objects.order_by("name"), now=now)
    yield from of_jobs(timetable.due_times(settings.PERIODIC_JOBS), now=now)
    yield from of_failures(timetable.failures_since(now - _FAILURES_COUNT_FOR))
    yield from of_backlog(backlog(now=now))


def of_machines(machines: Iterable[Machine], *, now: datetime) -> Iterator[Finding]:
    machines = list(machines)
    if not machines:
        yield Finding("No worker is there.", "Start manage.py serve, or manage.py worker.")
    for each in machines:
        if not each.is_at_work(now):
            yield Finding(
                f"The worker of {each.name} has done nothing {_since(each.worked_at, now)}.",
                "Start it again. A machine that is gone for good is forgotten a day later.",
            )


def of_jobs(due: Mapping[str, datetime], *, now: datetime) -> Iterator[Finding]:
    """Of those that are overdue, the one that has been for longest."""
    overdue = sorted((instant, name) for name, instant in due.items() if now - instant > LATE_AFTER)
    if overdue:
        instant, name = overdue[0]
        count = counted(len(overdue), "periodic job")
        yield Finding(f"Overdue: {count}, {name} {_since(instant, now)}.", _KEEPS)


def of_failures(counts: Mapping[str, int]) -> Iterator[Finding]:
    for name, count in counts.items():
        yield Finding(
            f"The periodic job {name} has failed {counted(count, 'time')} within the hour.",
            "The log of the worker says why.",
        )


def of_backlog(late: Mapping[str, timedelta]) -> Iterator[Finding]:
    for kind, what in _KINDS.items():
        if late[kind] > LATE_AFTER:
            yield Finding(f"{what} {roughly(late[kind])} late.", _KEEPS)


def _since(instant: datetime, now: datetime) -> str:
    return f"since {short(instant, UTC, now=now)}, for {roughly(now - instant)}"
