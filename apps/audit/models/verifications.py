"""The last time that somebody let the chain be verified, and how far that has come."""

from __future__ import annotations

from typing import ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from apps.audit.models.events import NAME_LIMIT
from apps.audit.models.seals import THE_ONE
from apps.audit.vocabulary import Party


class Verification(models.Model):
    """One row: the next verification writes over it. That each was done is an event of the log."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=THE_ONE, editable=False)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=64, blank=True)
    actor_name = models.CharField(max_length=NAME_LIMIT)
    until = models.PositiveBigIntegerField()  # sequences
    reached = models.PositiveBigIntegerField()
    walk = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    found = models.PositiveBigIntegerField(default=0)
    findings = models.JSONField(default=list)  # the first of them, as sentences

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(id=THE_ONE), name="audit_verification_is_one")
        ]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M:%S}"

    @property
    def actor(self) -> Party:
        return Party(self.actor_kind, self.actor_id, self.actor_name)

    @property
    def is_running(self) -> bool:
        return self.finished_at is None

    @property
    def left_out(self) -> int:
        """How many findings are counted but not kept."""
        return self.found - len(self.findings)
