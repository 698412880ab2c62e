"""Writes down what the clock has done already: event, notice, end. Access never waits for it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError, transaction

from apps.assignments.models import Assignment
from apps.assignments.selectors import groundless
from apps.assignments.services import end, lock_principal, write_end
from apps.audit.vocabulary import CLOCK
from apps.common.errors import Conflict

log = logging.getLogger(__name__)

BATCH = 500  # rows per run; the next run, a second later, takes the rest


def write_down_the_clock(*, now: datetime) -> int:
    """End every row past its end, then every activation whose ground is gone. One transaction per row: one
    bad row must not stop the others. Returns how many were written."""
    due = Assignment.objects.past_their_end(now).order_by("ends_at").values_list("pk", flat=True)[:BATCH]
    written = sum(_safely(_write_expired, pk, now) for pk in list(due))
    return written + sum(_safely(_write_ground_lost, row.pk, now) for row in groundless(now=now))


def _safely(step: Callable[[Assignment, datetime], bool], pk: UUID, now: datetime) -> bool:
    try:
        with transaction.atomic():
            row = _load_locked(pk)
            return row is not None and step(row, now)
    except (Conflict, DatabaseError):
        log.exception("The end of assignment %s could not be written down; the next run tries again.", pk)
        return False


def _load_locked(pk: UUID) -> Assignment | None:
    holder = Assignment.objects.values_list("principal_id", flat=True).get(pk=pk)
    lock_principal(holder)
    return Assignment.objects.filter(pk=pk, ended_at__isnull=True).with_names().first()


def _write_expired(row: Assignment, now: datetime) -> bool:
    return write_end(row, now=now)


def _write_ground_lost(row: Assignment, now: datetime) -> bool:
    """Looks again under the lock: whoever got the ground back meanwhile keeps the activation."""
    if row not in groundless(now=now, principal_id=row.principal_id):
        return False
    end(row, how=Assignment.End.GROUND_LOST, by=CLOCK, now=now)
    return True
