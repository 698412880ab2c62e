"""Writes down what the clock has done already: event, notice, end. Access never waits for it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.assignments.models import Assignment
from apps.assignments.selectors import groundless
from apps.assignments.services import lock_principal, write_end, write_ground_lost
from apps.common.isolation import each_on_its_own

BATCH = 500  # rows per run; the next run, a second later, takes the rest


def write_down_the_clock(*, now: datetime) -> int:
    """End every row past its end, then every activation whose ground is gone. One transaction per row: one
    bad row must not stop the others. Returns how many were written."""
    due = Assignment.objects.past_their_end(now).order_by("ends_at").values_list("pk", flat=True)[:BATCH]
    written = each_on_its_own(list(due), lambda pk: _write_expired(pk, now), what="End by the clock")
    lost = [row.pk for row in groundless(now=now)]
    return written + each_on_its_own(lost, lambda pk: _write_ground_lost(pk, now), what="End without ground")


@transaction.atomic
def _write_expired(pk: UUID, now: datetime) -> bool:
    row = _load_locked(pk)
    return row is not None and write_end(row, now=now)


@transaction.atomic
def _write_ground_lost(pk: UUID, now: datetime) -> bool:
    """Looks again under the lock: whoever got the ground back meanwhile keeps the activation."""
    row = _load_locked(pk)
    if row is None or row not in groundless(now=now, principal_id=row.principal_id):
        return False
    return write_ground_lost(row, now=now)


def _load_locked(pk: UUID) -> Assignment | None:
    holder = Assignment.objects.values_list("principal_id", flat=True).get(pk=pk)
    lock_principal(holder)
    return Assignment.objects.filter(pk=pk, ended_at__isnull=True).with_names().first()
