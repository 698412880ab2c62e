"""Sends what is due, one by one. Any number of workers may do so at once, and any may be killed anywhere.

A row is claimed by one conditional update, which counts the attempt and leases the row *before* the work.
A worker that dies while sending leaves a lease that runs out; the mail is then sent once more, with the same
Message-ID. Nothing is lost, and a mail that kills its worker is given up like any other that never goes out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F

from apps.notifications.failures import WORKER_DIED, in_words
from apps.notifications.models import Notice
from apps.notifications.policy import MAXIMUM_ATTEMPTS, next_try

LEASE = timedelta(minutes=2)  # longer than a task may run

Send = Callable[[Notice], None]
log = logging.getLogger(__name__)


def deliver_next(*, now: datetime, send: Send) -> bool:
    """Try the notice that has been due longest; false when none is due. One that fails is not due again
    for a while, so it never keeps the others."""
    notice = Notice.objects.due(now).order_by("next_try_at", "id").first()
    if notice is None:
        return False
    if notice.attempts >= MAXIMUM_ATTEMPTS:
        _give_up(notice, WORKER_DIED, now)
    elif claimed := claim(notice.id, now=now):
        _deliver(claimed, now=now, send=send)
    return True


def keep_due(*, now: datetime) -> int:
    """Without a mail server notices stay in the table: their mail is kept and never sent later."""
    return Notice.objects.due(now).update(state=Notice.State.KEPT, next_try_at=None)


def claim(notice_id: UUID, *, now: datetime) -> Notice | None:
    """The notice, if this worker may send it now; nothing if another one was faster."""
    won = (
        Notice.objects.due(now)
        .filter(id=notice_id)
        .update(state=Notice.State.SENDING, attempts=F("attempts") + 1, next_try_at=now + LEASE)
    )
    return Notice.objects.get(id=notice_id) if won else None


def _deliver(notice: Notice, *, now: datetime, send: Send) -> None:
    try:
        send(notice)
    except (OSError, ValueError) as error:  # the server or the network; an address that is none
        log.warning("Notice %s: attempt %d failed: %s", notice.id, notice.attempts, type(error).__name__)
        _try_later(notice, in_words(error), now)
    else:
        _note(notice, state=Notice.State.SENT, sent_at=now, next_try_at=None, trouble="")


def _try_later(notice: Notice, trouble: str, now: datetime) -> None:
    again_at = next_try(notice.attempts, now=now)
    if again_at:
        _note(notice, state=Notice.State.QUEUED, next_try_at=again_at, trouble=trouble)
    else:
        _give_up(notice, trouble, now)


def _give_up(notice: Notice, trouble: str, now: datetime) -> None:
    log.error("Notice %s: given up after %d attempts.", notice.id, notice.attempts)
    _note(notice, state=Notice.State.FAILED, failed_at=now, next_try_at=None, trouble=trouble)


def _note(notice: Notice, **outcome: object) -> None:
    """Only if it still is as this worker knows it: a lease that ran out has made it somebody else's."""
    Notice.objects.filter(id=notice.id, state=notice.state, attempts=notice.attempts).update(**outcome)
