"""The chain that shows whether the log was changed: each event's place in it, and who still waits for one."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from apps.audit.canonical import GENESIS, HASH_LENGTH
from apps.audit.models.events import AuditEvent

THE_ONE = 1  # the id of the only chain


def _hash(**options: str) -> models.CharField[str, str]:
    return models.CharField(max_length=HASH_LENGTH, **options)


class AuditSeal(models.Model):
    """The place of one event. Written by `sealing` alone; the database refuses to change or delete it.

    No foreign key in the database: what removes an event by force leaves its seal behind, which tells of it.
    """

    sequence = models.PositiveBigIntegerField(primary_key=True)  # 1, 2, 3, … without gaps
    event = models.OneToOneField(
        AuditEvent, on_delete=models.DO_NOTHING, db_constraint=False, related_name="seal"
    )
    sealed_at = models.DateTimeField()
    previous = _hash()
    hash = _hash()  # over the event and the columns above (`canonical`)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(sequence__gte=1), name="audit_seal_counts_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.hash}"


class Unsealed(models.Model):
    """An event that waits for its place. A trigger of the database writes it (`triggers`), so nobody who
    writes an event can forget it, and the sealer need not look through the log."""

    event = models.OneToOneField(
        AuditEvent,
        primary_key=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="unsealed",
    )
    at = models.DateTimeField()  # of the event

    class Meta:
        indexes: ClassVar = [models.Index(fields=["at", "event"], name="audit_unsealed_at")]

    def __str__(self) -> str:
        return str(self.event_id)


class Chain(models.Model):
    """One row: where the chain ends. Whoever goes on with it holds this row: one sealer at a time."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=THE_ONE, editable=False)
    sequence = models.PositiveBigIntegerField(default=0)
    hash = _hash(default=GENESIS)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(id=THE_ONE), name="audit_chain_is_one")]

    def __str__(self) -> str:
        return f"{self.sequence} {self.hash}"


class Stub(models.Model):
    """What retention leaves of a stretch that it removed: enough for the rest to verify. The first one begins
    at 1, each where the one before it ended."""

    first = models.PositiveBigIntegerField(primary_key=True)  # sequences
    last = models.PositiveBigIntegerField(unique=True)
    hash_before = _hash()
    hash_after = _hash()
    first_at = models.DateTimeField()  # of the oldest event, and of the newest
    last_at = models.DateTimeField()
    removed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(first__gte=1, last__gte=F("first")), name="audit_stub_is_a_stretch"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"

    @property
    def count(self) -> int:
        """How many events were removed; a sequence has no gaps."""
        return self.last - self.first + 1
