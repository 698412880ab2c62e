"""What the database itself refuses, whoever writes."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.assignments.models import Assignment
from apps.roles import built_in
from apps.roles.selectors import directory
from tests.factories import make_group, make_resource

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

HOUR, TICK = timedelta(hours=1), timedelta(microseconds=1)
ELIGIBLE, ACTIVE = Assignment.Kind.ELIGIBLE, Assignment.Kind.ACTIVE
ACTIVATED = Assignment.Origin.ACTIVATED


@pytest.fixture
def write(requester, now):
    """Writes a row past every rule of the door."""

    def write(**columns):
        given = {
            "principal_id": requester.id,
            "role_id": built_in.TEAMS_ADMINISTRATOR,
            "resource": directory(),
            "kind": ELIGIBLE,
            "starts_at": now,
            "created_at": now,
        }
        with transaction.atomic():
            return Assignment.objects.create(**given | columns)

    return write


@pytest.fixture
def write_activated(write, requester, eligible, now):
    def write_activated(**columns):
        given = {"kind": ACTIVE, "origin": ACTIVATED, "parent": eligible, "activated_by": requester}
        return write(**{"ends_at": now + HOUR} | given | columns)

    return write_activated


def refused(constraint):
    """SQLite names the columns of a broken unique constraint, PostgreSQL its name."""
    return pytest.raises(IntegrityError, match=rf"(?i){constraint}|UNIQUE constraint failed")


@pytest.mark.parametrize("length", [timedelta(0), -TICK], ids=["at its start", "before its start"])
def test_refuses_to_end_before_it_has_begun(write, now, length):
    with pytest.raises(IntegrityError, match="assignment_ends_after_start"):
        write(ends_at=now + length)


def test_takes_the_shortest_time_there_is(write, now):
    assert write(ends_at=now + TICK).pk


# ---- Assigned ----------------------------------------------------------------------------------------------


def test_refuses_a_second_assignment_of_a_kind(write, now):
    write()

    with refused("assignment_one_assigned"):
        write(starts_at=now + HOUR)


def test_takes_another_kind_place_or_role_beside_it(write, now):
    write()

    assert write(kind=ACTIVE).pk
    assert write(role_id=built_in.SECURITY_READER).pk
    assert write(resource=make_resource(now=now)).pk


def test_takes_a_new_assignment_once_the_old_one_has_ended(write, now):
    write(ended_at=now, ended_how=Assignment.End.REMOVED)

    assert write().pk


# ---- Activated ---------------------------------------------------------------------------------------------


def test_takes_an_activation_by_its_holder(write_activated):
    assert write_activated().pk


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param({"parent": None}, id="no ground"),
        pytest.param({"activated_by": None}, id="nobody activated it"),
        pytest.param({"kind": ELIGIBLE}, id="eligible"),
        pytest.param({"origin": "assigned"}, id="assigned with a ground"),
    ],
)
def test_refuses_an_activation_that_is_not_whole(write_activated, columns):
    with pytest.raises(IntegrityError, match="assignment_activated_by_its_holder"):
        write_activated(**columns)


def test_refuses_an_activation_by_somebody_else(write_activated, approver):
    with pytest.raises(IntegrityError, match="assignment_activated_by_its_holder"):
        write_activated(activated_by=approver)


def test_refuses_an_activation_by_a_group(write_activated, now):
    group = make_group(now=now)

    with pytest.raises(IntegrityError, match="assignment_activated_by_its_holder"):
        write_activated(principal_id=group.id)


def test_refuses_an_activation_without_an_end(write_activated):
    with pytest.raises(IntegrityError, match="assignment_activated_has_an_end"):
        write_activated(ends_at=None)


def test_refuses_two_activations_from_the_same_instant(write_activated):
    write_activated()

    with refused("assignment_one_activated_per_start"):
        write_activated()


def test_takes_an_activation_from_another_instant(write_activated, now):
    write_activated()

    assert write_activated(starts_at=now + HOUR, ends_at=now + 2 * HOUR).pk


# ---- Ended -------------------------------------------------------------------------------------------------


def test_refuses_an_end_that_does_not_say_how(write, now):
    with pytest.raises(IntegrityError, match="assignment_ended_says_how"):
        write(ended_at=now)


def test_refuses_to_say_how_something_ended_that_has_not(write):
    with pytest.raises(IntegrityError, match="assignment_ended_says_how"):
        write(ended_how=Assignment.End.REMOVED)


# ---- Words of the queryset ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "current", "not_ended", "past_its_end"),
    [
        pytest.param(-TICK, False, True, False, id="just before the start"),
        pytest.param(timedelta(0), True, True, False, id="at the start"),
        pytest.param(HOUR - TICK, True, True, False, id="just before the end"),
        pytest.param(HOUR, False, False, True, id="at the end"),
        pytest.param(HOUR + TICK, False, False, True, id="just after the end"),
    ],
)
def test_finds_rows_by_the_clock_alone(write, now, at, current, not_ended, past_its_end):
    row = write(ends_at=now + HOUR)
    rows, instant = Assignment.objects, now + at

    assert rows.current(instant).exists() is row.is_current(instant) is current
    assert rows.not_ended(instant).exists() is not_ended
    assert rows.past_their_end(instant).exists() is past_its_end


def test_finds_no_row_as_running_that_somebody_ended(write, now):
    write(ended_at=now, ended_how=Assignment.End.REMOVED)

    assert not Assignment.objects.not_ended(now).exists()
    assert not Assignment.objects.past_their_end(now + HOUR).exists()
