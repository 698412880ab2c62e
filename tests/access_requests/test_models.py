"""What the database itself refuses, whoever writes."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.access_requests.models import AccessRequest, Approval
from apps.access_requests.states import CLOSED, OPEN, Action, Family, State
from tests.factories import activate, answer

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

DAY = timedelta(days=1)


@pytest.fixture
def waiting(requester, eligible, needs_approval, now):
    return activate(eligible, requester, now=now)


def refused(constraint):
    """SQLite names the columns of a broken unique constraint, PostgreSQL its name."""
    return pytest.raises(IntegrityError, match=rf"(?i){constraint}|UNIQUE constraint failed")


def change(request, **columns):
    with transaction.atomic():
        AccessRequest.objects.filter(pk=request.pk).update(**columns)


def copy(request, **columns):
    values = {field.attname: getattr(request, field.attname) for field in AccessRequest._meta.concrete_fields}
    del values["id"]
    with transaction.atomic():
        return AccessRequest.objects.create(**values | columns)


# ---- Requests ----------------------------------------------------------------------------------------------


def test_refuses_two_that_wait_for_the_same(waiting):
    with refused("request_one_waiting"):
        copy(waiting)


def test_refuses_two_that_wait_for_an_admin_for_the_same(waiting):
    asked = {"family": Family.ELIGIBLE, "state": State.PENDING_ADMIN_DECISION}
    assert copy(waiting, **asked).pk

    with refused("request_one_waiting"):
        copy(waiting, **asked)


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"family": Family.ELIGIBLE}, "request_approvers_decide_on_activations"),
        ({"state": State.PENDING_ADMIN_DECISION}, "request_admins_decide_on_assignments"),
        ({"action": Action.SELF_EXTEND}, "request_prolongs_something"),
    ],
)
def test_refuses_to_wait_for_the_wrong_people_or_nothing(waiting, columns, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        change(waiting, **columns)


def test_takes_one_that_waits_beside_closed_and_other_ones(waiting, now):
    assert copy(waiting, state=State.DENIED, closed_at=now).pk
    assert copy(waiting, family=Family.ELIGIBLE, state=State.PENDING_ADMIN_DECISION).pk
    assert copy(waiting, state=State.GRANTED).pk


@pytest.mark.parametrize("state", CLOSED)
def test_refuses_a_closed_one_that_does_not_say_when(waiting, state):
    with pytest.raises(IntegrityError, match="request_closed_has_instant"):
        change(waiting, state=state)


@pytest.mark.parametrize("state", OPEN)
def test_refuses_an_open_one_that_says_when_it_closed(waiting, state, now):
    family = Family.ELIGIBLE if state == State.PENDING_ADMIN_DECISION else Family.ACTIVATION
    with pytest.raises(IntegrityError, match="request_closed_has_instant"):
        change(waiting, state=state, family=family, closed_at=now)


def test_refuses_to_wait_for_ever(waiting):
    with pytest.raises(IntegrityError, match="request_waiting_has_deadline"):
        change(waiting, deadline_at=None)


@pytest.mark.parametrize(
    "columns",
    [{"eligible": None}, {"requester": None}, {"duration_minutes": None}, {"duration_minutes": 4}],
)
def test_refuses_an_activation_that_is_not_whole(waiting, columns):
    with pytest.raises(IntegrityError, match="request_activation_is_complete"):
        change(waiting, **columns)


# ---- Approvals ---------------------------------------------------------------------------------------------


def decide_past_the_door(request, by, now):
    with transaction.atomic():
        Approval.objects.create(
            request=request, approver=by, requester=request.requester, decision="approved", decided_at=now
        )


def test_refuses_a_decision_on_ones_own_request(waiting, requester, now):
    with pytest.raises(IntegrityError, match="approval_not_own_request"):
        decide_past_the_door(waiting, requester, now)


def test_refuses_a_second_decision(waiting, approver, visitor, now):
    answer(waiting, approver, now=now)

    with refused("approval_one_per_request"):
        decide_past_the_door(waiting, visitor, now)


def test_refuses_a_decided_period_of_no_kind(waiting, approver, now):
    answer(waiting, approver, now=now)

    with pytest.raises(IntegrityError, match="approval_period_has_kind"), transaction.atomic():
        Approval.objects.update(decided_ends_at=now)
