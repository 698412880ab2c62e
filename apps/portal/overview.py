"""What an overview says: who holds what, how much of it stands, and how it is used. It is counted, never
loaded, and `visible_to` its reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce
from operator import add

from apps.access_requests.selectors.all_requests import Search, found_by
from apps.access_requests.selectors.overview import (
    Held,
    RoleHeld,
    Waits,
    held_now,
    most_held,
    newest,
    next_to_end,
    running,
    waits_of,
)
from apps.accounts.models import Principal, User
from apps.alerts.policy.terms import Severity
from apps.alerts.selectors.listing import Open, open_by_severity
from apps.assignments.models import Assignment, DailyAccess
from apps.assignments.roll_ups.counting import day_of, start_of
from apps.assignments.roll_ups.reading import (
    Activations,
    Counted,
    Month,
    activations_by_day,
    days_counted,
    hours_by_month,
    permanent_on,
)
from apps.common.access import Access, Permission, Provider, can_open
from apps.common.paging import Page, count_of, newest_first, page_of

SHOWN = 5  # rows in each short list; the lists they lead to have the rest
NAMED = 3  # roles with a colour of their own
MONTHS = 12
LATELY = timedelta(days=30)


@dataclass(frozen=True)
class Scope:
    """One provider, one path and what lies below it, or, where both are empty, everything."""

    provider: Provider | None = None
    path: str = ""


@dataclass(frozen=True)
class Overview:
    """`waits` and `alerts` are nothing for whoever may not read requests, or alerts, there."""

    held: Mapping[tuple[Provider, Principal.Kind], Held]
    permanent_before: int | None
    activations: Activations
    counted: Counted
    months: Sequence[Month]
    roles: Sequence[RoleHeld]
    ending: Sequence[Assignment]
    newest: Sequence[Assignment]
    waits: Waits | None
    alerts: Mapping[Severity, Open] | None

    @property
    def total(self) -> Held:
        return reduce(add, self.held.values(), Held())

    def of(self, *, provider: Provider | None = None, kind: Principal.Kind | None = None) -> Held:
        """Those of one provider, or of one kind of holder."""
        fits = ((provider in (None, p) and kind in (None, k), held) for (p, k), held in self.held.items())
        return reduce(add, (held for is_one, held in fits if is_one), Held())


def overview_of(scope: Scope, reader: User, access: Access, *, since: date, now: datetime) -> Overview:
    """All of it, for this reader; activations since a day. A fixed number of queries."""
    where = scope.provider or "", scope.path
    rows = Assignment.objects.visible_to(access).within(*where)
    days = DailyAccess.objects.visible_to(access).within(*where)
    left, today, counted = running(rows, now=now), day_of(now), days_counted()
    return Overview(
        held=held_now(left, now=now),
        permanent_before=permanent_on(days, today - LATELY) if counted.has(today - LATELY) else None,
        activations=activations_by_day(days, rows, since=since, named=NAMED, now=now),
        counted=counted,
        months=hours_by_month(
            days, since=max(_months_before(today, MONTHS - 1), counted.whole_since or today)
        ),
        roles=most_held(left, at_most=SHOWN),
        ending=next_to_end(left, at_most=SHOWN, now=now),
        newest=newest(left, at_most=SHOWN, now=now),
        waits=_waits(scope, reader, access, now),
        alerts=_alerts(scope, access, now),
    )


@dataclass(frozen=True)
class FoundActivations:
    """One page of them, and how many there are."""

    page: Page[Assignment]
    count: str


def activations_of(
    scope: Scope, access: Access, q: str, *, since: date, after: str = "", now: datetime
) -> FoundActivations:
    """Those that the picture counts, the latest first; of them those with every word of `q`."""
    rows = Assignment.objects.visible_to(access).within(scope.provider or "", scope.path)
    begun = rows.begun(since=start_of(since), now=now).containing(q.split())
    page = page_of(begun.with_names(), newest_first("starts_at"), after=after)
    return FoundActivations(page, count_of(begun))


def _waits(scope: Scope, reader: User, access: Access, now: datetime) -> Waits | None:
    where = scope.provider or "", scope.path
    if not can_open(access, Permission.REQUESTS_READ, *where):
        return None
    provider, path = where
    asked = found_by(Search(provider=provider, path=path), reader, access)
    return waits_of(asked, since=now - LATELY, now=now)


def _alerts(scope: Scope, access: Access, now: datetime) -> Mapping[Severity, Open] | None:
    where = scope.provider or "", scope.path
    if not can_open(access, Permission.ALERTS_READ, *where):
        return None
    return open_by_severity(access, *where, now=now)


def _months_before(day: date, count: int) -> date:
    """The first of the month so many months earlier."""
    years, month = divmod(day.year * 12 + day.month - 1 - count, 12)
    return date(years, month + 1, 1)
