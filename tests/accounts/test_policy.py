"""No database: pytest-django forbids it here, which is the proof that the rules are pure."""

from datetime import UTC, datetime, timedelta
from math import log2

import pytest

from apps.accounts.models import User
from apps.accounts.policy import (
    ACCOUNT,
    ACCOUNT_AND_NETWORK,
    FORGOTTEN_AFTER,
    NETWORK,
    NO_FACTOR,
    WORK_LASTS,
    SecondFactor,
    can_sign_in,
    code_wait,
    is_fresh,
    network_of,
    wait_in_words,
    zone_of,
)

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
INSTANT = timedelta(microseconds=1)
LIMITS = [ACCOUNT_AND_NETWORK, NETWORK, ACCOUNT]


@pytest.mark.parametrize(
    ("age", "fresh"),
    [
        (-INSTANT, False),
        (0 * SECOND, True),
        (300 * SECOND - INSTANT, True),
        (300 * SECOND, True),
        (300 * SECOND + INSTANT, False),
        (timedelta(days=1), False),
    ],
)
def test_counts_a_second_factor_for_five_minutes_and_not_from_the_future(age, fresh):
    factor = SecondFactor(NOW - age)

    assert is_fresh(factor, now=NOW, max_age_seconds=300) is fresh


def test_counts_no_second_factor_that_was_never_proven():
    assert not is_fresh(NO_FACTOR, now=NOW, max_age_seconds=300)


@pytest.mark.parametrize("in_this_post", [True, False])
def test_counts_a_factor_each_time_only_for_the_post_it_was_proven_in(in_this_post):
    factor = SecondFactor(NOW, in_this_post=in_this_post)

    assert is_fresh(factor, now=NOW, max_age_seconds=300, each_time=True) is in_this_post


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (1, 1), (2, 2), (3, 4), (10, 512), (11, 900), (10_000, 900)]
)
def test_doubles_the_wait_after_each_wrong_code(failures, seconds):
    assert code_wait(failures) == seconds * SECOND


def test_lets_only_enabled_people_sign_in():
    assert can_sign_in(User(is_enabled=True))
    assert can_sign_in(User(is_enabled=False)).rules == ("AccountDisabled",)


@pytest.mark.parametrize("limit", LIMITS)
def test_doubles_the_wait_once_the_free_failures_are_used_up(limit):
    assert limit.wait(limit.free - 1) == timedelta(0)
    assert limit.wait(limit.free) == limit.first
    assert limit.wait(limit.free + 1) == 2 * limit.first
    assert limit.wait(limit.free + 1000) == limit.longest


def test_counts_a_failure_of_a_moment_ago_as_a_whole_one():
    just_before = ACCOUNT_AND_NETWORK.remaining(1, SECOND) + 2

    assert ACCOUNT_AND_NETWORK.wait(just_before) == ACCOUNT_AND_NETWORK.first


@pytest.mark.parametrize("limit", LIMITS)
def test_forgets_failures_one_by_one(limit):
    assert limit.remaining(5, limit.leak) == 4
    assert limit.remaining(5, 5 * limit.leak) == 0
    assert limit.remaining(5, 50 * limit.leak) == 0


@pytest.mark.parametrize("limit", LIMITS)
def test_has_forgotten_everything_when_a_counter_is_removed(limit):
    most = limit.free + log2(limit.longest / limit.first) + 2

    assert limit.remaining(most, FORGOTTEN_AFTER) == 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        (" 203.0.113.9 ", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("", ""),
        ("unknown", ""),
        ("203.0.113.9, 198.51.100.1", ""),
    ],
)
def test_counts_one_ipv4_address_or_one_ipv6_customer_as_a_network(address, network):
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("wait", "words"),
    [
        (INSTANT, "1 s"),
        (59 * SECOND, "59 s"),
        (59 * SECOND + INSTANT, "1 min"),
        (61 * SECOND, "2 min"),
        (900 * SECOND, "15 min"),
    ],
)
def test_rounds_a_wait_up(wait, words):
    assert wait_in_words(wait) == words


@pytest.mark.parametrize(
    ("name", "zone"),
    [("Europe/Berlin", "Europe/Berlin"), ("Mars/Base", "UTC"), ("../passwd", "UTC"), ("", "UTC")],
)
def test_shows_times_in_utc_where_a_zone_is_unknown(name, zone):
    assert zone_of(User(time_zone=name)).key == zone


@pytest.mark.parametrize(
    ("age", "since", "counts"),
    [
        (timedelta(minutes=5), timedelta(hours=2), True),
        (timedelta(minutes=5, seconds=1), timedelta(hours=2), False),
        (timedelta(0), WORK_LASTS, True),
        (timedelta(0), WORK_LASTS + timedelta(seconds=1), False),
        (timedelta(0), -timedelta(seconds=1), False),
    ],
)
def test_lets_a_factor_count_for_work_that_was_started_with_it(age, since, counts):
    given_at = NOW - since
    factor = SecondFactor(given_at - age, given_at=given_at)

    assert is_fresh(factor, now=NOW, max_age_seconds=300) is counts
