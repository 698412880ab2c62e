"""Reads of the audit log."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from apps.audit.models import AuditEvent, AuditEventQuerySet
from apps.audit.vocabulary import AuditAction, Outcome
from apps.common.access import Access
from apps.common.paging import Page, newest_first, page_of

_NEWEST = newest_first("at")


@dataclass(frozen=True)
class Selection:
    """Which events are wanted; what is empty leaves nothing out. `person` and `role` are parts of names, and
    `path` that of a resource, which takes in all below it."""

    since: datetime | None = None
    until: datetime | None = None
    action: AuditAction | None = None
    outcome: Outcome | None = None
    person: str = ""
    role: str = ""
    provider: str = ""
    path: str = ""

    def within(self, provider: str, path: str) -> Selection:
        """The same of one provider, or of one resource alone."""
        return replace(self, provider=provider, path=path)

    @property
    def chosen(self) -> dict[str, Any]:
        """The parts that leave something out."""
        return {name: value for name, value in asdict(self).items() if value}


EVERYTHING = Selection()
ABOUT_ANYTHING = Q()


def events_of(person_id: UUID) -> AuditEventQuerySet:
    """Everything this person did, and everything done to their access."""
    return AuditEvent.objects.about(person_id)


def history_of(person_id: UUID, selection: Selection = EVERYTHING, *, after: str = "") -> Page[AuditEvent]:
    """One page of a person's own events, newest first, in one query."""
    return page_of(_selected(events_of(person_id), selection), _NEWEST, after=after)


def log_for(
    access: Access, selection: Selection = EVERYTHING, *, about: Q = ABOUT_ANYTHING, after: str = ""
) -> Page[AuditEvent]:
    """One page of everybody's events, as far as this access reads them, newest first, in one query."""
    events = AuditEvent.objects.visible_to(access).filter(about)
    return page_of(_selected(events, selection), _NEWEST, after=after)


def whole_log_for(access: Access, selection: Selection) -> AuditEventQuerySet:
    """All of what `log_for` shows a page at a time, in the same order."""
    return _selected(AuditEvent.objects.visible_to(access), selection).order_by("-at", "-id")


def _selected(events: AuditEventQuerySet, selection: Selection) -> AuditEventQuerySet:
    events = events.between(selection.since, selection.until)
    if selection.action:
        events = events.filter(action=selection.action)
    if selection.outcome:
        events = events.filter(outcome=selection.outcome)
    if selection.person:
        events = events.naming(selection.person)
    if selection.role:
        events = events.filter(role__icontains=selection.role)
    if selection.provider:
        events = events.filter(provider=selection.provider, resource_path__startswith=selection.path)
    return events
