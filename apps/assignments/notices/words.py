"""What every mail about an assignment says of it, and where one acts on it."""

from __future__ import annotations

from datetime import datetime, tzinfo
from urllib.parse import urlencode

from django.urls import reverse

from apps.assignments.models import Assignment
from apps.common.instants import full
from apps.common.period import earliest
from apps.notifications.messages import Button

Facts = tuple[tuple[str, str], ...]


def known(*lines: tuple[str, str]) -> Facts:
    """Those lines that say something."""
    return tuple((label, value) for label, value in lines if value)


def until(ends_at: datetime | None, zone: tzinfo) -> str:
    return full(ends_at, zone) if ends_at else "Permanent"


def facts_of(row: Assignment, zone: tzinfo, *more: tuple[str, str]) -> Facts:
    """Who, what, where, from and until when, with the day: a mail may be read on another. And `more`, such as
    by whom and why."""
    ends_at = earliest(row.ended_at, row.ends_at)
    return known(
        ("Who", row.principal.name),
        ("Role", row.role.name),
        ("Where", f"{row.resource.name}, {row.resource.kind}"),
        ("As", row.held_as.capitalize()),
        ("From", full(row.starts_at, zone)),
        ("Until", until(ends_at, zone)),
        *more,
    )


# ---- Where one acts: the holder asks, an admin does ------------------------------------------------------


def to_activate(row: Assignment) -> Button:
    return Button("Activate", _with_pick(reverse("access_requests:activate"), row))


def to_extend(row: Assignment) -> Button:
    page = "extend" if row.is_activated else "extend_assignment"
    return Button("Extend", reverse(f"access_requests:{page}", args=[row.pk]))


def to_renew(row: Assignment) -> Button:
    return Button("Renew", reverse("access_requests:renew", args=[row.pk]))


def to_change(change: str, row: Assignment) -> Button:
    """The form in which an admin does it; `change` as its address has it."""
    address = reverse("access_requests:change_assignments", args=[change])
    return Button(change.capitalize(), _with_pick(address, row))


def list_of(row: Assignment, tab: str) -> str:
    """The assignments of this role where it is held, as admins see them."""
    address = reverse("access_requests:assignments", args=[row.resource.provider])
    return f"{address}?{urlencode({'on': row.resource_id, 'role': row.role_id, 'tab': tab})}"


def _with_pick(address: str, row: Assignment) -> str:
    return f"{address}?{urlencode({'pick': row.pk})}"
