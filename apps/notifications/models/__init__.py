"""The tables of notices and of what is told to other systems."""

from apps.notifications.models.notices import Notice, NoticeQuerySet
from apps.notifications.models.preferences import NoticePreferences
from apps.notifications.models.webhooks import Webhook, WebhookDelivery, WebhookDeliveryQuerySet

__all__ = [
    "Notice",
    "NoticePreferences",
    "NoticeQuerySet",
    "Webhook",
    "WebhookDelivery",
    "WebhookDeliveryQuerySet",
]
