"""When rounds start, stages close and reviewers are reminded: by the calendar and wall clock of one zone."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import accumulate

from django.db.models import TextChoices

from apps.common.instants import date_in_words, day
from apps.common.text import counted


class Frequency(TextChoices):
    ONCE = "once", "Once"
    WEEKLY = "weekly", "Weekly"
    MONTHLY = "monthly", "Monthly"
    QUARTERLY = "quarterly", "Quarterly"
    SEMI_ANNUALLY = "semi_annually", "Twice a year"
    ANNUALLY = "annually", "Yearly"


_MONTHS = {
    Frequency.MONTHLY: 1,
    Frequency.QUARTERLY: 3,
    Frequency.SEMI_ANNUALLY: 6,
    Frequency.ANNUALLY: 12,
}
_EACH = {
    Frequency.WEEKLY: "each week",
    Frequency.MONTHLY: "each month",
    Frequency.QUARTERLY: "each quarter",
    Frequency.SEMI_ANNUALLY: "twice a year",
    Frequency.ANNUALLY: "each year",
}
# A day less than the shortest period there is, so that no round still runs when the next one starts: 28 days
# in February, 89 from 31 January to 30 April, 181 from 1 September to 1 March, 365 in a year.
_LONGEST_DAYS = {
    Frequency.ONCE: 365,
    Frequency.WEEKLY: 6,
    Frequency.MONTHLY: 27,
    Frequency.QUARTERLY: 88,
    Frequency.SEMI_ANNUALLY: 180,
    Frequency.ANNUALLY: 364,
}


def longest_days(frequency: Frequency) -> int:
    """How long a round may last, all of its stages together."""
    return _LONGEST_DAYS[frequency]


# ---- Rounds ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """The starts of a review's rounds, computed from the first one; `starts_at` and all results are UTC.

    A round keeps the first one's day and wall-clock time in `zone`, whatever daylight saving does: a time
    that is skipped there moves forward, of one that comes twice it is the first. Where a month is too short
    it starts on its last day, and the next one is back on the first one's day. The series ends with the last
    start on or before `ends_on`, or after so many `occurrences`; with neither it goes on.
    """

    frequency: Frequency
    starts_at: datetime
    zone: tzinfo
    ends_on: date | None = None
    occurrences: int | None = None

    def occurrence(self, n: int) -> datetime | None:
        """When the n-th round starts, counted from 1; `None` when the series is over by then."""
        if n > 1 and self.frequency == Frequency.ONCE:
            return None
        if self.occurrences is not None and n > self.occurrences:
            return None
        start = self.starts_at if n == 1 else self._periods_later(n - 1)
        if self.ends_on is not None and start.astimezone(self.zone).date() > self.ends_on:
            return None
        return start

    def next_after(self, n: int, now: datetime) -> tuple[int, datetime] | None:
        """Number and start of the round that follows the n-th (0: of the first), `None` when there is none.

        Of several that are due, because nothing ran for a while, it is the latest. Those missed are skipped,
        as two rounds at once would ask for the same lines twice, but they keep their numbers, and count
        among the `occurrences`: an outage does not prolong a series.
        """
        number, start = n + 1, self.occurrence(n + 1)
        while start is not None and (later := self.occurrence(number + 1)) is not None and later <= now:
            number, start = number + 1, later
        return None if start is None else (number, start)

    def following(self, after: datetime, now: datetime) -> datetime | None:
        """When the round starts that comes behind the instant `after`, such as the start of the last one;
        `None` when there is none. Of several that are due it is the latest, as in `next_after`."""
        over = 0
        while (start := self.occurrence(over + 1)) is not None and start <= after:
            over += 1
        found = self.next_after(over, now)
        return None if found is None else found[1]

    def closes_at(self, start: datetime, days: int) -> datetime:
        """So many days later in the zone, at the same wall-clock time: a day of 23 or 25 hours is a day."""
        return _days_later(start, days, self.zone)

    def stages_close(self, start: datetime, days: Iterable[int]) -> list[datetime]:
        """When each of several stages closes that follow one another, each with its days."""
        return [self.closes_at(start, total) for total in accumulate(days)]

    def in_words(self, days: int) -> str:
        """ "each quarter from 1 Dec 2026, 14 days each, until 30 Nov 2027"."""
        first, length = day(self.starts_at, self.zone), counted(days, "day")
        if self.frequency == Frequency.ONCE:
            return f"once, on {first}, for {length}"
        return f"{_EACH[self.frequency]} from {first}, {length} each, {self._end_in_words()}"

    def _periods_later(self, periods: int) -> datetime:
        first = self.starts_at.astimezone(self.zone).date()
        if self.frequency == Frequency.WEEKLY:
            days = 7 * periods
        else:
            days = (_months_later(first, periods * _MONTHS[self.frequency]) - first).days
        return _days_later(self.starts_at, days, self.zone)

    def _end_in_words(self) -> str:
        if self.ends_on is not None:
            return f"until {date_in_words(self.ends_on)}"
        return "until it is stopped" if self.occurrences is None else counted(self.occurrences, "time")


def _days_later(instant: datetime, days: int, zone: tzinfo) -> datetime:
    # Python adds to the wall clock of an aware datetime, and takes the first of a time that comes twice.
    return (instant.astimezone(zone) + timedelta(days=days)).astimezone(UTC)


def _months_later(first: date, months: int) -> date:
    """Clamped to the end of the month that it comes to."""
    years, month = divmod(first.month - 1 + months, 12)
    year, month = first.year + years, month + 1
    return date(year, month, min(first.day, monthrange(year, month)[1]))


# ---- Reminders ---------------------------------------------------------------------------------------------


class Reminder(TextChoices):
    HALFWAY = "halfway", "Halfway"
    LAST_DAY = "last_day", "The last day"


_LAST_DAY = timedelta(hours=24)
_APART = timedelta(hours=8)  # two mails within a working day say no more than one


def when_to_remind(opened: datetime, closes: datetime) -> dict[Reminder, datetime]:
    """When reviewers of a stage who are not done are reminded: halfway, and a day before it closes. A stage
    of one or two days has no time for the second: it would come before halfway, or close behind it."""
    halfway, last_day = opened + (closes - opened) / 2, closes - _LAST_DAY
    reminders = {Reminder.HALFWAY: halfway}
    if last_day - halfway >= _APART:
        reminders[Reminder.LAST_DAY] = last_day
    return reminders


def reminder_due(opened: datetime, closes: datetime, now: datetime) -> Reminder | None:
    """Which reminder to send at `now`, if it has not been sent. Only the latest that is due: who was not
    reminded halfway because nothing ran gets one mail on the last day, not two. None once it has closed."""
    if now >= closes:
        return None
    due = [reminder for reminder, at in when_to_remind(opened, closes).items() if at <= now]
    return due[-1] if due else None
