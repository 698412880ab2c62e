"""What is kept of what webhooks were told."""

from __future__ import annotations

from datetime import datetime, timedelta

from apps.notifications.models import WebhookDelivery
from apps.notifications.policy import WAITS

KEPT = timedelta(days=30)
# What is spared for others that fail, or waits for a paused webhook, uses up no attempts, but time.
WAITS_AT_MOST = sum(WAITS, timedelta(hours=1))
_STALE = "It waited for more than a day."


def tidy_deliveries(*, now: datetime) -> None:
    """Give up what has waited too long, and forget what is old, whatever became of it."""
    WebhookDelivery.objects.spent(now - WAITS_AT_MOST).update(
        state=WebhookDelivery.State.FAILED, failed_at=now, next_try_at=None, trouble=_STALE
    )
    WebhookDelivery.objects.filter(created_at__lt=now - KEPT).delete()
