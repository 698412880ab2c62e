"""What the days say: sums that the database makes, so that nothing grows here with what is held."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from django.db.models import Case, Count, Max, Min, Q, Sum, UUIDField, Value, When

from apps.assignments.models import AssignmentQuerySet, CountedDay, DailyAccessQuerySet
from apps.assignments.roll_ups.counting import DAY, day_of, start_of

_ANY_ACTIVE = Q(standing_minutes__gt=0) | Q(activated_minutes__gt=0)  # as an index has it
_CANDIDATES = 20  # roles among which the most activated ones are looked for


@dataclass(frozen=True)
class Counted:
    """The days that are written down for the whole installation; none on its first day."""

    first: date | None
    last: date | None

    @property
    def whole_since(self) -> date | None:
        """The day after the first one, of which only a part was lived through."""
        return self.first and self.first + DAY

    def has(self, day: date) -> bool:
        return self.first is not None and self.last is not None and self.first <= day <= self.last


@dataclass(frozen=True)
class Activations:
    """How often the most activated roles began on each day, and all others together (under no id)."""

    roles: Mapping[UUID, str]
    by_day: Mapping[tuple[date, UUID | None], int]

    @property
    def total(self) -> int:
        return sum(self.by_day.values())


@dataclass(frozen=True)
class Month:
    """Hours of active access in one month, as far as its days are written down."""

    first: date
    standing: int
    activated: int


def days_counted() -> Counted:
    """One query."""
    return Counted(**CountedDay.objects.aggregate(first=Min("day"), last=Max("day")))


def activations_by_day(
    days: DailyAccessQuerySet, rows: AssignmentQuerySet, *, since: date, named: int, now: datetime
) -> Activations:
    """Since a day, by the roles that were activated most, `named` of them. What has begun today is counted
    as it stands in `rows`. Three queries."""
    today = day_of(now)
    begun = days.filter(day__gte=since, day__lt=today, activations__gt=0)
    live = _by_role(rows.begun(since=start_of(today), now=now))
    roles = _most(begun, live, named)
    by_day = {(day, role): count for day, role, count in _daily(begun, list(roles))}
    for id_, _, count in live:
        key = today, id_ if id_ in roles else None
        by_day[key] = by_day.get(key, 0) + count
    return Activations(roles, by_day)


def hours_by_month(days: DailyAccessQuerySet, *, since: date) -> list[Month]:
    """The months in which anything was active, the oldest first. One query, whose answer has a row a day: a
    database that groups by month itself looks up the month of each row it adds up."""
    active = days.filter(_ANY_ACTIVE, day__gte=since).order_by("day").values_list("day")
    sums = active.annotate(standing=Sum("standing_minutes"), activated=Sum("activated_minutes"))
    return [_month(first, rows) for first, rows in groupby(sums, key=lambda row: row[0].replace(day=1))]


def _month(first: date, rows: Iterable[tuple[date, int, int]]) -> Month:
    _, standing, activated = zip(*rows, strict=True)
    return Month(first, sum(standing) // 60, sum(activated) // 60)


def permanent_on(days: DailyAccessQuerySet, day: date) -> int:
    """How many active assignments were permanent as that day ended."""
    return days.filter(day=day).aggregate(total=Sum("permanent", default=0))["total"] or 0


def _by_role(rows: AssignmentQuerySet) -> list[tuple[UUID, str, int]]:
    named = rows.order_by().values_list("role_id", "role__name")
    return list(named.annotate(count=Count("pk")))


def _most(begun: DailyAccessQuerySet, live: Sequence[tuple[UUID, str, int]], named: int) -> dict[UUID, str]:
    """The sums of the days and of today together: who leads since midnight only still counts among them."""
    sums = begun.order_by().values_list("role_id", "role__name").annotate(count=Sum("activations"))
    counts: dict[UUID, tuple[int, str]] = {}
    for id_, name, count in (*sums.order_by("-count", "role__name")[:_CANDIDATES], *live):
        counts[id_] = counts.get(id_, (0, name))[0] + count, name
    most = sorted(counts.items(), key=lambda item: (-item[1][0], item[1][1]))[:named]
    return {id_: name for id_, (_, name) in most}


def _daily(begun: DailyAccessQuerySet, roles: Sequence[UUID]) -> list[tuple[date, UUID | None, int]]:
    whose = Case(*(When(role=id_, then=Value(id_)) for id_ in roles), default=None, output_field=UUIDField())
    grouped = begun.order_by().annotate(whose=whose).values_list("day", "whose")
    return list(grouped.annotate(count=Sum("activations")))
