"""What the organisation is called."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction

from apps.access_requests.asks import Actor
from apps.administration.policy.installation import can_rename_organisation
from apps.administration.selectors.keepers import keeper_of
from apps.audit.services import record
from apps.audit.vocabulary import AuditAction, Party
from apps.common.errors import Invalid
from apps.common.models import LONGEST_NAME, THE_ONE, Installation
from apps.common.organisation import organisation_name
from apps.common.text import is_blank, one_line
from apps.roles.services.resources import name_directory


def as_organisation(name: str) -> str:
    """The name as it is stored. Raises `Invalid` for none, and for one that is too long."""
    stored = one_line(name)
    if is_blank(stored):
        raise Invalid("Give the name of your organisation.")
    if len(stored) > LONGEST_NAME:
        raise Invalid(f"The name of the organisation has at most {LONGEST_NAME} characters.")
    return stored


@transaction.atomic
def rename_organisation(*, name: str, actor: Actor, now: datetime) -> None:
    """Another name in the top bar and in mails, and for the directory. What was sent keeps the old one."""
    can_rename_organisation(actor.access, is_fixed=bool(settings.ORGANISATION)).require()
    keeper_of(actor, now=now).proven().require()
    name = as_organisation(name)
    Installation.objects.get_or_create(pk=THE_ONE)
    installation = Installation.objects.select_for_update().get(pk=THE_ONE)
    before = organisation_name()
    if name == before:
        return
    installation.organisation = name
    installation.save(update_fields=["organisation"])
    name_directory(name)
    record(
        AuditAction.ORGANISATION_RENAMED,
        actor=actor.party,
        at=now,
        target=Party("organisation", "", name),
        details={"name": [before, name]},
    )
