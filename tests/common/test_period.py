from datetime import UTC, datetime, timedelta

import pytest

from apps.common.period import Period, earliest

START = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
END = START + timedelta(hours=1)
TICK = timedelta(microseconds=1)
HOUR = Period(START, END)
FOREVER = Period(START)


@pytest.mark.parametrize(
    ("instant", "inside"),
    [
        pytest.param(START - TICK, False, id="just before the start"),
        pytest.param(START, True, id="at the start"),
        pytest.param(END - TICK, True, id="just before the end"),
        pytest.param(END, False, id="at the end"),
        pytest.param(END + TICK, False, id="just after the end"),
    ],
)
def test_contains_its_start_and_not_its_end(instant, inside):
    assert HOUR.contains(instant) is inside


def test_without_an_end_contains_everything_from_its_start():
    assert FOREVER.contains(START + timedelta(days=36500))
    assert not FOREVER.contains(START - TICK)


@pytest.mark.parametrize(
    ("other", "overlaps"),
    [
        pytest.param(HOUR, True, id="itself"),
        pytest.param(Period(START - TICK, START), False, id="ends at its start"),
        pytest.param(Period(START - TICK, START + TICK), True, id="ends just after its start"),
        pytest.param(Period(END, END + TICK), False, id="starts at its end"),
        pytest.param(Period(END - TICK, END + TICK), True, id="starts just before its end"),
        pytest.param(Period(START + TICK, END - TICK), True, id="lies inside"),
        pytest.param(Period(START - TICK, END + TICK), True, id="lies around"),
        pytest.param(FOREVER, True, id="permanent from its start"),
        pytest.param(Period(END), False, id="permanent from its end"),
        pytest.param(Period(END - TICK), True, id="permanent from just before its end"),
    ],
)
def test_overlaps_where_an_instant_is_in_both(other, overlaps):
    assert HOUR.overlaps(other) is overlaps
    assert other.overlaps(HOUR) is overlaps


def test_permanent_ones_always_overlap():
    assert FOREVER.overlaps(Period(START + timedelta(days=36500)))


@pytest.mark.parametrize("end", [START, START - TICK], ids=["at its start", "before its start"])
def test_refuses_to_end_before_it_has_begun(end):
    with pytest.raises(ValueError, match="ends after it starts"):
        Period(START, end)


def test_knows_its_length():
    assert HOUR.length == timedelta(hours=1)
    assert FOREVER.length is None


@pytest.mark.parametrize(
    ("ends", "first"), [((END, START), START), ((None, END), END), ((None, None), None), ((), None)]
)
def test_takes_never_for_the_latest_of_all_ends(ends, first):
    assert earliest(*ends) == first
