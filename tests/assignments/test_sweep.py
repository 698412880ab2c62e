from datetime import timedelta

import pytest
from django.db import connection

from apps.assignments.models import Assignment
from apps.assignments.selectors import holdings_of
from apps.assignments.sweep import write_down_the_clock
from apps.assignments.tasks import sweep
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.notifications.models import Notice
from apps.roles import built_in
from tests.factories import activate, assign, disable, join, make_group, make_resource, may_join

pytestmark = pytest.mark.django_db

TICK, HOUR, DAY = timedelta(microseconds=1), timedelta(hours=1), timedelta(days=1)
End = Assignment.End


def how_it_ended(assignment):
    assignment.refresh_from_db()
    return assignment.ended_how, assignment.ended_at


def ended_events():
    actions = [AuditAction.ASSIGNMENT_ENDED, AuditAction.ACTIVATION_ENDED]
    return AuditEvent.objects.filter(action__in=actions)


@pytest.fixture
def operators(db, now):
    return make_group("Operators", now=now, is_role_assignable=True)


@pytest.mark.parametrize(
    ("at", "written"),
    [
        pytest.param(HOUR - TICK, 0, id="just before the end"),
        pytest.param(HOUR, 1, id="at the end"),
        pytest.param(3 * DAY, 1, id="days later"),
    ],
)
def test_writes_down_what_the_clock_has_ended(requester, eligible, now, at, written):
    row = activate(eligible, requester, now=now, minutes=60).result

    assert write_down_the_clock(now=now + at) == written

    assert how_it_ended(row) == ((End.EXPIRED, now + HOUR) if written else ("", None))
    assert ended_events().count() == written
    assert Notice.objects.filter(event="role_ended", recipient_id=requester.id).count() == written


def test_writes_it_down_once_however_often_it_runs(requester, eligible, now):
    activate(eligible, requester, now=now, minutes=60)

    written = [write_down_the_clock(now=now + HOUR + number * TICK) for number in range(3)]

    assert written == [1, 0, 0]
    assert ended_events().count() == 1
    assert Notice.objects.filter(event="role_ended").count() == 1


def test_changes_nothing_about_who_holds_what(requester, approver, eligible, operators, now):
    activate(eligible, requester, now=now, minutes=60)
    activate(may_join(approver, operators, now=now), approver, now=now, minutes=30)
    activate(assign(operators, now=now), approver, now=now, minutes=240)
    later = now + HOUR
    before = [holdings_of(person, now=later) for person in (requester, approver)]

    assert write_down_the_clock(now=later) == 3

    assert [holdings_of(person, now=later) for person in (requester, approver)] == before


def test_ends_activations_with_the_eligible_assignment_the_clock_ended(requester, now):
    eligible = assign(requester, now=now, ends_at=now + DAY)
    row = activate(eligible, requester, now=now + DAY - HOUR, minutes=480).result

    write_down_the_clock(now=now + 2 * DAY)

    assert how_it_ended(eligible) == (End.EXPIRED, now + DAY)
    assert how_it_ended(row) == (End.EXPIRED, now + DAY)


def test_ends_what_somebody_disabled_had_activated(requester, eligible, now):
    row = activate(eligible, requester, now=now).result
    disable(requester)

    assert write_down_the_clock(now=now + TICK) == 1

    assert how_it_ended(row) == (End.GROUND_LOST, now + TICK)
    assert how_it_ended(eligible) == ("", None)  # it stays, and is back with the person
    assert ended_events().get().actor_name == "The clock"


def test_ends_what_was_activated_through_a_group_that_was_left(requester, operators, now):
    membership = join(requester, operators, now=now, days=1)
    row = activate(assign(operators, now=now), requester, now=now + DAY - HOUR, minutes=480).result

    assert write_down_the_clock(now=membership.ends_at) == 2

    assert how_it_ended(membership) == (End.EXPIRED, membership.ends_at)
    assert how_it_ended(row) == (End.GROUND_LOST, membership.ends_at)


def test_catches_up_on_a_chain_in_one_run(requester, operators, now):
    leads, production = make_group("Leads", now=now), make_resource("Production", now=now)
    first = activate(may_join(requester, operators, now=now), requester, now=now, minutes=30).result
    second = activate(may_join(operators, leads, now=now), requester, now=now, minutes=240).result
    contributor = assign(leads, built_in.CONTRIBUTOR, production, now=now, ends_at=now + DAY)
    third = activate(contributor, requester, now=now, minutes=240).result

    assert write_down_the_clock(now=now + HOUR) == 3

    assert [how_it_ended(row)[0] for row in (first, second, third)] == [
        End.EXPIRED,
        End.GROUND_LOST,
        End.GROUND_LOST,
    ]


def test_does_not_let_one_bad_row_stop_the_others(requester, approver, eligible, now):
    bad = activate(eligible, requester, now=now, minutes=60).result
    good = activate(assign(approver, now=now), approver, now=now, minutes=90).result
    with connection.cursor() as cursor:  # a row that the database does not let anybody write
        cursor.execute(
            "CREATE TRIGGER bad_row BEFORE UPDATE ON assignments_assignment "
            f"WHEN OLD.id = '{bad.pk.hex}' BEGIN SELECT RAISE(ABORT, 'bad row'); END"
        )

    assert write_down_the_clock(now=now + 2 * HOUR) == 1

    assert how_it_ended(bad) == ("", None)
    assert how_it_ended(good) == (End.EXPIRED, now + 1.5 * HOUR)
    assert ended_events().get().details["assignment"] == str(good.id)
    assert holdings_of(requester, now=now + 2 * HOUR).active == ()  # nobody waits for the sweep
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER bad_row")
    assert write_down_the_clock(now=now + 3 * HOUR) == 1
    assert how_it_ended(bad) == (End.EXPIRED, now + HOUR)


def test_leaves_what_runs_alone(requester, eligible, operators, now):
    activate(eligible, requester, now=now)
    activate(eligible, requester, now=now, starts_at=now + DAY)
    join(requester, operators, now=now)
    assign(requester, built_in.SECURITY_READER, now=now)

    assert write_down_the_clock(now=now) == 0
    assert not ended_events().exists()


def test_runs_as_a_task_by_the_real_clock(requester, eligible, now):
    row = activate(eligible, requester, now=now, minutes=60).result
    Assignment.objects.filter(pk=row.pk).update(
        starts_at=now - 400 * DAY, ends_at=now - 399 * DAY
    )  # long ago by any clock

    assert sweep() == 1
    assert how_it_ended(row)[0] == End.EXPIRED
