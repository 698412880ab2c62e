"""Seals of the audit log: verified at a press, and noted outside the portal once a day."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from apps.access_requests.asks import Actor
from apps.administration.policy.installation import can_set_up
from apps.audit import verifying
from apps.audit.checkpoints import checkpoint_of
from apps.audit.models import Verification
from apps.notifications import services as notifications
from apps.notifications.messages import Message, NoticeEvent, Recipient

_STEPS_AT_ONCE = 5  # a second, about; what is left is done in the background


def verify_log(*, actor: Actor, now: datetime) -> Verification:
    """Begin, and do what a page can wait for: a small log is done then."""
    can_set_up(actor.access).require()
    verification = verifying.begin(actor=actor.party, now=now)
    for _ in range(_STEPS_AT_ONCE):
        verifying.go_on(now=now)
    verification.refresh_from_db()
    return verification


def send_checkpoint(*, now: datetime) -> None:
    """Once a day (UTC), to the addresses that the settings name and the webhooks that hear of it. It is no
    secret; it only has to lie where whoever keeps the database cannot change it."""
    checkpoint = checkpoint_of(now=now)
    if not checkpoint.sequence:
        return
    message = Message(
        NoticeEvent.AUDIT_CHECKPOINT,
        f"Checkpoint {checkpoint.sequence} of the audit log",
        "Keep this mail. With its line you can show that nobody has changed the audit log up to here:"
        " `manage.py audit verify --checkpoint FILE`.",
        link="",
        facts=(("Checkpoint", str(checkpoint)), ("Events", f"{checkpoint.count:,}")),
    )
    recipients = [Recipient(address) for address in settings.AUDIT_CHECKPOINT_TO]
    key = f"audit_checkpoint:{now:%Y-%m-%d}"
    notifications.notify(key=key, message=message, recipients=recipients, now=now)
