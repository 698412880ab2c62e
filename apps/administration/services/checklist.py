"""The steps of the checklist that somebody takes at a press: a test mail, and a word about backups."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction

from apps.access_requests.asks import Actor
from apps.accounts.policy import zone_of
from apps.administration.policy.installation import can_send_mail, can_set_up
from apps.administration.selectors.checklist import BACKUP
from apps.administration.selectors.keepers import keeper_of
from apps.audit.services import record
from apps.audit.vocabulary import AuditAction
from apps.common.instants import full
from apps.common.models import THE_ONE, Installation
from apps.notifications import services as notifications
from apps.notifications.messages import Message, NoticeEvent


def send_test_mail(*, actor: Actor, now: datetime) -> None:
    """To the one who presses, at most one a minute."""
    can_send_mail(actor.access, mail_is_kept=settings.MAIL_IS_KEPT).require()
    user = actor.somebody
    message = Message(
        NoticeEvent.TEST_MAIL,
        "A test mail of the portal",
        "The portal can send mail: this one has arrived.",
        link="",
        facts=(("When", full(now, zone_of(user))),),
    )
    recipients = [user.recipient]
    key = f"test_mail:{user.pk}:{now:%Y-%m-%dT%H:%M}"
    notifications.notify(key=key, message=message, recipients=recipients, now=now)


@transaction.atomic
def confirm_backup(*, actor: Actor, now: datetime) -> None:
    """Somebody says that backups are made, which the portal cannot see for itself."""
    can_set_up(actor.access).require()
    keeper_of(actor, now=now).proven().require()
    Installation.objects.get_or_create(pk=THE_ONE)
    installation = Installation.objects.select_for_update().get(pk=THE_ONE)
    if BACKUP in installation.confirmed:
        return
    installation.confirmed[BACKUP] = {"at": now.isoformat(), "by": actor.party.name}
    installation.save(update_fields=["confirmed"])
    record(AuditAction.INSTALLATION_CONFIRMED, actor=actor.party, at=now)
