"""What one day has seen of one role on one resource: pure functions over rows that overlap the day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from apps.assignments.models import Assignment
from apps.common.period import earliest

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


class Row(NamedTuple):
    """An assignment, as far as it counts."""

    role_id: UUID
    resource_id: UUID
    kind: str
    origin: str
    starts_at: datetime
    ends_at: datetime | None
    ended_at: datetime | None

    @property
    def end(self) -> datetime | None:
        """When it ended or will end, whether or not a sweep has written that down."""
        return earliest(self.ends_at, self.ended_at)

    @property
    def is_activated(self) -> bool:
        return self.origin == Assignment.Origin.ACTIVATED

    @property
    def is_active(self) -> bool:
        return self.kind == Assignment.Kind.ACTIVE


@dataclass
class Totals:
    """The columns of `DailyAccess`."""

    standing_minutes: int = 0
    activated_minutes: int = 0
    activations: int = 0
    eligible: int = 0
    active: int = 0
    permanent: int = 0


def day_of(instant: datetime) -> date:
    """The day in UTC on which this is."""
    return instant.astimezone(UTC).date()


def start_of(day: date) -> datetime:
    """Midnight in UTC, with which the day begins and the one before it ends."""
    return datetime.combine(day, time.min, tzinfo=UTC)


def totals_of(rows: Iterable[Row], day: date) -> Totals:
    """What these rows were on this day. Rows that did not run on it do no harm."""
    begins = start_of(day)
    closes = begins + DAY
    totals, standing, activated = Totals(), timedelta(), timedelta()
    for row in rows:
        first, last = max(row.starts_at, begins), min(row.end or closes, closes)
        if first >= last:
            continue
        if row.is_activated:
            activated += last - first
            totals.activations += row.starts_at >= begins
        elif row.is_active:
            standing += last - first
        if last == closes:
            _stands(totals, row)
    totals.standing_minutes, totals.activated_minutes = standing // MINUTE, activated // MINUTE
    return totals


def _stands(totals: Totals, row: Row) -> None:
    """Count a row that lasted until the day was over."""
    if not row.is_active:
        totals.eligible += 1
    elif row.ends_at is None:
        totals.permanent += 1
    else:
        totals.active += 1
