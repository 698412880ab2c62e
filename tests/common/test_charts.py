"""Where things stand in a drawing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from apps.common.charts import (
    FOOT,
    LETTER,
    THINNEST,
    TOP,
    WIDTH,
    Lane,
    Part,
    Series,
    Share,
    in_figures,
    lines,
    share_bars,
    stacked_bars,
    time_line,
)
from apps.common.period import Period

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def apart(labels):
    """Whether no two labels in a row overlap, as large as a phone draws them, and none is cut off."""
    ends = [(each.x - len(each.text) * LETTER / 2, each.x + len(each.text) * LETTER / 2) for each in labels]
    return all(left >= 0 and right <= WIDTH for left, right in ends) and all(
        one[1] <= other[0] for one, other in pairwise(ends)
    )


# ---- Axes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("highest", "values"),
    [
        (0, ["0", "1"]),
        (1, ["0", "1"]),
        (5, ["0", "1", "2", "3", "4", "5"]),
        (6, ["0", "2", "4", "6"]),
        (46, ["0", "10", "20", "30", "40", "50"]),
        (100, ["0", "20", "40", "60", "80", "100"]),
        (101, ["0", "50", "100", "150"]),
        (5120, ["0", "2,000", "4,000", "6,000"]),
        (0.4, ["0", "1"]),
    ],
)
def test_steps_in_round_numbers_up_to_the_highest_value(highest, values):
    across = stacked_bars(["a"], [Series("Some", [highest])]).axes.across

    assert [label.text for label in across] == values
    assert (across[0].y, across[-1].y) == (220 - FOOT, TOP)


@pytest.mark.parametrize("count", [1, 2, 7, 12, 13, 30, 90])
def test_labels_the_axis_so_that_a_phone_can_show_it(count):
    axes = stacked_bars([f"{n % 28 + 1} Nov" for n in range(count)], [Series("Some", [12_345] * count)]).axes

    assert apart(axes.below)
    assert axes.below[-1].text == axes.labels[-1]
    assert all(label.x - len(label.text) * LETTER >= -8 for label in axes.across)


# ---- Bars --------------------------------------------------------------------------------------------------


def test_stacks_the_series_of_a_column_without_overlap():
    chart = stacked_bars(["a", "b"], [Series("One", [3, 0], "s1"), Series("Two", [2, 0], "s2")])

    first, second = chart.columns
    low, high = first.boxes
    assert (low.look, high.look) == ("s1", "s2")
    assert low.y + low.height == chart.axes.base
    assert high.y == TOP
    assert high.y + high.height <= low.y
    assert second.boxes == []


def test_says_what_a_column_is():
    chart = stacked_bars(["24 Nov", "25 Nov"], [Series("One", [3, 0]), Series("Two", [2000, 0])])

    assert [column.says for column in chart.columns] == ["24 Nov: One 3, Two 2,000", "25 Nov: none"]
    assert chart.table == [("24 Nov", ["3", "2,000"]), ("25 Nov", ["0", "0"])]


@pytest.mark.parametrize(
    ("values", "marked"),
    [
        ([1, 9, 1, 1, 1, 4], ["9", "4"]),
        ([1, 1, 1, 1, 1, 9], ["9"]),
        ([9, 1, 1, 1, 1, 0], ["9"]),
        ([0, 0], []),
        ([1] * 88 + [2000, 1000], ["2,000"]),  # the two would meet
    ],
)
def test_marks_the_highest_and_the_last_bar(values, marked):
    chart = stacked_bars([str(n) for n in range(len(values))], [Series("Some", values)])

    assert [mark.text for mark in chart.marks] == marked


# ---- Lines -------------------------------------------------------------------------------------------------


def test_draws_a_line_through_the_middle_of_each_column():
    chart = lines(["Sep", "Oct", "Nov"], [Series("Standing", [10, 5, 0], "s4")])

    (line,) = chart.lines
    assert [x for x, _ in line.points] == [chart.axes.x(index) for index in range(3)]
    assert [y for _, y in line.points] == [TOP, (TOP + chart.axes.base) / 2, chart.axes.base]
    assert line.area.endswith(f"{line.points[-1][0]},{chart.axes.base}")


@pytest.mark.parametrize(("one", "other"), [(100, 99), (100, 0), (0, 0), (3, 2)])
def test_keeps_the_numbers_at_the_ends_of_lines_apart(one, other):
    chart = lines(["Oct", "Nov"], [Series("One", [one, one]), Series("Two", [other, other])], unit=" h")

    at_the_end = [mark.y for mark in chart.marks[-2:]]
    assert abs(at_the_end[0] - at_the_end[1]) >= 18
    assert max(at_the_end) < chart.axes.base
    assert apart([chart.marks[0], chart.marks[-1]])


def test_draws_one_point_where_there_is_one():
    chart = lines(["Nov"], [Series("One", [4])])

    assert len(chart.marks) == len(chart.lines[0].points) == 1


# ---- Shares ------------------------------------------------------------------------------------------------


def share(*counts):
    return Share("Users", [Part(f"Kind {n}", count, f"s{n}") for n, count in enumerate(counts, 1)])


def test_draws_shares_on_the_scale_of_the_longest_row():
    long, short, none = share_bars([share(300, 100), share(40, 1), share(0, 0)])

    assert sum(box.width for box in long.boxes) <= WIDTH
    assert long.boxes[0].width > 3 * long.boxes[1].width - 3 * THINNEST
    assert short.boxes[1].width >= THINNEST
    assert none.boxes == []
    assert [box.look for box in long.boxes] == ["s1", "s2"]
    for bar in (long, short):
        assert all(one.x + one.width <= other.x for one, other in pairwise(bar.boxes))


def test_draws_no_shares_of_nothing():
    assert share_bars([]) == []
    assert share_bars([share(0, 0)])[0].boxes == []


# ---- Time lines --------------------------------------------------------------------------------------------


def drawn(*spans, shown=None):
    shown = shown or Period(NOW - 30 * DAY, NOW + DAY)
    return time_line([Lane("Reader", [(span, "") for span in spans])], shown, [], now=NOW)


def test_places_a_span_by_its_instants():
    (box,) = drawn(Period(NOW - 15 * DAY, NOW - 10 * DAY), shown=Period(NOW - 20 * DAY, NOW)).lanes[0].boxes

    assert (box.x, box.width) == (WIDTH / 4, WIDTH / 4)


@pytest.mark.parametrize(
    "span",
    [
        Period(NOW - 40 * DAY, NOW - 29 * DAY),
        Period(NOW, NOW + 9 * DAY),
        Period(NOW - 40 * DAY, NOW + 9 * DAY),
        Period(NOW + DAY - timedelta(minutes=5), NOW + DAY),
        Period(NOW - 3 * DAY),
    ],
)
def test_cuts_a_span_to_what_is_shown(span):
    (box,) = drawn(span).lanes[0].boxes

    assert box.width >= THINNEST
    assert box.x >= 0
    assert round(box.x + box.width, 1) <= WIDTH


def test_shows_a_short_span_still():
    (box,) = drawn(Period(NOW - 3 * DAY, NOW - 3 * DAY + timedelta(minutes=5))).lanes[0].boxes

    assert box.width == THINNEST


def test_marks_now():
    chart = drawn(shown=Period(NOW - DAY, NOW + DAY))

    assert chart.now.x == WIDTH / 2


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.04, "0"), (1.25, "1.2"), (9.96, "10"), (12.4, "12"), (1234567, "1,234,567")],
)
def test_writes_numbers_as_people_read_them(value, text):
    assert in_figures(value) == text
