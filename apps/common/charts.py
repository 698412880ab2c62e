"""Where things stand in a drawing: numbers in, places out. The templates `components/chart_*.html` draw them.

All drawings are 464 units wide, about as wide as a card, so that text keeps its size; on a phone it is drawn
larger, and everything here leaves room for that. Series are told apart by their `look`, a class of the style
sheet: a colour with a pattern or a dash.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from math import ceil, floor, log10

from apps.common.period import Period
from apps.common.text import one_line

WIDTH = 464
LETTER = 9  # the widest usual letter of a label as it is drawn on a phone
LINE = 20  # a line of text there
TOP, FOOT = 24, 28  # room above for the number on a bar, and below for the labels of the axis
GAP = 2  # between neighbours
THINNEST = 3  # what is there is seen
STEPS = 5  # lines across, at most
_LONGEST = 38  # letters of a lane's label, which leave room for how often
LANE, _BAR = 44, 14  # one row of a time line, and how high what lies in a row is


@dataclass(frozen=True)
class Series:
    """The values of one kind, one for each label of the axis."""

    label: str
    values: Sequence[float]
    look: str = "s1"


@dataclass(frozen=True)
class Label:
    x: float
    y: float
    text: str
    anchor: str = "middle"


@dataclass(frozen=True)
class Box:
    x: float
    y: float
    width: float
    height: float
    look: str
    says: str = ""


@dataclass(frozen=True)
class Axes:
    """The room in which values are drawn: from zero at `base` up to the highest line at `TOP`."""

    labels: Sequence[str]
    highest: float
    height: int

    @property
    def base(self) -> int:
        return self.height - FOOT

    @cached_property
    def step(self) -> int:
        return _step(self.highest)

    @cached_property
    def limit(self) -> int:
        return max(ceil(self.highest / self.step), 1) * self.step

    @cached_property
    def left(self) -> int:
        return LETTER * len(in_figures(self.limit)) + 8

    @property
    def pitch(self) -> float:
        """From one label to the next."""
        return (WIDTH - self.left) / len(self.labels)

    def x(self, index: int) -> float:
        """The middle of a column."""
        return round(self.left + self.pitch * (index + 0.5), 1)

    def y(self, value: float) -> float:
        return round(self.base - (self.base - TOP) * value / self.limit, 1)

    @property
    def across(self) -> list[Label]:
        """The lines across, each with its value."""
        values = range(0, self.limit + 1, self.step)
        return [Label(self.left - 8, self.y(value), in_figures(value), "end") for value in values]

    @property
    def below(self) -> list[Label]:
        """As many of the labels as have room beside one another, the last one among them."""
        widest = max(map(len, self.labels)) * LETTER
        moved = max(widest - self.pitch, 0) / 2  # the last one, to be whole
        every = ceil((widest + moved + LETTER) / self.pitch)
        shown = range(len(self.labels) - 1, -1, -every)
        return [Label(self.within(index), self.height - 8, self.labels[index]) for index in reversed(shown)]

    def within(self, index: int, text: str = "") -> float:
        """The middle of a column, or as near as its text can be without being cut off."""
        half = len(text or self.labels[index]) * LETTER / 2
        return min(max(self.x(index), half), WIDTH - half)


@dataclass(frozen=True)
class Chart:
    """What all drawings have: the room, and the numbers behind it."""

    axes: Axes
    series: Sequence[Series]

    @property
    def table(self) -> list[tuple[str, list[str]]]:
        """Each label with its values, as they stand in the table behind the drawing."""
        return [
            (label, [in_figures(series.values[index]) for series in self.series])
            for index, label in enumerate(self.axes.labels)
        ]


@dataclass(frozen=True)
class Column:
    boxes: list[Box]
    says: str


@dataclass(frozen=True)
class Bars(Chart):
    """Values on top of one another."""

    totals: Sequence[float]

    @property
    def head(self) -> list[str]:
        """Over the columns of `table`."""
        return [series.label for series in self.series]

    @property
    def columns(self) -> list[Column]:
        return [Column(list(self._stack(index)), self._says(index)) for index in range(len(self.totals))]

    @property
    def marks(self) -> list[Label]:
        """The highest bar's number and the last one's, where they do not meet."""
        last, highest = len(self.totals) - 1, self.totals.index(max(self.totals))
        marked = [self._mark(index) for index in dict.fromkeys((highest, last)) if self.totals[index]]
        if len(marked) == 2 and abs(marked[0].x - marked[1].x) < LETTER * (len(marked[0].text) + 1):
            marked.pop()
        return marked

    def _stack(self, index: int) -> Iterator[Box]:
        width = round(min(self.axes.pitch * 0.66, 48), 1)
        x, below = round(self.axes.x(index) - width / 2, 1), 0.0
        for series in self.series:
            value = series.values[index]
            if value:
                top, bottom = self.axes.y(below + value), self.axes.y(below)
                gap = GAP / 2 if below and bottom - top > GAP else 0
                yield Box(x, top, width, round(bottom - top - gap, 1), series.look)
            below += value

    def _mark(self, index: int) -> Label:
        text = in_figures(self.totals[index])
        return Label(self.axes.within(index, text), self.axes.y(self.totals[index]) - 6, text)

    def _says(self, index: int) -> str:
        label = self.axes.labels[index]
        return f"{label}: {_listed((series.label, series.values[index]) for series in self.series)}"


@dataclass(frozen=True)
class Line:
    look: str
    points: list[tuple[float, float]]
    base: float

    @property
    def path(self) -> str:
        return " ".join(f"{x},{y}" for x, y in self.points)

    @property
    def area(self) -> str:
        """The same, closed along the axis."""
        (first, _), (last, _) = self.points[0], self.points[-1]
        return f"{first},{self.base} {self.path} {last},{self.base}"


@dataclass(frozen=True)
class Lines(Chart):
    """Values over one another, each series a line."""

    unit: str = ""

    @property
    def lines(self) -> list[Line]:
        return [Line(series.look, list(self._points(series)), self.axes.base) for series in self.series]

    @property
    def marks(self) -> list[Label]:
        """What each line begins and ends with, no number over another."""
        last = len(self.axes.labels) - 1
        return [mark for index in dict.fromkeys((0, last)) for mark in self._marks(index)]

    def _points(self, series: Series) -> Iterator[tuple[float, float]]:
        for index, value in enumerate(series.values):
            yield self.axes.x(index), self.axes.y(value)

    def _marks(self, index: int) -> Iterator[Label]:
        """From the lowest up, each at least a line of text above the one before."""
        lowest = float(self.axes.base)
        for value in sorted(series.values[index] for series in self.series):
            text = f"{in_figures(value)}{self.unit}"
            lowest = min(self.axes.y(value) - 9, lowest - LINE)
            yield Label(self.axes.within(index, text), lowest, text)


@dataclass(frozen=True)
class Part:
    """How many there are of one kind. `url` is where they are listed."""

    label: str
    count: int
    look: str
    url: str = ""


@dataclass(frozen=True)
class Share:
    """One row: the parts of a whole, side by side."""

    label: str
    parts: Sequence[Part]
    url: str = ""


@dataclass(frozen=True)
class ShareBar:
    share: Share
    boxes: list[Box]


def stacked_bars(labels: Sequence[str], series: Sequence[Series], *, height: int = 220) -> Bars:
    """A column for each label, the series on top of one another in their order."""
    totals = [sum(values) for values in zip(*(each.values for each in series), strict=True)]
    return Bars(Axes(labels, max(totals), height), series, totals)


def lines(labels: Sequence[str], series: Sequence[Series], *, unit: str = "", height: int = 200) -> Lines:
    """A line for each series. `unit` stands behind the numbers at its ends."""
    highest = max(max(each.values) for each in series)
    return Lines(Axes(labels, highest, height), series, unit)


def share_bars(shares: Sequence[Share]) -> list[ShareBar]:
    """A row for each, all on the scale of the longest; a small part is still seen."""
    longest = max((sum(part.count for part in share.parts) for share in shares), default=0)
    return [ShareBar(share, list(_side_by_side(share.parts, longest))) for share in shares]


def _side_by_side(parts: Sequence[Part], longest: int) -> Iterator[Box]:
    room, x = WIDTH - (THINNEST + GAP) * len(parts), 0.0
    for part in parts:
        if part.count:
            width = round(room * part.count / longest + THINNEST, 1)
            yield Box(round(x, 1), 0, width, _BAR, part.look)
            x += width + GAP


# ---- Time lines --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lane:
    """One row of a time line: what it is about, and when it was so, each span with its words."""

    label: str
    spans: Sequence[tuple[Period, str]]


@dataclass(frozen=True)
class DrawnLane:
    label: str
    count: int
    y: int  # of its words
    bar: int  # where its bars begin
    boxes: list[Box]


@dataclass(frozen=True)
class TimeLine:
    lanes: list[DrawnLane]
    marks: list[Label]  # days, each a line in the lanes and its name below
    now: Label
    height: int


def time_line(
    lanes: Sequence[Lane], shown: Period, days: Iterable[tuple[datetime, str]], *, now: datetime
) -> TimeLine:
    """A row for each lane over the shown period, which has an end. `days` are the instants to mark."""
    drawn = [_lane(lane, shown, index * LANE) for index, lane in enumerate(lanes)]
    height = len(lanes) * LANE + FOOT
    marks = [Label(_at(instant, shown), height - 8, text) for instant, text in days]
    return TimeLine(drawn, marks, Label(_at(now, shown), height - 8, "Now", "end"), height)


def _lane(lane: Lane, shown: Period, top: int) -> DrawnLane:
    bar = top + LINE + 4
    boxes = [_span(period, says, shown, bar) for period, says in lane.spans]
    return DrawnLane(one_line(lane.label, _LONGEST), len(boxes), top + LINE - 4, bar, boxes)


def _span(period: Period, says: str, shown: Period, y: int) -> Box:
    first = _at(max(period.start, shown.start), shown)
    last = _at(min(period.end or shown.end or period.start, shown.end or period.start), shown)
    width = max(round(last - first, 1), THINNEST)
    return Box(min(first, WIDTH - width), y, width, _BAR, "s1", says)


def _at(instant: datetime, shown: Period) -> float:
    return round(WIDTH * ((instant - shown.start) / (shown.length or timedelta(days=1))), 1)


# ---- Numbers -----------------------------------------------------------------------------------------------


def in_figures(value: float) -> str:
    """ "1,200", "0.5"; tenths below ten only."""
    rounded = round(value, 1) if value < 10 else round(value)
    return f"{int(rounded):,}" if rounded == int(rounded) else f"{rounded:,}"


def _step(highest: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50, … with which `STEPS` steps reach so far."""
    least = max(highest / STEPS, 1)
    power = 10 ** floor(log10(least))
    return int(next(power * part for part in (1, 2, 5, 10) if power * part >= least))


def _listed(parts: Iterable[tuple[str, float]]) -> str:
    """ "User Administrator 4, Security Reader 1", or "none"."""
    return ", ".join(f"{label} {in_figures(value)}" for label, value in parts if value) or "none"
