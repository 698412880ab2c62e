"""Webhooks and what they are told, for these tests."""

from apps.common.encryption import seal
from apps.notifications.models import Webhook, WebhookDelivery
from apps.notifications.services import notify_each
from tests.notifications.making import NOW, a_message

SECRET = bytes(range(24))


def a_webhook(name="Chat", url="https://chat.example.com/hook", **facts):
    given = {"sealed_secret": seal(SECRET), "created_at": NOW, "created_by": "Ada Admin"}
    return Webhook.objects.create(name=name, url=url, **given | facts)


def a_delivery(webhook=None, key="assignment:1:ended", *, now=NOW, **facts):
    """What a webhook is to be told, as the command leaves it that tells of something."""
    webhook = webhook or a_webhook()
    notify_each(key=key, letters=(), announced=a_message(**facts), now=now)
    return WebhookDelivery.objects.get(webhook=webhook, key=key)
