"""What one person activated in the last days, as a time line and as rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from uuid import UUID

from django.db.models.functions import Coalesce

from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.common.access import Access, Provider
from apps.common.charts import Lane, TimeLine, time_line
from apps.common.instants import day_and_month, short
from apps.common.lookup import present
from apps.common.period import Period

SHOWN = timedelta(days=30)
AHEAD = timedelta(days=1)  # beyond now, for what still runs
WEEK = timedelta(days=7)
AT_MOST = 200  # activations; who has more is seen to be busy without them


@dataclass(frozen=True)
class Activity:
    """Activations of the last 30 days, the latest first, and the drawing of them; none without any."""

    rows: Sequence[Assignment]
    line: TimeLine | None


def activity_of(person: User, access: Access, *, zone: tzinfo, now: datetime) -> Activity:
    """As far as the reader may see where they were activated. One query."""
    ran = Assignment.objects.visible_to(access).filter(principal_id=person.pk).activated()
    ran = ran.annotate(until=Coalesce("ended_at", "ends_at")).filter(
        until__gt=now - SHOWN, starts_at__lte=now
    )
    rows = list(ran.with_names().order_by("-starts_at", "-id")[:AT_MOST])
    begun = [row for row in rows if _end(row) > row.starts_at]
    return Activity(begun, _drawn(begun, zone, now) if begun else None)


def _drawn(rows: Sequence[Assignment], zone: tzinfo, now: datetime) -> TimeLine:
    shown = Period(now - SHOWN, max(now + AHEAD, *map(_end, rows)))
    lanes: dict[tuple[UUID, UUID], list[Assignment]] = defaultdict(list)
    for row in rows:
        lanes[row.role_id, row.resource_id].append(row)
    weeks = ((now - number * WEEK) for number in range(4, 0, -1))
    days = [(instant, day_and_month(instant.astimezone(zone).date())) for instant in weeks]
    return time_line([_lane(each, zone, now) for each in lanes.values()], shown, days, now=now)


def _lane(rows: Sequence[Assignment], zone: tzinfo, now: datetime) -> Lane:
    first = rows[0]
    in_directory = first.resource.provider == Provider.DIRECTORY
    label = first.role.name if in_directory else f"{first.role.name}, {first.resource.name}"
    return Lane(label, [(Period(row.starts_at, _end(row)), _says(row, zone, now)) for row in rows])


def _says(row: Assignment, zone: tzinfo, now: datetime) -> str:
    return f"{short(row.starts_at, zone, now=now)} to {short(_end(row), zone, now=now)}"


def _end(row: Assignment) -> datetime:
    """An activation always has one."""
    return present(row.ended_at or row.ends_at)
