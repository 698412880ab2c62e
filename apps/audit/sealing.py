"""The sealer: gives each event that was committed its place in the chain.

Any number of workers may run it, and be killed anywhere: who seals holds the chain's one row, and places,
queue and row change in one transaction. A place is taken once and an event has one, by constraint.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.audit.canonical import digest, line_of
from apps.audit.models import THE_ONE, AuditEvent, AuditSeal, Chain, Unsealed

AT_ONCE = 500  # events in one transaction


def seal_waiting(*, now: datetime, batches: int) -> int:
    """Seal what waits, at most so many batches of it; answers how many events. The next run goes on."""
    sealed = 0
    for _ in range(batches):
        if not Unsealed.objects.exists():  # asked before any lock is taken: mostly nothing waits
            break
        sealed += (done := seal_next(now=now))
        if not done:
            break
    return sealed


@transaction.atomic
def seal_next(*, now: datetime) -> int:
    """Seal the oldest that wait, in the order of their times; answers how many."""
    chain = hold_chain()
    waiting = list(AuditEvent.objects.waiting_for_a_seal().select_related("seal")[:AT_ONCE])
    new = [event for event in waiting if not hasattr(event, "seal")]
    AuditSeal.objects.bulk_create([_follow(chain, event, now) for event in new])
    chain.save(update_fields=["sequence", "hash"])
    Unsealed.objects.filter(event__in=[event.id for event in waiting]).delete()
    return len(new)


def hold_chain() -> Chain:
    """Until the transaction ends nobody else goes on with the chain, or takes from its beginning."""
    return Chain.objects.select_for_update().get_or_create(pk=THE_ONE)[0]


def _follow(chain: Chain, event: AuditEvent, now: datetime) -> AuditSeal:
    """The next place, which is the end of the chain from here on."""
    previous, chain.sequence = chain.hash, chain.sequence + 1
    chain.hash = digest(line_of(event.columns(), sequence=chain.sequence, sealed_at=now, previous=previous))
    return AuditSeal(sequence=chain.sequence, event=event, sealed_at=now, previous=previous, hash=chain.hash)
