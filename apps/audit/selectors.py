"""Reads of the audit log."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from apps.audit.models import AuditEvent, AuditEventQuerySet
from apps.audit.vocabulary import AuditAction
from apps.common.paging import Page, newest_first, page_of

_NEWEST = newest_first("at")


def events_of(person_id: UUID) -> AuditEventQuerySet:
    """Everything this person did, and everything done to their access."""
    return AuditEvent.objects.about(person_id)


def history_of(
    person_id: UUID,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    action: AuditAction | None = None,
    after: str = "",
) -> Page[AuditEvent]:
    """One page of a person's own events, newest first, in one query."""
    events = events_of(person_id).between(since, until)
    if action:
        events = events.filter(action=action)
    return page_of(events, _NEWEST, after=after)
