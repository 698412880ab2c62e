"""Sends what is due, one by one. Any number of workers may do so at once, and any may be killed anywhere.

A row, of a mail or of what a webhook is told, is claimed by one conditional update, which counts the attempt
and leases the row *before* the work. A worker that dies while sending leaves a lease that runs out; it is
then sent once more, under the same id. Nothing is lost, and what kills its worker is given up like anything
else that never goes out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from django.db.models import F

from apps.notifications.failures import WORKER_DIED, in_words
from apps.notifications.models import Notice, WebhookDelivery
from apps.notifications.policy import MAXIMUM_ATTEMPTS, next_try

LEASE = timedelta(minutes=2)  # longer than a task may run

Row = TypeVar("Row", Notice, WebhookDelivery)
log = logging.getLogger(__name__)


def deliver_next(*, now: datetime, send: Callable[[Row], None], table: type[Row] = Notice) -> bool:
    """Try the row that has been due longest; false when none is due. One that fails is not due again for a
    while, so it never keeps the others."""
    row = table.objects.due(now).order_by("next_try_at", "id").first()
    if row is None:
        return False
    if row.attempts >= MAXIMUM_ATTEMPTS:
        _give_up(row, WORKER_DIED, now)
    elif claimed := claim(row.id, now=now, table=table):
        _deliver(claimed, now=now, send=send)
    return True


def keep_due(*, now: datetime) -> int:
    """Without a mail server notices stay in the table: their mail is kept and never sent later."""
    return Notice.objects.due(now).update(state=Notice.State.KEPT, next_try_at=None)


def claim(row_id: UUID, *, now: datetime, table: type[Row] = Notice) -> Row | None:
    """The row, if this worker may send it now; nothing if another one was faster."""
    due = table.objects.due(now).filter(id=row_id)
    won = due.update(state=table.State.SENDING, attempts=F("attempts") + 1, next_try_at=now + LEASE)
    return table.objects.get(id=row_id) if won else None


def _deliver(row: Row, *, now: datetime, send: Callable[[Row], None]) -> None:
    try:
        send(row)
    except (OSError, ValueError) as error:  # the server or the network; an address that is none
        log.warning("%s: attempt %d failed: %s", _name(row), row.attempts, type(error).__name__)
        _try_later(row, in_words(error), now)
    else:
        _note(row, state=row.State.SENT, sent_at=now, next_try_at=None, trouble="")


def _try_later(row: Row, trouble: str, now: datetime) -> None:
    again_at = next_try(row.attempts, now=now)
    if again_at:
        _note(row, state=row.State.QUEUED, next_try_at=again_at, trouble=trouble)
    else:
        _give_up(row, trouble, now)


def _give_up(row: Row, trouble: str, now: datetime) -> None:
    log.error("%s: given up after %d attempts.", _name(row), row.attempts)
    _note(row, state=row.State.FAILED, failed_at=now, next_try_at=None, trouble=trouble)


def _note(row: Row, **outcome: object) -> None:
    """Only if it still is as this worker knows it: a lease that ran out has made it somebody else's."""
    type(row).objects.filter(id=row.id, state=row.state, attempts=row.attempts).update(**outcome)


def _name(row: Row) -> str:
    return f"{row._meta.object_name} {row.id}"
