"""The clock of reviews: takes every round that is due one step on, a batch of lines at a time.

Any number of workers may, and any may be killed anywhere. A round is claimed with a lease, which only keeps
two workers from doing the same. What keeps a line from being written twice, or lost, is that each batch is
one transaction with the update that moves the round's cursor on, or its state: who comes second does nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F

from apps.common.errors import Conflict
from apps.reviews.models import Round
from apps.reviews.services.applying import apply_some
from apps.reviews.services.closing import close, complete
from apps.reviews.services.looking_after import look_after
from apps.reviews.services.opening import advance_some, begin, freeze_some
from apps.reviews.states import RoundState

LEASE = timedelta(seconds=60)
TURN = timedelta(seconds=2)  # then another round has its turn

Clock = Callable[[], datetime]

log = logging.getLogger(__name__)


def run_reviews(*, clock: Clock, until: datetime) -> int:
    """Go on with what is due, until there is nothing left or the time is over. Answers how many steps were
    done."""
    steps, rested = 0, set[UUID]()
    while (now := clock()) < until and (round_ := _claim_next(now, rested)):
        rested.add(round_.pk)
        try:
            done, is_left = _work_on(round_, clock, min(until, now + TURN))
        except Exception:  # whatever it is: one round must not keep the others from going on
            log.exception("Round %s could not go on; the next run tries again.", round_.pk)
            done, is_left = 0, False
        steps += done
        if is_left:
            rested.remove(round_.pk)
        Round.objects.filter(pk=round_.pk).update(leased_until=clock())
    return steps


def _claim_next(now: datetime, rested: set[UUID]) -> Round | None:
    """The round that has waited longest, if this worker may work on it; nothing if there is none, or another
    one was faster."""
    waiting = Round.objects.due(now).exclude(pk__in=rested)
    round_ = waiting.order_by(F("leased_until").asc(nulls_first=True), "starts_at", "id").first()
    if round_ is None:
        return None
    # Of its own row alone: PostgreSQL asks that again after waiting for whoever was faster.
    free = Round.objects.filter(pk=round_.pk, state=round_.state, leased_until=round_.leased_until)
    if not free.update(leased_until=now + LEASE):
        return None
    return Round.objects.select_related("review__owner").get(pk=round_.pk)


def _work_on(round_: Round, clock: Clock, until: datetime) -> tuple[int, bool]:
    """Steps, as long as there is something to do for it now: how many, and whether time alone ended them."""
    done = 0
    while (now := clock()) < until:
        Round.objects.filter(pk=round_.pk).update(leased_until=now + LEASE)
        try:
            if not _step(round_, now):
                return done, False
        except Conflict:
            return done, False  # somebody was faster: whoever looks next sees how it is
        done += 1
    return done, True


def _step(round_: Round, now: datetime) -> bool:
    """One transaction's worth of work; false when there is nothing more to do for this round now."""
    state = RoundState(round_.state)
    if state == RoundState.NOT_STARTED and round_.starts_at <= now:
        return begin(round_, now=now)
    if state == RoundState.STARTING:
        return freeze_some(round_, now=now) if round_.stage == 1 else advance_some(round_, now=now)
    if state == RoundState.IN_PROGRESS:
        if not round_.takes_answers(now):
            return close(round_, now=now)
        return look_after(round_, now=now)
    if state == RoundState.COMPLETING:
        return complete(round_, now=now)
    if state == RoundState.APPLYING:
        return apply_some(round_, now=now)
    return False
