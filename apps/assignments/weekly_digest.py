"""The weekly summary for the admins of the directory: what was activated, assigned and made permanent, and of
which roles most is assigned (Entra behaviour)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.urls import reverse

from apps.assignments.models import Assignment, ReminderProgress
from apps.assignments.notices.cells import admins_at
from apps.assignments.roll_ups.counting import day_of, start_of
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.access import DIRECTORY_PATH, Provider
from apps.common.instants import date_in_words
from apps.common.text import counted
from apps.notifications.messages import Button, Message, NoticeEvent
from apps.notifications.services import notify

NAME = "weekly_digest"
TOP = 5
WEEK = timedelta(days=7)
TAKE_ACTION = "alerts:discovery"  # where standing access is found and turned into eligible


@transaction.atomic
def send_weekly_digest(*, now: datetime) -> bool:
    """Tell of the week that is over, once it is (in UTC); whether it did. Of what was missed while nothing
    ran only the last week is told, and nothing of what was before the portal was set up."""
    monday = day_of(now) - timedelta(days=day_of(now).weekday())
    begins = start_of(monday)
    is_due = ReminderProgress.since(NAME, first=begins, latest=begins) < begins
    if is_due:
        admins = admins_at(Provider.DIRECTORY, [DIRECTORY_PATH], now=now)[DIRECTORY_PATH]
        recipients = [user.recipient for user in admins]
        message = _summary(begins - WEEK, begins, now)
        notify(key=f"weekly_digest:{monday}", message=message, recipients=recipients, now=now)
    ReminderProgress.note(NAME, begins)
    return is_due


def _summary(begins: datetime, ends: datetime, now: datetime) -> Message:
    first, last = date_in_words(begins.date()), date_in_words(ends.date() - timedelta(days=1))
    return Message(
        event=NoticeEvent.WEEKLY_DIGEST,
        subject="PIM: Your weekly summary",
        text=f"Directory roles from {first} to {last}, and the roles of which most is assigned. "
        "What is permanent can be made eligible.",
        facts=(*_tiles(begins, ends), *_top_roles(now)),
        link=reverse(TAKE_ACTION),
        buttons=(Button("Take action", reverse(TAKE_ACTION)),),
    )


def _tiles(begins: datetime, ends: datetime) -> Iterator[tuple[str, str]]:
    """What happened, by the audit log: a row no longer tells when it was made permanent."""
    events = AuditEvent.objects.filter(provider=Provider.DIRECTORY, at__gte=begins, at__lt=ends)
    activated = events.filter(action=AuditAction.ACTIVATION_ADDED)
    given = events.filter(action=AuditAction.ASSIGNMENT_ADDED)
    changed = (AuditAction.ASSIGNMENT_ADDED, AuditAction.ASSIGNMENT_CHANGED)
    permanent = events.filter(action__in=changed, details__kind="active", details__ends_at=None)
    yield "Activated a role", counted(_people(activated), "user")
    yield "Made permanent", counted(_people(permanent), "user")
    yield "Assigned", counted(given.count(), "assignment")


def _people(events: QuerySet[AuditEvent]) -> int:
    return events.filter(target_kind="user").aggregate(people=Count("target_id", distinct=True))["people"]


def _top_roles(now: datetime) -> Iterator[tuple[str, str]]:
    for place, row in enumerate(_most_assigned(now), start=1):
        yield f"{place}. {row['role__name']}", f"{row['permanent']:,} permanent, {row['eligible']:,} eligible"


def _most_assigned(now: datetime) -> QuerySet[Assignment, dict[str, Any]]:
    eligible = Q(kind=Assignment.Kind.ELIGIBLE)
    permanent = Q(kind=Assignment.Kind.ACTIVE, ends_at__isnull=True)
    held = Assignment.objects.not_ended(now).filter(
        eligible | permanent, resource__path=DIRECTORY_PATH, origin=Assignment.Origin.ASSIGNED
    )
    counts = held.values("role__name").annotate(
        eligible=Count("pk", filter=eligible), permanent=Count("pk", filter=permanent)
    )
    return counts.order_by(-(F("eligible") + F("permanent")), "role__name")[:TOP]
