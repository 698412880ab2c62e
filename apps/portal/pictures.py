"""The pictures of an overview: what `overview` counted, as charts."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from apps.assignments.roll_ups.reading import Activations, Counted, Month
from apps.common.charts import Bars, Lines, Series, in_figures, lines, stacked_bars
from apps.common.instants import day_and_month
from apps.common.text import counted

DAY = timedelta(days=1)
LOOKS = ("s1", "s2", "s3")
OTHERS = "s4"
STANDING, IN_TIME = "s4", "s1"
DAYS_EACH = 31  # more are drawn by the week


@dataclass(frozen=True)
class Hours:
    """Access by month. `rows` of its table: the month, then the hours of both kinds, and those of a day."""

    chart: Lines
    rows: Sequence[tuple[str, list[str]]]
    change: int | None  # in per cent, of standing access on a day of the first month to one of the last

    head = ("Standing", "Just in time", "Standing a day", "Just in time a day")

    @property
    def began(self) -> str:
        """The first month."""
        return self.rows[0][0]

    @property
    def fell(self) -> int:
        return -(self.change or 0)

    @property
    def says(self) -> str:
        """A sentence for who does not see the picture."""
        (first, (*_, before, _)), (last, (*_, standing, activated)) = self.rows[0], self.rows[-1]
        return (
            f"In {last} {standing} hours a day of standing access, {activated} of just-in-time access. "
            f"Standing access was {before} hours a day in {first}."
        )


def picture_of_activations(found: Activations, *, since: date, today: date) -> Bars | None:
    """By day, or by week where there are many days; nothing where nothing was activated."""
    if not found.by_day:
        return None
    spans = list(_spans(since, today))
    roles = [*zip(found.roles, found.roles.values(), LOOKS, strict=False)]
    if any(id_ is None for _, id_ in found.by_day):
        roles.append((None, "All other roles", OTHERS))
    series = [Series(name, [_sum(found, id_, span) for span in spans], look) for id_, name, look in roles]
    return stacked_bars([day_and_month(first) for first, _ in spans], series)


def picture_of_hours(months: Sequence[Month], known: Counted) -> Hours | None:
    """Hours of an average day, month by month: so months of any length compare, the first and the current one
    too, which are not whole. Nothing before a day is over."""
    counts = [(month, days) for month in months if (days := _days_counted(month.first, known))]
    if not counts:
        return None
    standing = [month.standing / days for month, days in counts]
    activated = [month.activated / days for month, days in counts]
    series = [Series("Standing", standing, STANDING), Series("Just in time", activated, IN_TIME)]
    chart = lines([f"{month.first:%b}" for month, _ in counts], series, unit=" h")
    return Hours(chart, [_row(month, days) for month, days in counts], _change(standing))


def _row(month: Month, days: int) -> tuple[str, list[str]]:
    hours = (month.standing, month.activated, month.standing / days, month.activated / days)
    return f"{month.first:%b %Y}", [in_figures(each) for each in hours]


def _spans(since: date, today: date) -> Iterator[tuple[date, date]]:
    """First and last days: each day, or weeks of which the last one ends today."""
    each = 1 if (today - since).days < DAYS_EACH else 7
    first = today - ((today - since).days // each) * each * DAY - (each - 1) * DAY
    while first <= today:
        yield max(first, since), first + (each - 1) * DAY
        first += each * DAY


def _sum(found: Activations, role: object, span: tuple[date, date]) -> int:
    first, last = span
    return sum(
        count for (day, whose), count in found.by_day.items() if whose == role and first <= day <= last
    )


def _days_counted(first: date, known: Counted) -> int:
    """How many days of the month that begins then are written down."""
    if known.whole_since is None or known.last is None:
        return 0
    last = first.replace(day=monthrange(first.year, first.month)[1])
    return max((min(last, known.last) - max(first, known.whole_since)).days + 1, 0)


def _change(values: Sequence[float]) -> int | None:
    first, *more = values
    return round((more[-1] - first) / first * 100) if more and first else None


def described(found: Activations) -> str:
    """A sentence for who does not see the picture."""
    named = [f"{name} {in_figures(_total(found, id_))}" for id_, name in found.roles.items()]
    return f"{counted(found.total, 'activation')}. Most of all: {', '.join(named)}."


def _total(found: Activations, role: object) -> int:
    return sum(count for (_, whose), count in found.by_day.items() if whose == role)
