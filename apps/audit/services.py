"""The one command of this app: write an event down."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apps.audit.models import NAME_LIMIT, AuditEvent
from apps.audit.vocabulary import NOBODY, NOWHERE, AuditAction, Outcome, Party, Place
from apps.common.text import one_line


def record(
    action: AuditAction,
    *,
    actor: Party,
    at: datetime,
    target: Party = NOBODY,
    role: str = "",
    place: Place = NOWHERE,
    justification: str = "",
    ticket: str = "",
    outcome: Outcome = Outcome.SUCCESS,
    details: dict[str, Any] | None = None,
) -> AuditEvent:
    """Write one event, in the transaction of the change it tells of: no change without it, no event without
    the change. Names become one line; reason and ticket are kept as they were given."""
    return AuditEvent.objects.create(
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
        details=details or {},
    )


def _name(text: str) -> str:
    return one_line(text, NAME_LIMIT)
