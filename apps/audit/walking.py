"""Walks along the chain and finds what does not fit: a changed, removed, inserted or reordered event.

A walk is a value that can be kept between two steps, so one may take hours, stop and go on. Memory does not
grow with the log. What it cannot find stands in `docs/audit.md`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from apps.audit.canonical import GENESIS, digest, instant, line_of
from apps.audit.checkpoints import Checkpoint, end_of_chain, newest_stub
from apps.audit.models import AuditEvent, AuditSeal, Stub, Unsealed
from apps.audit.vocabulary import AuditAction

AT_ONCE = 2000  # events in memory
# Longer than between reading the clock and committing, on machines whose clocks differ a little.
TOLERANCE = timedelta(minutes=5)
LONGEST_WAIT = timedelta(minutes=1)  # for a seal

_COLUMNS = [field.attname for field in AuditEvent._meta.concrete_fields]


@dataclass(frozen=True)
class Finding:
    """One thing that does not fit, as a sentence; with the place and the event where it has one."""

    sentence: str
    sequence: int | None = None
    event: str = ""

    def __str__(self) -> str:
        where = [f"Sequence {self.sequence}"] if self.sequence else []
        where += [f"event {self.event}"] if self.event else []
        return f"{', '.join(where)}: {self.sentence}" if where else self.sentence


@dataclass(frozen=True)
class Walk:
    """How far a verification has come. `until` and its hash: where the chain ended when it began."""

    until: int
    until_hash: str
    sequence: int = 0
    hash: str = GENESIS  # what the next seal follows
    computed: str = GENESIS  # what the last line gives now: another hash if it, or its seal, was changed
    newest: datetime | None = None  # the time of the newest event on the way

    @property
    def is_over(self) -> bool:
        return self.sequence >= self.until


@dataclass(frozen=True)
class _Place:
    """A seal and the columns of its event, or none if that is gone."""

    seal: AuditSeal
    columns: dict[str, Any] | None

    @cached_property
    def computed(self) -> str:
        """What its line gives now; nothing to compute without an event."""
        if self.columns is None:
            return self.seal.hash
        seal = self.seal
        return digest(
            line_of(
                self.columns.items(),
                sequence=seal.sequence,
                sealed_at=seal.sealed_at,
                previous=seal.previous,
            )
        )


def whole_walk() -> Walk:
    """From the first event to the end of the chain."""
    end = end_of_chain()
    return Walk(end.sequence, end.hash)


def walk_since(checkpoint: Checkpoint) -> Walk:
    """What was sealed after a checkpoint; whether that one fits is asked apart (`compare`)."""
    start = checkpoint.hash
    return replace(whole_walk(), sequence=checkpoint.sequence, hash=start, computed=start)


def step(walk: Walk, count: int = AT_ONCE) -> tuple[Walk, list[Finding]]:
    """Go on by so many events."""
    findings: list[Finding] = []
    places = _places(walk, count)
    for place in places:
        walk = _reach(walk, place.seal, findings)
        findings += _judge(walk, place)
        walk = _pass(walk, place)
    if not places and not walk.is_over:
        behind = AuditSeal(sequence=walk.until + 1, previous=walk.until_hash)
        walk = _reach(walk, behind, findings)
    return walk, findings


def _places(walk: Walk, count: int) -> list[_Place]:
    """The next ones. Where an event is missing because retention took the stretch in this very moment, its
    seal is gone too, and the next step looks again."""
    ahead = AuditSeal.objects.filter(sequence__gt=walk.sequence, sequence__lte=walk.until)
    seals = list(ahead.order_by("sequence")[:count])
    if not seals:
        return []
    events = AuditEvent.objects.filter(
        seal__sequence__gte=seals[0].sequence, seal__sequence__lte=seals[-1].sequence
    ).values_list("seal__sequence", *_COLUMNS)
    columns = {place: dict(zip(_COLUMNS, row, strict=True)) for place, *row in events.iterator()}
    if len(columns) < len(seals) and not AuditSeal.objects.filter(pk=seals[0].pk).exists():
        return _places(walk, count)
    return [_Place(seal, columns.get(seal.sequence)) for seal in seals]


def _reach(walk: Walk, seal: AuditSeal, findings: list[Finding]) -> Walk:
    """Up to just before a seal: over what retention has removed, and over gaps, which are findings."""
    while walk.sequence + 1 < seal.sequence and (stub := _stub_at(walk.sequence + 1)):
        findings += _judge_stub(walk, stub)
        walk = replace(walk, sequence=stub.last, hash=stub.hash_after, computed=stub.hash_after)
    first, last = walk.sequence + 1, seal.sequence - 1
    if first > last:
        return walk
    what = f"The seals {first} to {last} are" if first < last else f"The seal {first} is"
    findings.append(Finding(f"{what} missing: removed, and with them the places of their events."))
    return replace(walk, sequence=last, hash=seal.previous, computed=seal.previous)


def _stub_at(sequence: int) -> Stub | None:
    return Stub.objects.filter(first__lte=sequence, last__gte=sequence).first()


def _judge_stub(walk: Walk, stub: Stub) -> Iterator[Finding]:
    if stub.first == walk.sequence + 1 and stub.hash_before not in (walk.hash, walk.computed):
        yield Finding(f"The stub of {stub} does not follow what was before it.")
    if AuditSeal.objects.filter(sequence__lt=stub.last).exists():
        yield Finding(f"The stub of {stub} lies in the middle: retention removes from the beginning alone.")


def _judge(walk: Walk, place: _Place) -> Iterator[Finding]:
    seal = place.seal
    at_place = {"sequence": seal.sequence, "event": str(seal.event_id)}
    if seal.previous not in (walk.hash, walk.computed):
        yield Finding(
            "The seal does not follow the one before it: one of the two was changed or put in.", **at_place
        )
    if place.columns is None:
        yield Finding("The event was removed.", **at_place)
        return
    if place.computed != seal.hash:
        yield Finding("The event, or its seal, was changed after it was sealed.", **at_place)
    at = place.columns["at"]
    if walk.newest and at < walk.newest - TOLERANCE:
        yield Finding(
            f"The event was put in later: it says {instant(at)},"
            f" and one of {instant(walk.newest)} had been sealed before.",
            **at_place,
        )
    if at > seal.sealed_at + TOLERANCE:
        yield Finding(
            f"The event says {instant(at)}, which lay ahead when it was sealed,"
            f" at {instant(seal.sealed_at)}.",
            **at_place,
        )


def _pass(walk: Walk, place: _Place) -> Walk:
    newest = walk.newest
    if place.columns:
        at = min(place.columns["at"], place.seal.sealed_at)
        newest = max(newest, at) if newest else at
    seal = place.seal
    return replace(walk, sequence=seal.sequence, hash=seal.hash, computed=place.computed, newest=newest)


# ---- What is asked once, at the end of a walk --------------------------------------------------------------


def conclude(walk: Walk, *, now: datetime) -> Iterator[Finding]:
    """Whether the chain ends where it ended, and whether each event has a place or waits for one."""
    yield from _end(walk)
    yield from _trimmed_without_an_event()
    yield from _never_queued()
    yield from _waiting(now)


def compare(checkpoint: Checkpoint) -> Iterator[Finding]:
    """Whether the chain is still the one of which a checkpoint was made."""
    known = _hash_at(checkpoint.sequence)
    made = f"the checkpoint of {instant(checkpoint.at)}"
    if checkpoint.sequence > end_of_chain().sequence:
        yield Finding(f"The chain ended at {checkpoint.sequence}, says {made}: its end was removed.")
    elif known is None and _stub_at(checkpoint.sequence) is None:
        yield Finding(f"The seal of {made} was removed.", sequence=checkpoint.sequence)
    elif known not in (None, checkpoint.hash):
        yield Finding(
            f"The log was written anew up to here: {made} has another hash.", sequence=checkpoint.sequence
        )


def removed() -> Iterator[str]:
    """What retention has taken, in sentences. Nothing is wrong with that; it can no longer be verified."""
    for stub in Stub.objects.order_by("first").iterator():
        yield (
            f"Sequences {stub.first} to {stub.last}, events from {instant(stub.first_at)} to"
            f" {instant(stub.last_at)}, were removed by retention at {instant(stub.removed_at)}."
        )


def _hash_at(sequence: int) -> str | None:
    """Known of what is there, and of the two ends of a stub."""
    if sequence == 0:
        return GENESIS
    seal = AuditSeal.objects.filter(pk=sequence).first()
    stub = Stub.objects.filter(last=sequence).first()
    return seal.hash if seal else stub.hash_after if stub else None


def _end(walk: Walk) -> Iterator[Finding]:
    """The chain's own row says where it ends."""
    end = end_of_chain()
    if walk.until_hash not in (walk.hash, walk.computed):
        yield Finding("The chain does not end with the hash that it should.", sequence=walk.sequence)
    if AuditSeal.objects.filter(sequence__gt=end.sequence).exists():
        yield Finding(f"There are seals behind the end of the chain, which is {end.sequence}.")


