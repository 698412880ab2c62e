"""Two who change the same at the same moment, on connections of their own: whoever is second waits, and then
meets what the first has left. Nobody is stopped by the database, and nothing is left half."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from apps.access_requests.asks import THE_CONSOLE, Ask, Said
from apps.access_requests.services.door import submit
from apps.access_requests.services.withdrawing import cancel
from apps.access_requests.states import Action, State
from apps.assignments.models import Assignment
from apps.assignments.selectors import holdings_of
from apps.assignments.services import lock_assignment, lock_principal
from apps.roles import built_in
from apps.roles.installation import install_built_ins
from tests.factories import acting, activate, answer, assign, join, make_group, make_resource
from tests.races.moments import race

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
End = Assignment.End


@pytest.fixture(autouse=True)
def _built_in_roles(db):
    install_built_ins()  # a test that commits has emptied these tables too


def remove(row, now, actor=THE_CONSOLE):
    ask = Ask(Action.ADMIN_REMOVE, assignment_id=row.id, said=Said("No longer needed"))
    return submit(ask, actor=actor, now=now).state


def give_back(row, user, now):
    ask = Ask(Action.SELF_DEACTIVATE, assignment_id=row.id)
    return submit(ask, actor=acting(user, now=now), now=now).state


def ended(row):
    row.refresh_from_db()
    return row.ended_how


def nothing_is_left(user, eligible, now):
    """The eligible assignment is gone, and nothing that was activated from it is open."""
    return (
        ended(eligible) == End.REMOVED
        and not eligible.activations.filter(ended_at__isnull=True).exists()
        and not any(held.assignment.parent_id == eligible.id for held in holdings_of(user, now=now).active)
    )


@pytest.fixture
def of_group(requester, now):
    """A group in which the requester is, and which is eligible for Teams Administrator."""
    group = make_group(now=now, is_role_assignable=True)
    join(requester, group, now=now)
    return assign(group, now=now)


# ---- Removing what is being activated ----------------------------------------------------------------------


def test_activates_and_removes_one_after_the_other(requester, eligible, now):
    state, removed = race(
        lambda: lock_principal(requester.id),
        lambda: activate(eligible, requester, now=now).state,
        lambda: remove(eligible, now),
    )

    assert removed == State.REVOKED
    if connection.vendor == "postgresql":
        assert state == State.PROVISIONED
    assert nothing_is_left(requester, eligible, now)


def test_approves_and_removes_one_after_the_other(requester, approver, eligible, needs_approval, now):
    request = activate(eligible, requester, now=now)

    state, removed = race(
        lambda: lock_principal(requester.id),
        lambda: answer(request, approver, now=now).state,
        lambda: remove(eligible, now),
    )

    assert removed == State.REVOKED
    if connection.vendor == "postgresql":
        assert state == State.PROVISIONED
    assert nothing_is_left(requester, eligible, now)


def test_removes_and_then_refuses_the_approval(requester, approver, eligible, needs_approval, now):
    request = activate(eligible, requester, now=now)

    removed, refused = race(
        lambda: lock_assignment(eligible.id),
        lambda: remove(eligible, now),
        lambda: answer(request, approver, now=now).state,
    )

    assert removed == State.REVOKED
    if connection.vendor == "postgresql":
        assert refused == "This request waits no longer: cancelled."
    assert nothing_is_left(requester, eligible, now)


# ---- Removing what a whole group is eligible for -----------------------------------------------------------


def test_activates_nothing_on_an_eligibility_that_was_removed_while_it_waited(requester, of_group, now):
    removed, refused = race(
        lambda: lock_assignment(of_group.id),
        lambda: remove(of_group, now),
        lambda: activate(of_group, requester, now=now).state,
    )

    assert removed == State.REVOKED
    if connection.vendor == "postgresql":
        assert "You are not eligible for this role now." in refused
    assert nothing_is_left(requester, of_group, now)


def test_removes_what_a_member_is_activating(requester, of_group, now):
    (removed,) = race(lambda: activate(of_group, requester, now=now), lambda: remove(of_group, now))

    assert removed == State.REVOKED
    assert nothing_is_left(requester, of_group, now)


def test_removes_while_a_member_activates_again_after_an_end_that_no_sweep_has_met(requester, of_group, now):
    past = activate(of_group, requester, now=now, minutes=30).result
    later = now + HOUR

    removed, _ = race(
        lambda: lock_assignment(of_group.id),
        lambda: remove(of_group, later),
        lambda: activate(of_group, requester, now=later).state,
    )

    assert removed == State.REVOKED
    assert (ended(past), past.ended_at) == (End.EXPIRED, now + 30 * MINUTE)
    assert nothing_is_left(requester, of_group, later)


def test_removes_while_a_member_writes_several_ends_for_something_else(requester, eligible, now):
    """Both come to the same rows: in the same order, or each might wait for the other."""
    group, place = make_group(now=now), make_resource(now=now)
    join(requester, group, now=now)
    of_group = assign(group, built_in.CONTRIBUTOR, place, now=now)
    places = [make_resource(parent=place, now=now) for _ in range(4)]
    rows = [activate(of_group, requester, now=now, minutes=30, resource_id=each.id).result for each in places]
    later = now + HOUR

    removed, state = race(
        lambda: lock_assignment(min(row.id for row in rows)),
        lambda: remove(of_group, later),
        lambda: activate(eligible, requester, now=later).state,
    )

    assert (removed, state) == (State.REVOKED, State.PROVISIONED)
    assert {ended(row) for row in rows} == {End.EXPIRED}


def test_removes_while_a_member_gives_the_role_back(requester, of_group, now):
    running = activate(of_group, requester, now=now).result

    (removed,) = race(lambda: give_back(running, requester, now), lambda: remove(of_group, now))

    assert removed == State.REVOKED
    assert ended(running) == End.DEACTIVATED
    assert nothing_is_left(requester, of_group, now)


def test_removes_while_a_member_withdraws_a_request(requester, of_group, needs_approval, now):
    request = activate(of_group, requester, now=now)

    (removed,) = race(
        lambda: cancel(request.id, actor=acting(requester, now=now), now=now), lambda: remove(of_group, now)
    )

    assert removed == State.REVOKED
    request.refresh_from_db()
    assert (request.state, request.closing_reason) == (State.CANCELED, "Cancelled by John Doe.")
    assert nothing_is_left(requester, of_group, now)


def test_gives_an_earlier_end_while_a_member_gives_the_role_back(requester, of_group, now):
    running = activate(of_group, requester, now=now).result
    earlier = Ask(
        Action.ADMIN_UPDATE, assignment_id=of_group.id, ends_at=now + 30 * MINUTE, said=Said("Sooner")
    )

    (state,) = race(
        lambda: give_back(running, requester, now),
        lambda: submit(earlier, actor=THE_CONSOLE, now=now).state,
    )

    assert state == State.PROVISIONED
    assert ended(running) == End.DEACTIVATED
    of_group.refresh_from_db()
    assert of_group.ends_at == now + 30 * MINUTE


@pytest.mark.usefixtures("at_the_door")
def test_removes_while_the_group_is_given_something_else(requester, now):
    """Who gets something is settled first: the ends of a member's activations are written then as well."""
    group = make_group(now=now, is_role_assignable=True)
    while group.id < requester.id:  # the member is locked before the group
        group = make_group(now=now, is_role_assignable=True)
    join(requester, group, now=now)
    eligible = assign(group, now=now)
    past = activate(eligible, requester, now=now, minutes=30).result
    later = now + HOUR

    removed, given = race(
        lambda: lock_principal(group.id),
        lambda: remove(eligible, later),
        lambda: assign(group, built_in.SECURITY_READER, now=later),
    )

    assert removed == State.REVOKED
    assert given.principal_id == group.id
    assert ended(past) == End.EXPIRED
