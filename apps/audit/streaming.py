"""The log as it is sealed, for readers that keep up with it: each line at least once, in order."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TextIO

from django.db import transaction

from apps.audit.ecs import ecs_line
from apps.audit.models import AuditSeal, Cursor

AT_ONCE = 500  # lines between two notes of how far the reader has come

log = logging.getLogger(__name__)


def stream_next(name: str, out: TextIO, *, now: datetime) -> int:
    """Hand out what was sealed since this reader's cursor, at most one batch; answers how many lines. The
    cursor moves when they have been flushed: whoever is killed in between hands them out again."""
    cursor = cursor_of(name, now=now)
    ahead = AuditSeal.objects.filter(sequence__gt=cursor.sequence).order_by("sequence")
    seals = list(ahead.select_related("event")[:AT_ONCE])
    if seals:
        _warn_of_a_gap(cursor, seals[0])
        out.writelines(f"{ecs_line(seal)}\n" for seal in seals)
        out.flush()
        _move(cursor, seals[-1].sequence, now)
    return len(seals)


def cursor_of(name: str, *, now: datetime) -> Cursor:
    """A new reader begins at the first event."""
    return Cursor.objects.get_or_create(name=name, defaults={"moved_at": now})[0]


def _warn_of_a_gap(cursor: Cursor, following: AuditSeal) -> None:
    if cursor.sequence and cursor.sequence + 1 < following.sequence:
        missed = f"{cursor.sequence + 1} to {following.sequence - 1}"
        log.warning("The reader %s missed sequences %s: retention removed them.", cursor.name, missed)


@transaction.atomic
def _move(cursor: Cursor, sequence: int, now: datetime) -> None:
    """Never back: of two that read by one name, the further one counts."""
    ahead = Cursor.objects.filter(name=cursor.name, sequence__lt=sequence)
    ahead.update(sequence=sequence, moved_at=now)
