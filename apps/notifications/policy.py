"""When what goes out is sent, at first and again; what webhooks hear of; what people decide about their mail.
Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.db.models import TextChoices

from apps.notifications.messages import NoticeEvent
from apps.notifications.models import Notice, NoticePreferences

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
        NoticeEvent.GRANTED_ONESELF,
        NoticeEvent.ASSIGNMENT_CHANGED,
        NoticeEvent.GROUP_MANAGED,
        NoticeEvent.JOB_DONE,
        NoticeEvent.SETTINGS_LOOSENED,
        NoticeEvent.ADMIN_RECOVERED,
        NoticeEvent.REVIEW_OPEN,
        NoticeEvent.REVIEW_COMPLETED,
        NoticeEvent.REVIEW_HELD,
        NoticeEvent.ALERT_TRIGGERED,
        NoticeEvent.AUDIT_CHECKPOINT,
    }
)


def next_try(attempts: int, *, now: datetime) -> datetime | None:
    """When to try again after so many failed attempts; `None` means give up."""
    return now + WAITS[attempts - 1] if attempts < MAXIMUM_ATTEMPTS else None


def is_announced(event: NoticeEvent) -> bool:
    """Whether webhooks may hear of it."""
    return event in _ANNOUNCED


def announced_events() -> list[NoticeEvent]:
    """What a webhook may ask for."""
    return [event for event in NoticeEvent if is_announced(event)]


# ---- What a person may decide ------------------------------------------------------------------------------


class Kind(TextChoices):
    """What somebody may do without as mail, or have later."""

    ANSWERS = "answers", "Answers to requests"
    REMINDERS = "reminders", "Reminders"
    ACTIVATIONS = "activations", "Activations"
    ASSIGNMENTS = "assignments", "Assignments"
    REVIEWS = "reviews", "Results of access reviews"
    ALERTS = "alerts", "Alerts"
    SUMMARIES = "summaries", "Summaries and jobs"


# A new event is critical until it stands here: nobody misses what nobody has thought about.
_KINDS = {
    NoticeEvent.REQUEST_APPROVED: Kind.ANSWERS,
    NoticeEvent.REQUEST_DENIED: Kind.ANSWERS,
    NoticeEvent.REQUEST_CANCELED: Kind.ANSWERS,
    NoticeEvent.REQUEST_TIMED_OUT: Kind.ANSWERS,
    NoticeEvent.REQUEST_FAILED: Kind.ANSWERS,
    NoticeEvent.ACTIVATION_ENDS: Kind.REMINDERS,
    NoticeEvent.ENDS_SOON: Kind.REMINDERS,
    NoticeEvent.ROLE_ACTIVATED: Kind.ACTIVATIONS,
    NoticeEvent.ROLE_ASSIGNED: Kind.ASSIGNMENTS,
    NoticeEvent.ASSIGNMENT_CHANGED: Kind.ASSIGNMENTS,
    NoticeEvent.ROLE_ENDED: Kind.ASSIGNMENTS,
    NoticeEvent.GROUP_MANAGED: Kind.ASSIGNMENTS,
    NoticeEvent.REVIEW_COMPLETED: Kind.REVIEWS,
    NoticeEvent.ALERT_TRIGGERED: Kind.ALERTS,
    NoticeEvent.JOB_DONE: Kind.SUMMARIES,
    NoticeEvent.WEEKLY_DIGEST: Kind.SUMMARIES,
}
# At once or not at all: minutes later they are of no use.
_PRESSING = frozenset({NoticeEvent.ACTIVATION_ENDS})


def kind_of(event: NoticeEvent) -> Kind | None:
    """`None`: it is critical."""
    return _KINDS.get(event)


def is_critical(event: NoticeEvent) -> bool:
    """Whether it is mailed at once whatever its recipient chose: it is about the security of an account, or
    about power that somebody took, or somebody must act on it."""
    return kind_of(event) is None


def mail_of(
    event: NoticeEvent, chosen: NoticePreferences | None, zone: tzinfo, *, now: datetime
) -> tuple[Notice.State, datetime | None]:
    """In which state the mail of a notice begins, and when it is due."""
    kind = kind_of(event)
    if kind is None or chosen is None:
        return Notice.State.QUEUED, now
    if kind in chosen.inbox_only:
        return Notice.State.INBOX, None
    if event in _PRESSING:
        return Notice.State.QUEUED, now
    if chosen.digest_hour is not None:
        return Notice.State.DIGEST, next_digest(chosen.digest_hour, zone, now=now)
    if chosen.quiet_from is not None and chosen.quiet_until is not None:
        return Notice.State.QUEUED, after_quiet(chosen.quiet_from, chosen.quiet_until, zone, now=now)
    return Notice.State.QUEUED, now


def next_digest(hour: int, zone: tzinfo, *, now: datetime) -> datetime:
    """The next time that it is this hour there: once a day, also where the clock has it twice or skips it."""
    today = now.astimezone(zone).date()
    at = _instant(today, time(hour), zone)
    return at if at > now else _instant(today + timedelta(days=1), time(hour), zone)


def after_quiet(begin: time, end: time, zone: tzinfo, *, now: datetime) -> datetime:
    """`now`, or the end of the quiet hours that it lies in, by the clock on the wall there."""
    local = now.astimezone(zone)
    clock, past_midnight = local.time(), begin > end
    if not (begin <= clock or clock < end if past_midnight else begin <= clock < end):
        return now
    day = local.date() + timedelta(days=past_midnight and clock >= begin)
    first = _instant(day, end, zone)
    return first if first > now else _instant(day, end.replace(fold=1), zone)  # it is that time once more


def _instant(day: date, at: time, zone: tzinfo) -> datetime:
    # Of a time that comes twice Python takes the first; one that is skipped it moves forward.
    return datetime.combine(day, at, zone).astimezone(UTC)
