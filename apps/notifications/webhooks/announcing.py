"""Writes down what each webhook is to be told, in the transaction of the change. Sending is `sending`."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from apps.common.text import one_line
from apps.notifications.messages import Message, NoticeEvent
from apps.notifications.models.webhooks import Webhook, WebhookDelivery, message_id_of
from apps.notifications.policy import is_announced

SUBJECT_LIMIT = 200


def announce(*, key: str, message: Message, now: datetime) -> None:
    """Tell every webhook that wants the event of it, each once under this key. One query where none does."""
    announce_many(message.event, {key: lambda: message}, now=now)


def announce_many(
    event: NoticeEvent, messages: Mapping[str, Callable[[], Message]], *, now: datetime
) -> None:
    """`announce` many of one kind, by their keys; put into words only where a webhook wants them."""
    if not messages or not is_announced(event):
        return
    enabled = Webhook.objects.filter(is_enabled=True).only("events")
    wanting = [webhook for webhook in enabled if webhook.wants(event)]
    if wanting:
        worded = {key: word() for key, word in messages.items()}
        told = (delivery_of(webhook, *each, now) for each in worded.items() for webhook in wanting)
        WebhookDelivery.objects.bulk_create(told, ignore_conflicts=True)


def delivery_of(webhook: Webhook, key: str, message: Message, now: datetime) -> WebhookDelivery:
    """A row that is not written yet."""
    pk = uuid.uuid4()
    return WebhookDelivery(
        id=pk,
        webhook=webhook,
        key=key,
        event=message.event,
        subject=one_line(message.subject, SUBJECT_LIMIT),
        body=json.dumps(_payload(pk, message, now), ensure_ascii=False, separators=(",", ":")),
        created_at=now,
        queued_at=now,
        next_try_at=now,
    )


def _payload(pk: uuid.UUID, message: Message, now: datetime) -> dict[str, Any]:
    """Never the buttons: one may be a credential."""
    return {
        "id": message_id_of(pk),
        "event": message.event.value,
        "subject": message.subject,
        "text": message.text,
        "link": f"{settings.BASE_URL}{message.link}" if message.link else "",
        "facts": [{"label": label, "value": value} for label, value in message.facts],
        "at": now.astimezone(UTC).isoformat(),
    }
