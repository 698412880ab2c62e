"""Brings one webhook what it is to be told. When to try again, and when to give up, is `delivery`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.fernet import InvalidToken

from apps.notifications.models import WebhookDelivery
from apps.notifications.webhooks.sending import NotDelivered, Sender
from apps.notifications.webhooks.signing import signed_headers

# For what else is meant for a receiver that just failed: each would take ten seconds of a worker.
PAUSE = timedelta(minutes=1)


@dataclass(frozen=True)
class Courier:
    sender: Sender
    now: datetime

    def bring(self, delivery: WebhookDelivery) -> None:
        """Raises `NotDelivered` when it was not taken."""
        try:
            status = self._post(delivery)
        except NotDelivered as failure:
            _note_status(delivery, failure.status_code)
            self._spare_others(delivery)
            raise
        _note_status(delivery, status)

    def _post(self, delivery: WebhookDelivery) -> int:
        body = delivery.body.encode()
        try:
            secret = delivery.webhook.secret
        except InvalidToken:
            raise NotDelivered("Its secret cannot be read any more. Make a new one.") from None
        headers = signed_headers(delivery.message_id, body, secret=secret, now=self.now)
        return self.sender.post(delivery.webhook.url, body=body, headers=headers)

    def _spare_others(self, delivery: WebhookDelivery) -> None:
        waiting = WebhookDelivery.objects.filter(
            webhook_id=delivery.webhook_id, state=WebhookDelivery.State.QUEUED
        )
        waiting.filter(next_try_at__lt=self.now + PAUSE).update(next_try_at=self.now + PAUSE)


def _note_status(delivery: WebhookDelivery, status: int | None) -> None:
    WebhookDelivery.objects.filter(pk=delivery.pk).update(status_code=status)
