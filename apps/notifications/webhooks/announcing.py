"""Writes down what each webhook is to be told, in the transaction of the change. Sending is `sending`."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import QuerySet

from apps.common.commands import at_the_end
from apps.common.prepared import prepared
from apps.common.text import one_line
from apps.common.writing import insert_unknown
from apps.notifications.messages import Message, NoticeEvent
from apps.notifications.models.webhooks import Webhook, WebhookDelivery, message_id_of
from apps.notifications.policy import is_announced

SUBJECT_LIMIT = 200


class _Announced(NamedTuple):
    event: NoticeEvent
    key: str
    word: Callable[[], Message]
    now: datetime


def announce(*, key: str, message: Message, now: datetime) -> None:
    """Tell every webhook that wants the event of it, each once under this key, at the end of the command. One
    query for all that it announces, where no webhook wants any."""
    announce_many(message.event, {key: lambda: message}, now=now)


def announce_many(
    event: NoticeEvent, messages: Mapping[str, Callable[[], Message]], *, now: datetime
) -> None:
    """`announce` many of one kind, by their keys; put into words only where a webhook wants them."""
    announced = (_Announced(event, key, word, now) for key, word in messages.items())
    if messages:
        at_the_end(_write, *announced)


def _write(happened: Iterable[_Announced]) -> None:
    announced = [each for each in happened if is_announced(each.event)]
    if not announced:
        return
    enabled = _enabled()
    told: list[WebhookDelivery] = []
    for each in announced:
        if wanting := [webhook for webhook in enabled if webhook.wants(each.event)]:
            message = each.word()
            told += (delivery_of(webhook, each.key, message, each.now) for webhook in wanting)
    insert_unknown(told)


@prepared
def _enabled() -> QuerySet[Webhook]:
    return Webhook.objects.filter(is_enabled=True).only("events")


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
