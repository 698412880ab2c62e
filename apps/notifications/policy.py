"""When what did not go out is tried again and given up, and which events webhooks hear of. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from apps.notifications.messages import NoticeEvent

# Quick at first, for a server that restarts; then slower, for one that is down. About a day altogether.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30, 60, 120, 240, 360, 360, 360))
MAXIMUM_ATTEMPTS = len(WAITS) + 1

# What webhooks hear of. Not what only concerns the person it is for: their account, a test, a reminder, a
# digest. A new event is told to nobody outside until it is named here.
_ANNOUNCED = frozenset(
    {
        NoticeEvent.APPROVAL_NEEDED,
        NoticeEvent.REQUEST_APPROVED,
        NoticeEvent.REQUEST_DENIED,
        NoticeEvent.REQUEST_CANCELED,
        NoticeEvent.REQUEST_TIMED_OUT,
        NoticeEvent.REQUEST_FAILED,
        NoticeEvent.ROLE_ACTIVATED,
        NoticeEvent.ROLE_ENDED,
        NoticeEvent.ROLE_ASSIGNED,
        NoticeEvent.ASSIGNMENT_CHANGED,
        NoticeEvent.JOB_DONE,
        NoticeEvent.SETTINGS_LOOSENED,
        NoticeEvent.ADMIN_RECOVERED,
        NoticeEvent.REVIEW_OPEN,
        NoticeEvent.REVIEW_COMPLETED,
        NoticeEvent.REVIEW_HELD,
    }
)


def next_try(attempts: int, *, now: datetime) -> datetime | None:
    """When to try again after so many failed attempts; `None` means give up."""
    return now + WAITS[attempts - 1] if attempts < MAXIMUM_ATTEMPTS else None


def is_announced(event: NoticeEvent) -> bool:
    """Whether webhooks may hear of it."""
    return event in _ANNOUNCED
