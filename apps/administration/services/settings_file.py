"""Handing role settings out: all of them, as a file that can be read in again, and the list of a place."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.access_requests.asks import Actor
from apps.administration.policy.settings_file import write_settings
from apps.administration.selectors.settings import whole_list
from apps.administration.selectors.settings_file import settings_as_blocks
from apps.audit import services as audit
from apps.audit.vocabulary import AuditAction
from apps.common.access import Permission, can_open
from apps.roles.selectors import Settings
from apps.roles.services.custom_roles import all_of
from apps.roles.web import Place

HEAD = (
    "Role settings. What is not named here stays as it is when this file is imported:",
    "neither other roles and places nor keys that a block leaves out are changed.",
    "A block without a resource holds wherever the role is held and nothing nearer is set.",
    "“inherit: true” instead of rules takes away those that are set in that place.",
)


@transaction.atomic
def export_settings(*, actor: Actor, now: datetime) -> str:
    """All settings that the actor reads, as a file. That it was taken is written down."""
    can_open(actor.access, Permission.SETTINGS_READ).require()
    blocks = settings_as_blocks(actor.access)
    audit.record(AuditAction.SETTINGS_EXPORTED, actor=actor.party, at=now, details={"settings": len(blocks)})
    taken = f"Taken {now:%Y-%m-%d %H:%M} UTC by {actor.party.name}."
    return write_settings(blocks, head=[*HEAD, taken])


@transaction.atomic
def export_settings_list(place: Place, *, actor: Actor, q: str, now: datetime) -> list[Settings]:
    """The settings of the list of a place, for a file. That it was taken is written down."""
    place.can_open(actor.access, Permission.SETTINGS_READ).require()
    found = whole_list(place.provider, place.resource, q=q)
    audit.record(
        AuditAction.SETTINGS_EXPORTED,
        actor=actor.party,
        at=now,
        place=place.resource.place if place.resource else all_of(place.provider),
        details={"settings": len(found), "q": q} if q else {"settings": len(found)},
    )
    return found
