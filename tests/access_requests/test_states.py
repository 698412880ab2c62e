from datetime import UTC, datetime, timedelta

import pytest

from apps.access_requests.policy.reading import digest_of, state_now
from apps.access_requests.states import CLOSED, OPEN, TRANSITIONS, WAITING, State, Step
from apps.common.errors import Conflict
from apps.common.transition import mermaid, next_state

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)

# ---- What may happen to a request --------------------------------------------------------------------------

FROM_WAITING = {
    Step.GRANT: State.PROVISIONED,
    Step.GRANT_LATER: State.GRANTED,
    Step.DENY: State.DENIED,
    Step.CANCEL: State.CANCELED,
    Step.TIME_OUT: State.TIMED_OUT,
    Step.FAIL: State.FAILED,
}
ALLOWED = {
    State.PENDING_APPROVAL: FROM_WAITING,
    State.PENDING_ADMIN_DECISION: FROM_WAITING,
    State.GRANTED: {Step.START: State.PROVISIONED, Step.CANCEL: State.CANCELED},
}
PAIRS = [(state, step, ALLOWED.get(state, {}).get(step)) for state in State for step in Step]


@pytest.mark.parametrize(("state", "step", "target"), [pair for pair in PAIRS if pair[2]])
def test_moves_on(state, step, target):
    assert next_state(TRANSITIONS, state, step) is target


@pytest.mark.parametrize(("state", "step"), [pair[:2] for pair in PAIRS if not pair[2]])
def test_refuses_to_move_on(state, step):
    with pytest.raises(Conflict, match=f"^This is {state.label.lower()}; it can no longer be"):
        next_state(TRANSITIONS, state, step)


def test_is_either_open_or_closed():
    assert set(OPEN) | set(CLOSED) == set(State)
    assert not set(OPEN) & set(CLOSED)
    assert set(WAITING) < set(OPEN)


@pytest.mark.parametrize("state", OPEN)
def test_can_be_withdrawn_as_long_as_it_is_open(state):
    assert next_state(TRANSITIONS, state, Step.CANCEL) is State.CANCELED


def test_draws_each_arrow_of_the_diagram_once():
    _, *arrows = mermaid(TRANSITIONS).splitlines()

    assert len(set(arrows)) == len(arrows) == sum(map(len, ALLOWED.values()))
    assert "    pending_approval --> denied: deny" in arrows


# ---- What a stored state reads as --------------------------------------------------------------------------


def reading(state, **facts):
    given = {"deadline_at": NOW + TICK, "starts_at": None, "ground_stands": True, "now": NOW}
    return state_now(state, **given | facts)


@pytest.mark.parametrize("state", WAITING)
@pytest.mark.parametrize(
    ("deadline_at", "reads_as_waiting"),
    [
        pytest.param(NOW + TICK, True, id="just before the deadline"),
        pytest.param(NOW, False, id="at the deadline"),
        pytest.param(NOW - TICK, False, id="just after the deadline"),
    ],
)
def test_times_out_at_its_deadline(state, deadline_at, reads_as_waiting):
    expected = state if reads_as_waiting else State.TIMED_OUT

    assert reading(state, deadline_at=deadline_at) is expected


@pytest.mark.parametrize("state", WAITING)
def test_is_cancelled_when_it_waits_without_ground(state):
    assert reading(state, ground_stands=False) is State.CANCELED


@pytest.mark.parametrize("state", WAITING)
def test_stays_timed_out_when_its_ground_goes_later(state):
    assert reading(state, deadline_at=NOW, ground_stands=False) is State.TIMED_OUT


@pytest.mark.parametrize(
    ("starts_at", "expected"),
    [
        pytest.param(NOW + TICK, State.GRANTED, id="just before the start"),
        pytest.param(NOW, State.PROVISIONED, id="at the start"),
        pytest.param(NOW - TICK, State.PROVISIONED, id="just after the start"),
    ],
)
def test_begins_at_its_start(starts_at, expected):
    assert reading(State.GRANTED, starts_at=starts_at) is expected


@pytest.mark.parametrize(
    "starts_at",
    [pytest.param(NOW + TICK, id="until its start"), pytest.param(NOW - TICK, id="and for good")],
)
def test_is_cancelled_when_the_ground_goes_before_it_begins(starts_at):
    assert reading(State.GRANTED, starts_at=starts_at, ground_stands=False) is State.CANCELED


@pytest.mark.parametrize("state", CLOSED)
@pytest.mark.parametrize("ground_stands", [True, False])
def test_stays_as_it_closed(state, ground_stands):
    past = {"deadline_at": NOW - TICK, "starts_at": NOW - TICK}

    assert reading(state, **past, ground_stands=ground_stands) is state


# ---- The name of what somebody was shown -------------------------------------------------------------------


def test_names_the_same_snapshot_alike_in_whatever_order():
    assert digest_of({"who": "John", "minutes": 60}) == digest_of({"minutes": 60, "who": "John"})


@pytest.mark.parametrize("other", [{"minutes": 61}, {"minutes": "60"}, {"minutes": None}, {}])
def test_names_another_snapshot_otherwise(other):
    assert digest_of({"minutes": 60}) != digest_of(other)


def test_names_it_in_the_64_characters_that_are_stored():
    assert len(digest_of({"reason": "🔑" * 500})) == 64
