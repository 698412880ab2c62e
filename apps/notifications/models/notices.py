"""One row per event and address: the entry in the inbox and the mail are made from it."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from apps.notifications.messages import NoticeEvent
from apps.notifications.models.constraints import only_then


class NoticeQuerySet(models.QuerySet["Notice"]):
    def inbox_of(self, principal_id: uuid.UUID) -> NoticeQuerySet:
        return self.filter(recipient_id=principal_id)

    def unread(self) -> NoticeQuerySet:
        return self.filter(read_at__isnull=True)

    def due(self, now: datetime) -> NoticeQuerySet:
        """What to send now: its time has come and nobody is at it, or whoever was has not come back."""
        return self.filter(state__in=(Notice.State.QUEUED, Notice.State.SENDING), next_try_at__lte=now)

    def to_send(self) -> NoticeQuerySet:
        """What is being sent or waits for that."""
        return self.filter(next_try_at__isnull=False, state__in=(Notice.State.QUEUED, Notice.State.SENDING))

    def given_up(self) -> NoticeQuerySet:
        return self.filter(failed_at__isnull=False)

    def failed_before(self) -> NoticeQuerySet:
        """What was given up, or waits to be tried again: nobody is at it."""
        waits = Q(next_try_at__isnull=False, state=Notice.State.QUEUED, attempts__gt=0)
        return self.filter(Q(failed_at__isnull=False) | waits)

    def over_before(self, before: datetime) -> NoticeQuerySet:
        """What is older than that and waits for nothing."""
        return self.filter(next_try_at__isnull=True, created_at__lt=before)

    def for_digest(self, now: datetime) -> NoticeQuerySet:
        """What waits for a daily digest whose hour has come."""
        return self.filter(state=Notice.State.DIGEST, next_try_at__lte=now)


class Notice(models.Model):
    """What one address is told of one event. `recipient_id` puts it into that person's inbox as well."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Given up"
        DIGEST = "digest", "Waits for the daily digest"
        GATHERED = "gathered", "In a daily digest"
        INBOX = "inbox", "In the inbox only"
        KEPT = "kept", "Kept, not sent"

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
    trace_id = models.CharField(max_length=64, blank=True)  # of the call that wrote it, as its events have it
    read_at = models.DateTimeField(null=True, blank=True)

    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    # When whatever waits is looked at next; while it is being sent, when its worker is given up.
    next_try_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=300, blank=True)  # why the last attempt failed, for people

    objects = NoticeQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["recipient_id", "read_at", "created_at"], name="notice_inbox"),
            models.Index(fields=["created_at", "id"], name="notice_created"),
            # Conditions that SQLite, too, knows to be met: an instant that is asked for is not null.
            models.Index(
                fields=["next_try_at", "id"], condition=Q(next_try_at__isnull=False), name="notice_due"
            ),
            models.Index(
                fields=["failed_at", "id"], condition=Q(failed_at__isnull=False), name="notice_failed"
            ),
        ]
        constraints = [
            models.UniqueConstraint("key", Lower("address"), name="notice_once_per_key_and_address"),
            only_then("next_try_at", ("queued", "sending", "digest"), name="notice_waits_until_some_time"),
            only_then("sent_at", ("sent",), name="notice_sent_says_when"),
            only_then("failed_at", ("failed",), name="notice_failed_says_when"),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def event_label(self) -> str:
        return NoticeEvent(self.event).label

    @property
    def has_failed(self) -> bool:
        """As `failed_before` finds it."""
        waits_again = self.state == self.State.QUEUED and self.attempts > 0
        return waits_again or self.state == self.State.FAILED

    @property
    def is_read(self) -> bool:
        return self.read_at is not None
