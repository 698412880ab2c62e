"""Facts beside a reviewer: of many lines only, and only what stands out. No database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.reviews.policy.care import FEW, MANY_IN_A_YEAR, READING, Figures, facts_about

MONDAY = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


def reviewer(*, takes=READING, **changes):
    """Decided 40 of 100 lines with care, and denied one of them; `takes` so long from one to the next."""
    usual = {"lines": 100, "decided": 40, "approved": 39, "decided_in_a_year": 60, "denied_in_a_year": 1}
    asked = usual | changes
    last_at = MONDAY + takes * max(0, asked["decided"] - 1)
    return Figures(**({"first_at": MONDAY, "last_at": last_at} | asked))


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        ({}, ()),
        ({"approved": 40}, ("Approved all 40 lines.",)),
        ({"approved": 0}, ()),
        ({"lines": 40}, ("Decided every line of this review.",)),
        ({"takes": timedelta(seconds=2)}, ("2 seconds per line.",)),
        ({"takes": timedelta(seconds=1.9)}, ("1 second per line.",)),
        ({"takes": timedelta(seconds=9.9)}, ("9 seconds per line.",)),
        ({"takes": timedelta(seconds=0.5)}, ("Less than a second per line.",)),
        ({"takes": timedelta(0)}, ("Decided them all at once.",)),
        ({"denied_in_a_year": 0}, ("Has denied nothing in a year, of 60 lines.",)),
        ({"denied_in_a_year": 0, "decided_in_a_year": MANY_IN_A_YEAR - 1}, ()),
        (
            {"approved": 40, "lines": 40, "takes": timedelta(seconds=2), "denied_in_a_year": 0},
            (
                "Approved all 40 lines.",
                "Decided every line of this review.",
                "2 seconds per line.",
                "Has denied nothing in a year, of 60 lines.",
            ),
        ),
    ],
)
def test_says_what_stands_out(changes, facts):
    assert facts_about(reviewer(**changes)) == facts


@pytest.mark.parametrize(
    ("decided", "facts"),
    [(FEW - 1, ()), (FEW, ("Approved all 5 lines.", "Decided every line of this review."))],
)
def test_says_nothing_of_few_lines(decided, facts):
    assert facts_about(reviewer(lines=decided, decided=decided, approved=decided)) == facts


def test_says_nothing_of_who_has_not_begun():
    assert facts_about(reviewer(lines=0, decided=0, approved=0, first_at=None, last_at=None)) == ()


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 10**6))
def test_a_pace_is_told_only_of_who_was_too_fast_to_read(decided, approved, microseconds):
    takes = timedelta(microseconds=microseconds * 20)
    facts = facts_about(reviewer(lines=300, decided=decided, approved=min(approved, decided), takes=takes))

    told = any("per line" in fact or "at once" in fact for fact in facts)
    assert told == (decided >= FEW and takes < READING)
