"""Events in the words of the Elastic Common Schema, for tools that collect logs. The table is also the
documentation (`docs/audit-events.md`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from apps.audit.canonical import instant
from apps.audit.models import AuditEvent, AuditSeal

VERSION = "8.11"


@dataclass(frozen=True)
class Field:
    """One field of a line: its name, what it holds in words, and where that is found."""

    name: str
    holds: str
    of: Callable[[AuditSeal, AuditEvent], Any]


# By what an action begins with; the first that fits. Anything else is identity and access management.
_CATEGORIES = (
    ("session.", ["authentication", "session"]),
    ("factor.", ["authentication"]),
    ("password.", ["authentication"]),
    ("settings.", ["iam", "configuration"]),
    ("organisation.", ["configuration"]),
    ("installation.", ["configuration"]),
)
# By what it ends with: what it did, in the schema's words.
_TYPES = (
    ("created", "creation"),
    ("added", "creation"),
    ("deleted", "deletion"),
    ("removed", "deletion"),
    ("session.started", "start"),
    ("session.ended", "end"),
    ("approved", "allowed"),
    ("denied", "denied"),
    ("refused", "denied"),
    ("exported", "access"),
    ("changed", "change"),
    ("ended", "change"),
)


def category_of(action: str) -> list[str]:
    return next((found for start, found in _CATEGORIES if action.startswith(start)), ["iam"])


def type_of(action: str, target_kind: str) -> list[str]:
    """With whom it is about, as the schema wants it of identity management."""
    did = next((found for end, found in _TYPES if action.endswith(end)), "info")
    return [target_kind, did] if target_kind in {"user", "group"} else [did]


def _target(kind: str, column: str) -> Callable[[AuditSeal, AuditEvent], Any]:
    return lambda _, event: getattr(event, column) if event.target_kind == kind else ""


def _other_target(column: str) -> Callable[[AuditSeal, AuditEvent], Any]:
    return lambda _, event: "" if event.target_kind in {"user", "group"} else getattr(event, column)


FIELDS = (
    Field("@timestamp", "When it happened", lambda _, event: instant(event.at)),
    Field("ecs.version", f"Always {VERSION}", lambda *_: VERSION),
    Field("message", "The event as a sentence", lambda _, event: event.sentence),
    Field("event.kind", "Always event", lambda *_: "event"),
    Field("event.dataset", "Always pim_portal.audit", lambda *_: "pim_portal.audit"),
    Field("event.id", "The event’s id", lambda _, event: str(event.id)),
    Field("event.sequence", "Its place in the chain", lambda seal, _: seal.sequence),
    Field("event.hash", "The hash of its seal", lambda seal, _: seal.hash),
    Field("event.created", "When it was sealed", lambda seal, _: instant(seal.sealed_at)),
    Field("event.action", "Which event, of the list above", lambda _, event: event.action),
    Field("event.category", "Its kind in the schema’s words", lambda _, event: category_of(event.action)),
    Field(
        "event.type",
        "What it did in the schema’s words",
        lambda _, event: type_of(event.action, event.target_kind),
    ),
    Field("event.outcome", "success or failure", lambda _, event: event.outcome),
    Field("event.reason", "The justification", lambda _, event: event.justification),
    Field("user.id", "Who acted", lambda _, event: event.actor_id),
    Field("user.name", "The name of who acted", lambda _, event: event.actor_name),
    Field("user.target.id", "The person it is about", _target("user", "target_id")),
    Field("user.target.name", "The name of that person", _target("user", "target_name")),
    Field(
        "user.target.roles",
        "The role it is about, where it is about a person",
        lambda _, event: [event.role] if event.role and event.target_kind == "user" else [],
    ),
    Field("group.id", "The group it is about", _target("group", "target_id")),
    Field("group.name", "The name of that group", _target("group", "target_name")),
    Field("source.ip", "The address of the client", lambda _, event: event.address),
    Field("trace.id", "The call that did it", lambda _, event: event.trace_id),
    Field("labels.actor_kind", "user, clock, console, review, …", lambda _, event: event.actor_kind),
    Field("labels.target_kind", "user, group, job, review, …", lambda _, event: event.target_kind),
    Field("labels.target_id", "What else it is about", _other_target("target_id")),
    Field("labels.target_name", "The name of that", _other_target("target_name")),
    Field("labels.role", "The role it is about", lambda _, event: event.role),
    Field("labels.provider", "directory, groups or resources", lambda _, event: event.provider),
    Field("labels.resource_name", "The resource it happened on", lambda _, event: event.resource_name),
    Field("labels.resource_path", "The path of that resource", lambda _, event: event.resource_path),
    Field("labels.ticket", "The ticket", lambda _, event: event.ticket),
    Field("labels.approver", "Who approved it", lambda _, event: event.approver),
    Field("labels.request_id", "The access request it belongs to", lambda _, event: event.request_id),
    Field(
        "pim_portal.details",
        "What else is known, as JSON text",
        lambda _, event: json.dumps(event.details, sort_keys=True) if event.details else "",
    ),
)


def ecs_line(seal: AuditSeal) -> str:
    """One line of JSON, without a line end. What is empty is left out."""
    event = seal.event
    found = ((field.name, field.of(seal, event)) for field in FIELDS)
    return json.dumps(_nested((name, value) for name, value in found if value not in ("", [])))


def _nested(fields: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for name, value in fields:
        *parents, last = name.split(".")
        inner = document
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[last] = value
    return document
