"""Writing events down, and handing out the log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.audit.models import NAME_LIMIT, AuditEvent, AuditEventQuerySet
from apps.audit.selectors import Selection, whole_log_for
from apps.audit.vocabulary import NOBODY, NOWHERE, AuditAction, Outcome, Party, Place
from apps.common.access import Access, Permission, can_open
from apps.common.commands import at_the_end
from apps.common.origin import origin_now
from apps.common.text import one_line
from apps.common.writing import insert


def event_of(
    action: AuditAction,
    *,
    actor: Party,
    at: datetime,
    target: Party = NOBODY,
    role: str = "",
    place: Place = NOWHERE,
    justification: str = "",
    ticket: str = "",
    approver: str = "",
    request_id: str = "",
    outcome: Outcome = Outcome.SUCCESS,
    details: dict[str, Any] | None = None,
) -> AuditEvent:
    """An event that is not written yet. Names become one line; reason and ticket are kept as they were
    given. `approver` is the name of whoever said yes to it, `request_id` the access request that it is part
    of. Where it comes from is known (`common/origin.py`)."""
    origin = origin_now()
    return AuditEvent(
        at=at,
        action=action,
        outcome=outcome,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=_name(actor.name),
        target_kind=target.kind,
        target_id=target.id,
        target_name=_name(target.name),
        role=_name(role),
        provider=place.provider,
        resource_path=place.path,
        resource_name=_name(place.name),
        justification=justification,
        ticket=ticket,
        approver=_name(approver),
        request_id=request_id,
        address=origin.address,
        trace_id=origin.trace_id,
        details=details or {},
    )


def record(action: AuditAction, *, actor: Party, at: datetime, **facts: Any) -> AuditEvent:
    """Write one event, in the transaction of the change it tells of, at the end of its command: no change
    without it, no event without the change. `facts` are those of `event_of`."""
    event = event_of(action, actor=actor, at=at, **facts)
    record_all([event])
    return event


def record_all(events: Iterable[AuditEvent]) -> None:
    """`record` for what happened to many at once. One query for all of a command."""
    at_the_end(_write_events, *events)


def _write_events(events: list[AuditEvent]) -> None:
    insert(events)


@transaction.atomic
def export_log(*, actor: Party, access: Access, selection: Selection, now: datetime) -> AuditEventQuerySet:
    """The events that this access reads, for a file. What leaves the portal is written down, with what was
    selected, and so is the newest event of its own file."""
    can_open(access, Permission.AUDIT_READ).require()
    record(AuditAction.AUDIT_EXPORTED, actor=actor, at=now, details={"selection": selection.chosen})
    return whole_log_for(access, selection)


def _name(text: str) -> str:
    return one_line(text, NAME_LIMIT)
