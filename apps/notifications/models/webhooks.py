"""Other systems that are told of events, and what each was told."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse

from apps.common.encryption import unseal
from apps.notifications.messages import NoticeEvent
from apps.notifications.models.constraints import only_then


class Webhook(models.Model):
    """An address that hears of events. Without `events` of its own it hears of all."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    url = models.CharField(max_length=500)
    sealed_secret = models.TextField()  # `common.encryption`; shown once, when it was made
    events = models.JSONField(default=list, blank=True)  # of NoticeEvent
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(Lower("name"), name="webhook_name_once")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("administration:webhook", args=[self.pk])

    def wants(self, event: NoticeEvent) -> bool:
        return not self.events or event in self.events

    @property
    def secret(self) -> bytes:
        """Raises `cryptography.fernet.InvalidToken` when the key it was sealed with is gone."""
        return unseal(self.sealed_secret)

    @property
    def event_labels(self) -> list[str]:
        return [NoticeEvent(event).in_general for event in self.events]


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    def to_send(self) -> WebhookDeliveryQuerySet:
        """What waits to be told, now or later."""
        return self.filter(next_try_at__isnull=False)

    def given_up(self) -> WebhookDeliveryQuerySet:
        """Of what the log of deliveries still holds."""
        return self.filter(state=WebhookDelivery.State.FAILED)

    def due(self, now: datetime) -> WebhookDeliveryQuerySet:
        """As `NoticeQuerySet.due`. What is for a paused webhook waits until it is not.

        The webhook is asked in a subquery: an update that has waited for a row asks again for its own columns
        only."""
        enabled = Webhook.objects.filter(is_enabled=True).values("id")
        states = (WebhookDelivery.State.QUEUED, WebhookDelivery.State.SENDING)
        return self.filter(state__in=states, next_try_at__lte=now, webhook_id__in=enabled)

    def spent(self, before: datetime) -> WebhookDeliveryQuerySet:
        """What has waited since before then and is not being sent."""
        return self.filter(state=WebhookDelivery.State.QUEUED, queued_at__lt=before)


class WebhookDelivery(models.Model):
    """What one webhook is told of one event, word for word."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Delivered"
        FAILED = "failed", "Given up"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Not for the database to check: a webhook that is deleted meanwhile must not undo a change that tells of
    # itself. Such a row is never due, and tidied away with the others.
    webhook = models.ForeignKey(
        Webhook, on_delete=models.CASCADE, related_name="deliveries", db_constraint=False, db_index=False
    )
    key = models.CharField(max_length=200)  # which event it is about, as that of a notice
    event = models.CharField(max_length=32)
    subject = models.CharField(max_length=200)
    body = models.TextField()  # JSON; the signature is over these very bytes
    created_at = models.DateTimeField()

    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField()  # at first, or when somebody let it be sent again
    next_try_at = models.DateTimeField(null=True, blank=True)  # as in `Notice`
    sent_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)  # of the last answer, if any came
    trouble = models.CharField(max_length=300, blank=True)  # why the last attempt failed, for people

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["webhook", "created_at", "id"], name="webhook_delivery_log"),
            models.Index(fields=["created_at"], name="webhook_delivery_created"),
            models.Index(
                fields=["next_try_at", "id"],
                condition=Q(next_try_at__isnull=False),
                name="webhook_delivery_due",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["webhook", "key"], name="webhook_told_once_of_each_event"),
            only_then("next_try_at", ("queued", "sending"), name="webhook_delivery_waits_until_some_time"),
            only_then("sent_at", ("sent",), name="webhook_delivery_sent_says_when"),
            only_then("failed_at", ("failed",), name="webhook_delivery_failed_says_when"),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def message_id(self) -> str:
        """Under which the receiver knows it: the same each time it is tried."""
        return message_id_of(self.id)

    @property
    def event_label(self) -> str:
        return NoticeEvent(self.event).in_general


def message_id_of(pk: uuid.UUID) -> str:
    return f"msg_{pk.hex}"
