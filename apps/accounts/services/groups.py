"""Commands on groups that exist: what they are called, whether they are under management, and their end.
`place` is the resource of the group, as its events name it: the apps above know it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.accounts.models import Group
from apps.accounts.services.people import validate
from apps.audit.services import record
from apps.audit.vocabulary import AuditAction, Party, Place
from apps.common.errors import Conflict
from apps.common.text import one_line


@transaction.atomic
def change_group(
    *, group: Group, name: str, description: str, place: Place, actor: Party, now: datetime
) -> None:
    """Another name or description. Whether it can hold directory roles is fixed at its creation."""
    before = [group.name, group.description]
    group.name, group.description = one_line(name), description.strip()
    if before == [group.name, group.description]:
        return
    validate(group)
    group.save(update_fields=["name", "description"])
    details = {"from": before, "to": [group.name, group.description]}
    record(AuditAction.GROUP_CHANGED, actor=actor, at=now, target=group.party, place=place, details=details)


@transaction.atomic
def manage_group(*, group: Group, place: Place, actor: Party, now: datetime) -> None:
    """From now on the settings of the group apply. What is held on it stays as it is."""
    _switch(group, is_managed=True)
    record(AuditAction.GROUP_MANAGED, actor=actor, at=now, target=group.party, place=place)


@transaction.atomic
def release_group(*, group: Group, place: Place, actor: Party, now: datetime) -> None:
    """Take it out of management. The caller has seen to it that all of its rows are assigned for good."""
    _switch(group, is_managed=False)
    record(AuditAction.GROUP_RELEASED, actor=actor, at=now, target=group.party, place=place)


@transaction.atomic
def retire_group(*, group: Group, place: Place, actor: Party, now: datetime) -> None:
    """Take it out of use. The caller has seen to it that nobody is in it and it holds nothing."""
    if not Group.objects.in_use().filter(pk=group.pk).update(retired_at=now):
        raise Conflict(f"{group.name} has been retired already.")
    group.retired_at = now
    record(AuditAction.GROUP_RETIRED, actor=actor, at=now, target=group.party, place=place)


def _switch(group: Group, *, is_managed: bool) -> None:
    if not Group.objects.filter(pk=group.pk, is_managed=not is_managed).update(is_managed=is_managed):
        state = "under management already" if is_managed else "not under management"
        raise Conflict(f"{group.name} is {state}.")
    group.is_managed = is_managed
