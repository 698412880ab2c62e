"""Who holds what, as rules look at it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import F

from apps.accounts.models import User
from apps.alerts.policy.rules.holders import Row
from apps.assignments.models import Assignment
from apps.audit.vocabulary import Party, Place

_AT_ONCE = 2000  # rows in memory, while they are read


def assigned_rows(now: datetime) -> Iterator[Row]:
    """Every assigned row that has not ended. One query, read as it is used."""
    rows = Assignment.objects.not_ended(now).filter(origin=Assignment.Origin.ASSIGNED)
    columns = rows.values_list(
        "id",
        "principal_id",
        "principal__kind",
        "principal__name",
        "principal__user__type",
        "role__name",
        "role__is_privileged",
        "kind",
        "ends_at",
        "resource__provider",
        "resource__path",
        "resource__name",
    ).order_by(F("created_at"), "id")
    for id_, holder, of_kind, name, type_, role, is_privileged, kind, ends_at, *place in columns.iterator(
        chunk_size=_AT_ONCE
    ):
        yield Row(
            id=str(id_),
            holder=Party(of_kind, str(holder), name),
            is_guest=type_ == User.Type.GUEST,
            role=role,
            is_privileged=is_privileged,
            kind=kind,
            place=Place(*place),
            ends_at=ends_at,
        )
