"""Background entry points."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from apps.notifications.delivery import deliver_next, keep_due
from apps.notifications.digests import gather_digests
from apps.notifications.mail import Postman
from apps.notifications.models import Notice, WebhookDelivery
from apps.notifications.services import forget_notices
from apps.notifications.webhooks.couriers import Courier
from apps.notifications.webhooks.keeping import tidy_deliveries
from apps.notifications.webhooks.sending import Sender

# A server that answers slowly must not hold a worker for long; the next run goes on from there. With a last
# attempt of ten seconds it is less than after what a job counts as lost: or all workers would wait for mail.
_AT_MOST = timedelta(seconds=8)


def _work(step: Callable[[datetime], bool]) -> int:
    """How many steps were taken before there was nothing left to do, or time was over."""
    started_at, taken = timezone.now(), 0
    while (now := timezone.now()) - started_at < _AT_MOST and step(now):
        taken += 1
    return taken


def has_mail(now: datetime) -> bool:
    """Whether any is due."""
    return Notice.objects.due(now).exists()


def has_deliveries(now: datetime) -> bool:
    """Whether a webhook is to be told of anything."""
    return WebhookDelivery.objects.due(now).exists()


def deliver() -> int:
    """Send what is due and return how many were tried. May run any number of times at once."""
    if settings.MAIL_IS_KEPT:
        return keep_due(now=timezone.now())
    with Postman() as postman:
        return _work(lambda now: deliver_next(now=now, send=postman.send))


def tell_webhooks() -> int:
    """As `deliver`, what webhooks are to be told."""
    sender = Sender(settings.WEBHOOK_NETWORKS)
    return _work(lambda now: deliver_next(now=now, send=Courier(sender, now).bring, table=WebhookDelivery))


def tidy() -> None:
    tidy_deliveries(now=timezone.now())
    _work(lambda now: forget_notices(now=now) > 0)


def gather() -> int:
    """Write the daily digests that are due, for `deliver` to send."""
    return gather_digests(now=timezone.now())
