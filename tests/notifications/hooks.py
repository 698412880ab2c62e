"""Webhooks and what they are told, for these tests."""

from apps.common.encryption import seal
from apps.notifications.models import Webhook
from tests.notifications.making import NOW

SECRET = bytes(range(24))


def a_webhook(name="Chat", url="https://chat.example.com/hook", **facts):
    given = {"sealed_secret": seal(SECRET), "created_at": NOW, "created_by": "Ada Admin"}
    return Webhook.objects.create(name=name, url=url, **given | facts)
