"""Background entry points."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from apps.notifications.delivery import deliver_next, keep_due
from apps.notifications.digests import gather_digests
from apps.notifications.mail import Postman

# A server that answers slowly must not hold a worker for long; the next run goes on from there.
_AT_MOST = timedelta(seconds=20)


def deliver() -> int:
    """Send what is due and return how many were tried. May run any number of times at once."""
    if settings.MAIL_IS_KEPT:
        return keep_due(now=timezone.now())
    started_at, tried = timezone.now(), 0
    with Postman() as postman:
        while timezone.now() - started_at < _AT_MOST and deliver_next(now=timezone.now(), send=postman.send):
            tried += 1
    return tried


def gather() -> int:
    """Write the daily digests that are due, for `deliver` to send."""
    return gather_digests(now=timezone.now())
