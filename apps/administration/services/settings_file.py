"""Handing role settings out as a file."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.access_requests.asks import Actor
from apps.administration.policy.settings_file import write_settings
from apps.administration.selectors.settings_file import settings_as_blocks
from apps.audit import services as audit
from apps.audit.vocabulary import AuditAction
from apps.common.access import Permission, can_open

HEAD = (
    "Role settings. What is not named here stays as it is when this file is imported:",
    "neither other roles and places nor keys that a block leaves out are changed.",
    "A block without a resource holds wherever the role is held and nothing nearer is set.",
)


@transaction.atomic
def export_settings(*, actor: Actor, now: datetime) -> str:
    """All settings that the actor reads, as a file. That it was taken is written down."""
    can_open(actor.access, Permission.SETTINGS_READ).require()
    blocks = settings_as_blocks(actor.access)
    audit.record(AuditAction.SETTINGS_EXPORTED, actor=actor.party, at=now, details={"settings": len(blocks)})
    taken = f"Taken {now:%Y-%m-%d %H:%M} UTC by {actor.party.name}."
    return write_settings(blocks, head=[*HEAD, taken])