def _trimmed_without_an_event() -> Iterator[Finding]:
    """Each removal is an event, as long as that one is not old enough to be removed itself."""
    newest = newest_stub()
    if newest is None:
        return
    told = set(
        AuditEvent.objects.filter(action=AuditAction.AUDIT_TRIMMED).values_list("details__last", flat=True)
    )
    for stub in Stub.objects.filter(removed_at__gt=newest.last_at):
        if stub.last not in told:
            yield Finding(f"No event tells that {stub} was removed: retention did not do it.")


def _never_queued() -> Iterator[Finding]:
    unplaced = AuditEvent.objects.filter(seal__isnull=True, unsealed__isnull=True)
    for event_id in unplaced.values_list("id", flat=True).iterator(AT_ONCE):
        yield Finding(
            "The event has no seal and waits for none: it was put in, or its seal was removed.",
            event=str(event_id),
        )


def _waiting(now: datetime) -> Iterator[Finding]:
    late = Unsealed.objects.filter(at__lt=now - LONGEST_WAIT)
    waiting = AuditEvent.objects.filter(unsealed__in=late)
    if oldest := waiting.order_by("at", "id").first():
        yield Finding(
            f"{waiting.count()} events have waited for longer than a minute to be sealed, this one since"
            f" {instant(oldest.at)}: is a worker running?",
            event=str(oldest.id),
        )
    there = AuditEvent.objects.values("id")
    for event_id in late.exclude(event__in=there).values_list("event_id", flat=True).iterator(AT_ONCE):
        yield Finding("The event was removed before it was sealed.", event=str(event_id))
