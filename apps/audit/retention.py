"""The one named place where audit events may be deleted: whole stretches from the beginning of the chain,
sealed and verified, each in a transaction of its own. A stub stays in their place."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import takewhile

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from apps.audit import triggers
from apps.audit.models import AuditEvent, AuditSeal, Stub
from apps.audit.sealing import hold_chain
from apps.audit.services import record
from apps.audit.vocabulary import CLOCK, AuditAction
from apps.audit.walking import step, whole_walk

AT_ONCE = 5000  # events in one transaction: while it lasts, nobody can write any

log = logging.getLogger(__name__)


@contextmanager
def lifted(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Within this block events can be deleted. One transaction: if the block fails, nothing is deleted and
    the triggers were never gone; nobody else writes or reads events meanwhile on PostgreSQL."""
    connection = connections[using]
    with transaction.atomic(using=using):
        _wait_for_nobody(connection)
        triggers.drop(connection)
        yield
        triggers.create(connection)


def first_kept(*, months: int, now: datetime) -> datetime:
    """Whole months are removed: from here on events stay."""
    years, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    return now.replace(year=years, month=month + 1, day=1, hour=0, minute=0, second=0, microsecond=0)


@transaction.atomic
def remove_stretch(*, before: datetime, now: datetime) -> int:
    """The next of what is older; answers how many events. What does not verify stays, as evidence."""
    hold_chain()
    seals = _old_seals(before)
    if not seals or not _verifies(seals):
        return 0
    first, last = seals[0], seals[-1]
    events = AuditEvent.objects.filter(seal__sequence__lte=last.sequence)
    times = [seal.event.at for seal in seals]
    with lifted():
        Stub.objects.create(
            first=first.sequence,
            last=last.sequence,
            hash_before=first.previous,
            hash_after=last.hash,
            first_at=min(times),
            last_at=max(times),
            removed_at=now,
        )
        events.delete()
        AuditSeal.objects.filter(sequence__lte=last.sequence).delete()
    details = {"first": first.sequence, "last": last.sequence, "hash": last.hash}
    record(AuditAction.AUDIT_TRIMMED, actor=CLOCK, at=now, details=details)
    return len(seals)


def _old_seals(before: datetime) -> list[AuditSeal]:
    """From the beginning of the chain up to the first one that is younger, or whose event is gone."""
    seals = list(AuditSeal.objects.select_related("event").order_by("sequence")[:AT_ONCE])
    return list(takewhile(lambda seal: seal.event.at < before, seals))


def _verifies(seals: list[AuditSeal]) -> bool:
    first, last = seals[0], seals[-1]
    walk = replace(whole_walk(), sequence=first.sequence - 1, hash=first.previous, computed=first.previous)
    _, findings = step(replace(walk, until=last.sequence), len(seals))
    for finding in findings:
        log.error("Nothing is removed by retention: %s", finding)
    return not findings


def _wait_for_nobody(connection: BaseDatabaseWrapper) -> None:
    """Whoever wants the table alone makes all others stand in line; so it asks again later instead."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '3s'")
