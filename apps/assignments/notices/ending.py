"""The holder hears when they lose a role, and webhooks hear whoever it was."""

from __future__ import annotations

from datetime import datetime

from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.audit.vocabulary import REVIEW, Party
from apps.notifications import services as notifications
from apps.notifications.messages import Message, NoticeEvent


def key_of_end(row: Assignment) -> str:
    """Under which the holder is told that it has ended."""
    return f"assignment:{row.id}:ended"


def tell_holder(row: Assignment, *, by: Party, reason: str, now: datetime) -> None:
    """A person hears when they lose access, unless they gave it back; where an access review took it, which
    one and what for. Members of a group do not: their own list says it."""
    is_own = by.id == str(row.principal_id)
    losing = [] if is_own else User.objects.filter(pk=row.principal_id)
    notifications.notify_each(
        key=key_of_end(row),
        letters=[(user.recipient, _ended(row, "Your", by, reason)) for user in losing],
        announced=_ended(row, f"{row.principal.name}'s", by, reason),
        now=now,
    )


def _ended(row: Assignment, whose: str, by: Party, reason: str) -> Message:
    return Message(
        event=NoticeEvent.ROLE_ENDED,
        subject=f"PIM: {whose} {row.role.name} role has ended",
        text=f"{row.role.name} on {row.resource.name}: {row.get_ended_how_display().lower()}.",
        facts=_facts(by, reason),
        link=row.get_absolute_url(),
    )


def _facts(by: Party, reason: str) -> tuple[tuple[str, str], ...]:
    facts = (("Removed by", by.called), ("Reason", reason)) if by.kind == REVIEW else ()
    return tuple((label, value) for label, value in facts if value)
