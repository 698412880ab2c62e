"""What the random histories draw from, and what becomes of a command."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from hypothesis import strategies as st

from apps.assignments.models import Assignment
from apps.common.errors import Conflict, Invalid, NotAllowed
from tests.access_requests.world import DAY, HOUR, MINUTE, SECOND

# Most are sensible: a history of refusals alone says little.
anyone = st.integers(0, 3)
one_of_many = st.integers(0, 60)  # taken modulo how many there are
mostly = st.sampled_from([True] * 7 + [False])
minutes = st.sampled_from([60, 60, 60, 30, 240, 5, 4, 481])
later = st.sampled_from([None, None, None, 30 * MINUTE, 2 * HOUR, -HOUR])
periods = st.sampled_from([None, HOUR, 6 * HOUR, 30 * DAY, 400 * DAY])
reasons = st.sampled_from(["Because"] * 7 + [""])
kinds = st.sampled_from([None, None, *Assignment.Kind])
proofs = st.sampled_from([timedelta(0)] * 5 + [5 * MINUTE, 5 * MINUTE + SECOND, None])


def outcome(command: Callable[[], object]) -> tuple[str, ...]:
    """The rules that refuse, or the kind of error; nothing when it was done."""
    try:
        command()
    except NotAllowed as refusal:
        return refusal.rules
    except (Invalid, Conflict) as error:
        return (type(error).__name__,)
    return ()
