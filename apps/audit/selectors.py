"""Reads of the audit log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from apps.audit.checkpoints import Checkpoint, checkpoint_of
from apps.audit.groups import actions_in
from apps.audit.models import AuditEvent, AuditEventQuerySet, AuditSeal, Unsealed, Verification
from apps.audit.vocabulary import Outcome
from apps.audit.walking import LONGEST_WAIT
from apps.common.access import Access
from apps.common.paging import Column, Page, count_of, each_of, newest_first, page_of

_NEWEST = newest_first("at")
_BY_SEQUENCE = (Column("sequence", int),)


@dataclass(frozen=True)
class Selection:
    """Which events are wanted; what is empty leaves nothing out. `action` is an event or a group of them,
    `subject` the id of who did it or whom it was done to, `role_name` a whole name; `person`, `role` and
    `words` are parts of what stands there, and `path` is that of a resource, which takes in all below it."""

    since: datetime | None = None
    until: datetime | None = None
    action: str = ""
    outcome: Outcome | None = None
    person: str = ""
    role: str = ""
    words: str = ""
    provider: str = ""
    path: str = ""
    subject: str = ""
    role_name: str = ""

    def of(self, **part: Any) -> Selection:
        """The same of one provider, one resource, one person, one role."""
        return replace(self, **part)

    @property
    def chosen(self) -> dict[str, Any]:
        """The parts that leave something out."""
        return {name: value for name, value in asdict(self).items() if value}


EVERYTHING = Selection()
ABOUT_ANYTHING = Q()

_NARROWED: dict[str, Callable[[AuditEventQuerySet, Any], AuditEventQuerySet]] = {
    "since": lambda events, instant: events.between(instant, None),
    "until": lambda events, instant: events.between(None, instant),
    "action": lambda events, choice: events.filter(action__in=actions_in(choice)),
    "outcome": lambda events, outcome: events.filter(outcome=outcome),
    "person": lambda events, text: events.naming(text),
    "role": lambda events, text: events.filter(role__icontains=text),
    "words": lambda events, text: events.containing(text.split()),
    "provider": lambda events, provider: events.filter(provider=provider),
    "path": lambda events, path: events.filter(resource_path__startswith=path),
    "subject": lambda events, id_: events.about(id_),
    "role_name": lambda events, name: events.filter(role=name),
}


def events_of(person_id: UUID) -> AuditEventQuerySet:
    """Everything this person did, and everything done to their access."""
    return AuditEvent.objects.about(person_id)


def history_of(person_id: UUID, selection: Selection = EVERYTHING, *, after: str = "") -> Page[AuditEvent]:
    """One page of a person's own events, newest first, in one query."""
    return _page(_selected(events_of(person_id), selection), after)


def log_for(
    access: Access, selection: Selection = EVERYTHING, *, about: Q = ABOUT_ANYTHING, after: str = ""
) -> Page[AuditEvent]:
    """One page of everybody's events, as far as this access reads them, newest first, in one query."""
    events = AuditEvent.objects.visible_to(access).filter(about)
    return _page(_selected(events, selection), after)


def whole_log_for(access: Access, selection: Selection) -> AuditEventQuerySet:
    """All of what `log_for` shows a page at a time."""
    return _selected(AuditEvent.objects.visible_to(access), selection)


def each_event(events: AuditEventQuerySet) -> Iterator[AuditEvent]:
    """The events, newest first, however many: read by key, a part at a time."""
    return each_of(events, _NEWEST)


def each_sealed(since: datetime | None) -> Iterator[AuditEvent]:
    """The events that have a seal, with it, in the order of the chain; those of `since` and later."""
    seals = AuditSeal.objects.select_related("event").order_by("sequence")
    if since:
        seals = seals.filter(event__at__gte=since)
    return (seal.event for seal in each_of(seals, _BY_SEQUENCE))


@dataclass(frozen=True)
class LogState:
    """How it stands with the log: its end, what waits for a seal, and the last verification."""

    checkpoint: Checkpoint
    sealed_at: datetime | None
    waiting: str
    waiting_since: datetime | None
    is_late: bool
    verification: Verification | None
    months: int  # that events are kept; 0: for ever


def log_state(*, now: datetime) -> LogState:
    """Six queries, however long the log is."""
    last = AuditSeal.objects.order_by("-sequence").first()
    oldest = Unsealed.objects.order_by("at", "event_id").first()
    return LogState(
        checkpoint=checkpoint_of(now=now),
        sealed_at=last.sealed_at if last else None,
        waiting=count_of(Unsealed.objects.all()),
        waiting_since=oldest.at if oldest else None,
        is_late=oldest is not None and oldest.at < now - LONGEST_WAIT,
        verification=Verification.objects.first(),
        months=settings.AUDIT_MONTHS,
    )


def _page(events: AuditEventQuerySet, after: str) -> Page[AuditEvent]:
    return page_of(events, _NEWEST, after=after, loaded=AuditEvent.objects.all())


def _selected(events: AuditEventQuerySet, selection: Selection) -> AuditEventQuerySet:
    for name, value in selection.chosen.items():
        events = _NARROWED[name](events, value)
    return events
