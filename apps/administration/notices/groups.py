"""Who hears that a group is under management, or no longer: the admins of the directory, and its owners."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from apps.accounts.models import Group
from apps.assignments.notices.cells import admins_of
from apps.audit.vocabulary import Party
from apps.notifications import services as notifications
from apps.notifications.messages import Message, NoticeEvent
from apps.roles.selectors import directory


def tell_managed(group: Group, *, by: Party, now: datetime) -> None:
    """Not whoever did it. `group` is as it now is."""
    told = dict.fromkeys([*admins_of(directory(), now=now), *admins_of(group.resource, now=now)])
    recipients = [user.recipient for user in told if str(user.id) != by.id]
    key = f"group:{group.id}:managed:{now.isoformat()}"
    notifications.notify(key=key, message=_message(group, by), recipients=recipients, now=now)


def _message(group: Group, by: Party) -> Message:
    if group.is_managed:
        did, then = "put under management", "From now on its settings say who may activate it, and how."
    else:
        did, then = "taken out of management", "From now on nobody activates it: who is in it, is in it."
    return Message(
        event=NoticeEvent.GROUP_MANAGED,
        subject=f"PIM: {group.name} was {did}",
        text=f"{by.name} did this. {then}",
        facts=(("Group", group.name), ("By", by.name)),
        link=reverse("administration:group", args=[group.pk]),
    )
