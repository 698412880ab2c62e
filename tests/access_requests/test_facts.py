from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.access_requests.asks import THE_CONSOLE, Ask
from apps.access_requests.models import AccessRequest
from apps.access_requests.selectors.facts import states_now
from apps.access_requests.services.door import submit
from apps.access_requests.states import Action, State
from apps.accounts.models import User
from apps.assignments.sweep import write_down_the_clock
from apps.roles import built_in
from tests.factories import (
    activate,
    assign,
    disable,
    join,
    make_active,
    make_group,
    make_resource,
    make_user,
    set_rules,
)

pytestmark = pytest.mark.django_db

TICK, MINUTE = timedelta(microseconds=1), timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def reads_as(request, now):
    row = AccessRequest.objects.with_names().get(pk=request.pk)
    return states_now([row], now=now)[row.id]


@pytest.fixture
def waiting(requester, eligible, needs_approval, now):
    return activate(eligible, requester, now=now)


@pytest.fixture
def later(requester, eligible, now):
    """Granted, to begin tomorrow for an hour."""
    return activate(eligible, requester, now=now, starts_at=now + DAY)


# ---- What waits --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "state"),
    [
        pytest.param(timedelta(0), State.PENDING_APPROVAL, id="at once"),
        pytest.param(DAY - TICK, State.PENDING_APPROVAL, id="just before the deadline"),
        pytest.param(DAY, State.TIMED_OUT, id="at the deadline"),
    ],
)
def test_reads_the_clock_with_no_sweep_run(waiting, now, at, state):
    assert reads_as(waiting, now + at) is state


def test_is_cancelled_at_once_when_its_requester_is_disabled(waiting, requester, now):
    disable(requester)

    assert reads_as(waiting, now) is State.CANCELED


def test_is_cancelled_at_the_instant_the_eligibility_ends(requester, needs_approval, now):
    eligible = assign(requester, now=now, ends_at=now + HOUR)
    waiting = activate(eligible, requester, now=now, minutes=30)

    assert reads_as(waiting, eligible.ends_at - TICK) is State.PENDING_APPROVAL
    assert reads_as(waiting, eligible.ends_at) is State.CANCELED


def test_is_cancelled_at_the_instant_the_group_is_left(requester, needs_approval, now):
    operators = make_group(now=now, is_role_assignable=True)
    membership = join(requester, operators, now=now, days=1)
    waiting = activate(assign(operators, now=now), requester, now=membership.ends_at - HOUR)

    assert reads_as(waiting, membership.ends_at - TICK) is State.PENDING_APPROVAL
    assert reads_as(waiting, membership.ends_at) is State.CANCELED


# ---- What begins later -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "state"),
    [
        pytest.param(DAY - TICK, State.GRANTED, id="just before the start"),
        pytest.param(DAY, State.PROVISIONED, id="at the start"),
        pytest.param(DAY + HOUR, State.PROVISIONED, id="at the end"),
    ],
)
def test_begins_with_no_sweep_run(later, now, at, state):
    assert reads_as(later, now + at) is state


@pytest.mark.parametrize("at", [timedelta(0), DAY, DAY + HOUR], ids=["at once", "at its start", "at its end"])
def test_stays_cancelled_when_the_eligibility_was_removed_before_it_began(later, eligible, now, at):
    submit(Ask(Action.ADMIN_REMOVE, assignment_id=eligible.id), actor=THE_CONSOLE, now=now)

    assert reads_as(later, now + at) is State.CANCELED


@pytest.mark.parametrize("at", [HOUR, DAY], ids=["before its start", "at its start"])
def test_stays_cancelled_when_it_was_ended_before_it_began_and_the_ground_is_back(later, requester, now, at):
    disable(requester)
    write_down_the_clock(now=now)
    User.objects.update(is_enabled=True)

    assert reads_as(later, now + at) is State.CANCELED


# ---- Who left a group and is in it again, with no sweep in between -----------------------------------------


@pytest.fixture
def back(requester, now):
    """What a group may have, for somebody who is in it for a day, and then, after a gap, by another way."""
    builders, crew = make_group("Builders", now=now), make_group("Crew", now=now)
    membership = join(requester, builders, now=now, days=1)
    join(requester, crew, now=now)
    facts = {"starts_at": membership.ends_at + HOUR, "ends_at": membership.ends_at + 30 * DAY}
    make_active(crew, built_in.GROUP_MEMBER, builders.resource, now=now, **facts)
    return assign(
        builders, built_in.CONTRIBUTOR, make_resource(now=now), now=now, ends_at=now + 30 * DAY
    ), membership.ends_at


def test_does_not_wait_again(requester, approver, back, now):
    eligible, left_at = back
    set_rules(built_in.CONTRIBUTOR, now=now, approvers=(approver,))
    waiting = activate(eligible, requester, now=left_at - HOUR)

    read_as = [reads_as(waiting, left_at + after) for after in (-TICK, timedelta(0), HOUR)]

    assert read_as == [State.PENDING_APPROVAL, State.CANCELED, State.CANCELED]


def test_does_not_begin_later_after_all(requester, back, now):
    eligible, left_at = back
    later = activate(eligible, requester, now=now, starts_at=left_at + 2 * HOUR)

    read_as = [reads_as(later, left_at + after) for after in (-TICK, timedelta(0), HOUR, 2 * HOUR, DAY)]

    assert read_as == [State.GRANTED, *[State.CANCELED] * 4]


def test_has_begun_even_if_the_group_is_left_before_anybody_looks(requester, back, now):
    eligible, left_at = back
    later = activate(eligible, requester, now=now, starts_at=left_at - HOUR, minutes=480)

    assert reads_as(later, left_at + MINUTE) is State.PROVISIONED
    write_down_the_clock(now=left_at + MINUTE)
    assert reads_as(later, left_at + MINUTE) is State.PROVISIONED


# ---- How often the database is asked -----------------------------------------------------------------------


@pytest.mark.parametrize("size", [2, 20])
def test_reads_states_in_one_query_more_than_the_rows(needs_approval, now, size):
    operators = make_group(now=now, is_role_assignable=True)
    eligible = assign(operators, now=now)
    for _ in range(size):
        member = make_user(now=now)
        join(member, operators, now=now)
        activate(eligible, member, now=now)
    rows = list(AccessRequest.objects.waiting().with_names())

    with CaptureQueriesContext(connection) as queries:
        states = states_now(rows, now=now)

    assert list(states.values()) == [State.PENDING_APPROVAL] * size
    assert len(queries) == 1
