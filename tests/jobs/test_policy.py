"""Who may start, stop and reverse a job. No database."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.accounts.policy import SecondFactor
from apps.jobs.policy import JobFacts, can_reverse, can_start, can_stop
from apps.jobs.states import JobState

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
FRESH = SecondFactor(NOW)


def facts(**changes):
    usual = {"state": JobState.PLANNED, "is_own": True, "to_apply": 1, "second_factor": FRESH, "now": NOW}
    return JobFacts(**(usual | changes))


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        ({}, ()),
        ({"is_own": False, "sees_all": True}, ("ActorRule",)),
        ({"to_apply": 0}, ("NothingToDo",)),
        ({"second_factor": SecondFactor(None)}, ("MfaRule",)),
        ({"second_factor": SecondFactor(NOW - timedelta(minutes=6))}, ("MfaRule",)),
        ({"second_factor": None}, ()),
        *(({"state": state}, ("StateRule",)) for state in JobState if state != JobState.PLANNED),
    ],
)
def test_starts_a_plan_of_ones_own_with_a_fresh_factor(changes, rules):
    assert can_start(facts(**changes)).rules == rules


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        *(({"state": state}, ()) for state in (JobState.CHECKING, JobState.PLANNED, JobState.RUNNING)),
        *(({"state": state}, ("StateRule",)) for state in (JobState.DONE, JobState.STOPPED)),
        ({"is_own": False, "sees_all": True}, ()),
        ({"is_own": False}, ("ActorRule",)),
    ],
)
def test_stops_what_is_not_over(changes, rules):
    assert can_stop(facts(**changes)).rules == rules


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        *(({"state": state}, ()) for state in (JobState.DONE, JobState.STOPPED)),
        *(({"state": state}, ("StateRule",)) for state in (JobState.CHECKING, JobState.RUNNING)),
        ({"state": JobState.DONE, "to_reverse": 0}, ("NothingToDo",)),
    ],
)
def test_reverses_what_is_over_and_did_something(changes, rules):
    assert can_reverse(facts(**({"to_reverse": 1} | changes))).rules == rules
