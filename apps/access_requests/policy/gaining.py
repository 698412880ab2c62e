"""Granting oneself: whether somebody would gain by what an admin does (design, section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from apps.assignments.models import Assignment
from apps.common.period import Period

# Whoever the actor disabled, reset or removed so lately still counts as another admin (design, section 5).
LATELY = timedelta(days=7)


@dataclass(frozen=True)
class Terms:
    """What an assignment is, or would be."""

    kind: Assignment.Kind
    period: Period


def widens(present: Terms | None, wanted: Terms) -> bool:
    """Whether the holder has more afterwards: more time, or active what was eligible. What only shortens an
    assignment, or makes it eligible within the same time, gains nobody anything."""
    if present is None:
        return True
    longer = present.period.end is not None and (
        wanted.period.end is None or wanted.period.end > present.period.end
    )
    becomes_active = (present.kind, wanted.kind) == (Assignment.Kind.ELIGIBLE, Assignment.Kind.ACTIVE)
    return longer or wanted.period.start < present.period.start or becomes_active
