"""How a reviewer went about a round: facts for the admin of the review, who judges what they mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.common.text import counted

# Of fewer lines nothing follows: four of four approved, one after the other, is an ordinary Monday.
FEW = 5
# To read who, what, where and the evidence of one line takes about this long.
READING = timedelta(seconds=10)
# In a year somebody who decides on this many has met access that was not needed any more.
MANY_IN_A_YEAR = 20


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One reviewer in one round: how many of its `lines` they `decided`, in whatever way, and between when;
    and what they decided in all rounds of the last year, this one among them."""

    lines: int
    decided: int
    approved: int
    first_at: datetime | None
    last_at: datetime | None
    decided_in_a_year: int
    denied_in_a_year: int

    @property
    def per_line(self) -> timedelta | None:
        """The time from one decision to the next, on average; `None` where there were not two."""
        if self.first_at is None or self.last_at is None or self.decided < 2:
            return None
        return (self.last_at - self.first_at) / (self.decided - 1)


def facts_about(figures: Figures) -> tuple[str, ...]:
    """What stands out, in sentences; nothing for most reviewers, and nothing about few lines."""
    return tuple(_what_stands_out(figures)) if figures.decided >= FEW else ()


def _what_stands_out(figures: Figures) -> Iterator[str]:
    if figures.approved == figures.decided:
        yield f"Approved all {counted(figures.decided, 'line')}."
    if figures.decided == figures.lines:
        yield "Decided every line of this review."
    if figures.per_line is not None and figures.per_line < READING:
        yield _pace(figures.per_line)
    if figures.decided_in_a_year >= MANY_IN_A_YEAR and not figures.denied_in_a_year:
        yield f"Has denied nothing in a year, of {counted(figures.decided_in_a_year, 'line')}."


def _pace(per_line: timedelta) -> str:
    seconds = int(per_line.total_seconds())
    if not per_line:
        return "Decided them all at once."
    return f"{counted(seconds, 'second')} per line." if seconds else "Less than a second per line."
