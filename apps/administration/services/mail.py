"""Having mail sent again that did not go out."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction

from apps.access_requests.asks import Actor
from apps.administration.policy.installation import can_send_mail
from apps.administration.selectors.keepers import keeper_of
from apps.audit.services import record
from apps.audit.vocabulary import AuditAction
from apps.notifications import services as notifications
from apps.notifications.models import NoticeQuerySet

_NAMED = 50  # addresses in the event; of more it is said how many


@transaction.atomic
def send_again(*, notices: NoticeQuerySet, actor: Actor, now: datetime) -> int:
    """Those of them that failed, from the beginning; answers how many. What has gone out meanwhile, or is
    being sent, is left alone."""
    can_send_mail(actor.access, mail_is_kept=settings.MAIL_IS_KEPT).require()
    keeper_of(actor, now=now).proven().require()
    addresses = list(notices.failed_before().order_by("id").values_list("address", flat=True)[:_NAMED])
    count = notifications.send_again(notices, now=now)
    if count:
        details = {"count": count, "to": addresses}
        record(AuditAction.MAIL_SENT_AGAIN, actor=actor.party, at=now, details=details)
    return count
