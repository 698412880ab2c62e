from datetime import UTC, datetime, timedelta

import pytest

from apps.notifications.policy import MAXIMUM_ATTEMPTS, WAITS, next_try

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 1), (2, 2), (3, 5), (6, 60), (11, 360)])
def test_waits_longer_after_each_attempt(attempts, minutes):
    assert next_try(attempts, now=NOW) == NOW + timedelta(minutes=minutes)


def test_gives_up_after_the_last_attempt():
    assert next_try(MAXIMUM_ATTEMPTS - 1, now=NOW) is not None
    assert next_try(MAXIMUM_ATTEMPTS, now=NOW) is None
    assert next_try(MAXIMUM_ATTEMPTS + 5, now=NOW) is None


def test_tries_for_about_a_day():
    assert timedelta(hours=24) <= sum(WAITS, timedelta()) <= timedelta(hours=30)


def test_never_waits_less_than_before():
    assert list(WAITS) == sorted(WAITS)
