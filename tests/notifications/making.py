"""Messages, recipients and notices for these tests."""

from datetime import UTC, datetime
from uuid import UUID

from apps.notifications.messages import Message, NoticeEvent, Recipient
from apps.notifications.models import Notice
from apps.notifications.services import notify

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
JOHN, ADA = UUID(int=1), UUID(int=2)


def a_message(**facts):
    given = {
        "event": NoticeEvent.ROLE_ENDED,
        "subject": "Reader ended",
        "text": "By the clock.",
        "link": "/my-roles/",
    }
    return Message(**given | facts)


def a_recipient(person_id=JOHN, address="john.doe@example.com", name="John Doe"):
    return Recipient(address, name, person_id)


def a_notice(key="assignment:1:ended", *, to=None, now=NOW, **facts):
    """A notice as the command that tells of something leaves it."""
    recipient = to or a_recipient()
    notify(key=key, message=a_message(**facts), recipients=[recipient], now=now)
    return Notice.objects.get(key=key, address=recipient.address)
