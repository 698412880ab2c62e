"""One row per event and address: the entry in the inbox and the mail are made from it."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from apps.notifications.messages import NoticeEvent


class NoticeQuerySet(models.QuerySet["Notice"]):
    def inbox_of(self, principal_id: uuid.UUID) -> NoticeQuerySet:
        return self.filter(recipient_id=principal_id)

    def unread(self) -> NoticeQuerySet:
        return self.filter(read_at__isnull=True)

    def due(self, now: datetime) -> NoticeQuerySet:
        """What to send now: its time has come and nobody is at it, or whoever was has not come back."""
        waiting = Q(state=Notice.State.QUEUED, next_try_at__lte=now)
        abandoned = Q(state=Notice.State.SENDING, leased_until__lte=now)
        return self.filter(waiting | abandoned)


class Notice(models.Model):
    """What one address is told of one event. `recipient_id` puts it into that person's inbox as well."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        KEPT = "kept", "Kept, not sent"
        FAILED = "failed", "Given up"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=200)  # which event it is about, such as "request:<id>:denied"
    address = models.EmailField(max_length=254)
    recipient_id = models.UUIDField(null=True, blank=True)  # no foreign key: people are in an app above
    recipient_name = models.CharField(max_length=120, blank=True)
    event = models.CharField(max_length=32)  # a NoticeEvent; no choices: words need no migration
    subject = models.CharField(max_length=200)
    text = models.TextField()
    link = models.CharField(max_length=500, blank=True)
    facts = models.JSONField(default=list, blank=True)  # [[label, value], …]
    buttons = models.JSONField(default=list, blank=True)  # [{"label", "path", "danger"}, …]
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["recipient_id", "read_at", "created_at"], name="notice_inbox"),
            models.Index(fields=["created_at", "id"], name="notice_created"),
            models.Index(
                fields=["next_try_at"], condition=Q(state__in=["queued", "sending"]), name="notice_due"
            ),
        ]
        constraints = [
            models.UniqueConstraint("key", Lower("address"), name="notice_once_per_key_and_address"),
            models.CheckConstraint(
                condition=Q(state="sending", leased_until__isnull=False)
                | (~Q(state="sending") & Q(leased_until__isnull=True)),
                name="notice_sending_is_leased",
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False)
                | (~Q(state="sent") & Q(sent_at__isnull=True)),
                name="notice_sent_says_when",
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def event_label(self) -> str:
        return NoticeEvent(self.event).label

    @property
    def is_read(self) -> bool:
        return self.read_at is not None
