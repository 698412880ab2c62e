"""What the clock has ended at once, beside the same rows by bulk SQL; its memory; and pages meanwhile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import repeat
from statistics import median
from uuid import uuid4

from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone

from apps.assignments.models import Assignment
from apps.assignments.sweep import write_down_the_clock
from apps.audit.models import AuditEvent
from apps.notifications.models import Notice
from apps.roles.models import RoleDefinition
from tests.bench.ending import let_end
from tests.bench.figures import Figure
from tests.bench.ground import Grounds
from tests.bench.pages import PAGES
from tests.driving.portal import database_url
from tests.driving.visitor import Visitor

ROWS_OF_ONE_INSERT = 250
_BEFORE = 15  # pages asked for while nothing else happens


@dataclass(frozen=True)
class Sweep:
    """How one went, and how long each page took meanwhile, in milliseconds."""

    count: int
    cpu: float
    seconds: float
    peak: float
    pages: list[float]
    floor: float

    @property
    def part(self) -> str:
        return f"Sweep of {self.count:,} ends at once"


def measure(grounds: Grounds, size: int) -> list[Figure]:
    ground = grounds.of(size)
    with ground.portal() as portal:
        visitor = Visitor.signed_in(portal.url, ground.estate.administrator)
        before = median([_ask(visitor) for _ in range(_BEFORE)][_BEFORE // 3 :])
        few, many = (_sweep(count, visitor) for count in (size // 10, size))
    figures = [figure for each in (few, many) for figure in _figures(each)]
    part = many.part
    return [
        *figures,
        Figure(part, "memory, at most, beside a tenth of them", many.peak, "MB", few.peak, at_most=1.2),
        Figure(part, "My roles meanwhile, median", median(many.pages), "ms", before, at_most=2),
    ]


def _sweep(count: int, visitor: Visitor) -> Sweep:
    write_down_the_clock(now=timezone.now())  # what has ended since the organisation was seeded
    now = timezone.now()
    due = now - timedelta(seconds=1)
    let_end(count, repeat(due), began=now - timedelta(hours=2))
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.sweeping"],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": database_url()},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        began, pages = json.loads(process.stdout.readline()), []
        while process.poll() is None:
            pages.append(_ask(visitor))
        said = json.loads(process.stdout.readline())
    if said["written"] < count:
        raise RuntimeError(f"{said['written']} were written, not {count}.")
    floor = _floor(count, due, datetime.fromisoformat(began["now"]))
    return Sweep(count, said["cpu"], said["seconds"], said["peak"], pages, floor)


def _ask(visitor: Visitor) -> float:
    return visitor.get(PAGES["My roles"]).seconds * 1000


def _floor(count: int, due: datetime, now: datetime) -> float:
    """Seconds of CPU for as many ends, and for copies of the events and notices that the sweep wrote."""
    events = _copies(AuditEvent.objects.filter(at__in=(due, now)), count)
    notices = _copies(Notice.objects.filter(created_at=now), count)
    roles = let_end(count, repeat(due), began=due - timedelta(hours=2))
    began = time.process_time()
    _write_in_bulk(roles, due, events, notices)
    return time.process_time() - began


def _copies(found: models.QuerySet, count: int) -> tuple[str, list[list[object]]]:
    """An INSERT for these rows of one table, and the values of each with a new id (and key)."""
    fields = found.model._meta.concrete_fields
    rows = list(found)
    if len(rows) < count:
        raise RuntimeError(f"{len(rows)} rows of {found.model.__name__} for {count} ends.")
    for row in rows:
        row.pk = uuid4()
        if isinstance(row, Notice):
            row.key = f"floor:{row.pk}"
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    table = connection.ops.quote_name(found.model._meta.db_table)
    prepared = [
        [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields] for row in rows
    ]
    return f"INSERT INTO {table} ({columns}) VALUES ", prepared  # noqa: S608


@transaction.atomic
def _write_in_bulk(
    roles: list[RoleDefinition], due: datetime, *inserts: tuple[str, list[list[object]]]
) -> None:
    running = Assignment.objects.filter(role__in=roles, ended_at__isnull=True, ends_at__isnull=False)
    running.update(ended_at=due, ended_how=Assignment.End.EXPIRED)
    with connection.cursor() as cursor:
        for insert, rows in inserts:
            for first in range(0, len(rows), ROWS_OF_ONE_INSERT):
                some = rows[first : first + ROWS_OF_ONE_INSERT]
                values = ", ".join([f"({', '.join(['%s'] * len(some[0]))})"] * len(some))
                cursor.execute(insert + values, [value for row in some for value in row])


def _figures(sweep: Sweep) -> list[Figure]:
    return [
        Figure(sweep.part, "CPU", sweep.cpu, "s", sweep.floor, at_most=8),
        Figure(sweep.part, "in all", sweep.seconds, "s"),
        Figure(sweep.part, "memory, at most", sweep.peak, "MB"),
    ]
