"""The sweep: what it writes down just before, at and long after each instant."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apps.access_requests import tasks
from apps.access_requests.asks import THE_CONSOLE, Ask
from apps.access_requests.models import AccessRequest
from apps.access_requests.selectors.facts import states_now
from apps.access_requests.services.door import submit
from apps.access_requests.services.settling import settle_all
from apps.access_requests.states import Action, State
from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.assignments.selectors import holdings_of
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction, Outcome
from apps.common.errors import NotAllowed
from apps.notifications.models import Notice
from apps.roles import built_in
from tests.factories import activate, assign, disable, join, make_group, make_user, role, set_rules

pytestmark = pytest.mark.django_db

TICK, MINUTE = timedelta(microseconds=1), timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def waiting(requester, eligible, needs_approval, now):
    return activate(eligible, requester, now=now, justification="A channel is broken")


@pytest.fixture
def later(requester, eligible, now):
    """Granted, to begin tomorrow for an hour."""
    return activate(eligible, requester, now=now, starts_at=now + DAY)


def reads_as(request, now):
    return states_now([AccessRequest.objects.with_names().get(pk=request.pk)], now=now)[request.pk]


def event_of(request, action):
    return AuditEvent.objects.get(action=action, details__request=str(request.pk))


def active_ids(user, now):
    return {held.assignment.id for held in holdings_of(user, now=now).active}


# ---- Nobody decided ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "state"),
    [
        pytest.param(DAY - TICK, State.PENDING_APPROVAL, id="just before the deadline"),
        pytest.param(DAY, State.TIMED_OUT, id="at the deadline"),
        pytest.param(DAY + TICK, State.TIMED_OUT, id="just after the deadline"),
        pytest.param(9 * DAY, State.TIMED_OUT, id="long after the deadline"),
    ],
)
def test_writes_down_that_nobody_decided_in_time(waiting, now, at, state):
    written = settle_all(now=now + at)

    waiting.refresh_from_db()
    is_over = state == State.TIMED_OUT
    assert (written, waiting.state) == (is_over, state)
    assert waiting.closed_at == (now + DAY if is_over else None)
    assert waiting.closing_reason == ("Nobody decided in time." if is_over else "")


def test_records_it_as_the_clocks_doing(waiting, requester, now):
    settle_all(now=now + DAY + MINUTE)

    event = event_of(waiting, AuditAction.REQUEST_TIMED_OUT)
    assert (event.actor_kind, event.target_id) == ("clock", str(requester.id))
    assert (event.at, event.outcome, event.justification) == (now + DAY + MINUTE, Outcome.FAILURE, "")


def test_tells_the_requester_alone(waiting, requester, now):
    settle_all(now=now + DAY)

    notice = Notice.objects.get(event="request_timed_out")
    assert notice.recipient_id == requester.id
    assert notice.text == "Nobody decided in time. Ask again if you still need the role."


def test_goes_by_the_window_of_the_day_of_the_request(waiting, approver, now):
    set_rules(now=now, approvers=(approver,), approval_window_minutes=30)

    assert settle_all(now=now + DAY - TICK) == 0
    assert settle_all(now=now + DAY) == 1


# ---- The ground is gone ------------------------------------------------------------------------------------


def test_writes_down_what_waits_for_somebody_disabled(waiting, requester, now):
    disable(requester)

    settle_all(now=now + MINUTE)

    waiting.refresh_from_db()
    assert (waiting.state, waiting.closed_at) == (State.CANCELED, now + MINUTE)
    assert waiting.closing_reason == "No longer eligible."
    assert event_of(waiting, AuditAction.REQUEST_CANCELED).actor_kind == "clock"
    assert Notice.objects.filter(event="request_canceled", recipient_id=requester.id).exists()


def test_does_not_revive_it_when_they_are_back(waiting, requester, now):
    disable(requester)
    settle_all(now=now + MINUTE)
    User.objects.update(is_enabled=True)

    assert reads_as(waiting, now + 2 * MINUTE) == State.CANCELED


@pytest.mark.parametrize(
    ("at", "state"),
    [(HOUR - TICK, State.PENDING_APPROVAL), (HOUR, State.CANCELED), (HOUR + TICK, State.CANCELED)],
)
def test_writes_down_what_waits_on_an_eligibility_that_has_ended(requester, needs_approval, now, at, state):
    waiting = activate(assign(requester, now=now, ends_at=now + HOUR), requester, now=now, minutes=30)

    settle_all(now=now + at)

    waiting.refresh_from_db()
    assert waiting.state == state


def test_writes_down_what_waits_on_a_group_that_was_left(requester, needs_approval, now):
    group = make_group(now=now, is_role_assignable=True)
    join(requester, group, now=now, days=1)
    waiting = activate(assign(group, now=now), requester, now=now + HOUR)

    assert settle_all(now=now + DAY - TICK) == 0
    assert settle_all(now=now + DAY) == 1

    waiting.refresh_from_db()
    assert waiting.state == State.CANCELED


def test_closes_what_waits_the_moment_an_admin_removes_the_eligibility(waiting, eligible, now):
    submit(Ask(Action.ADMIN_REMOVE, assignment_id=eligible.id), actor=THE_CONSOLE, now=now + MINUTE)

    waiting.refresh_from_db()
    assert (waiting.state, waiting.closing_reason) == (State.CANCELED, "Console changed the assignment.")
    assert event_of(waiting, AuditAction.REQUEST_CANCELED).actor_name == "Console"
    assert settle_all(now=now + MINUTE) == 0


# ---- What begins later -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "state"),
    [
        pytest.param(DAY - TICK, State.GRANTED, id="just before the start"),
        pytest.param(DAY, State.PROVISIONED, id="at the start"),
        pytest.param(DAY + TICK, State.PROVISIONED, id="just after the start"),
        pytest.param(3 * DAY, State.PROVISIONED, id="after the end"),
    ],
)
def test_writes_down_that_it_has_begun(later, now, at, state):
    settle_all(now=now + at)

    later.refresh_from_db()
    assert later.state == state
    assert later.closed_at == (now + DAY if state == State.PROVISIONED else None)


def test_records_the_start_as_the_clocks_doing(later, requester, now):
    settle_all(now=now + DAY + MINUTE)

    event = event_of(later, AuditAction.ACTIVATION_STARTED)
    assert (event.actor_kind, event.target_id) == ("clock", str(requester.id))
    assert (event.at, event.outcome, event.justification) == (now + DAY + MINUTE, Outcome.SUCCESS, "")
    assert event.role == "Teams Administrator"
    assert event.details["assignment"] == str(later.result_id)
    assert event.details["started_at"] == (now + DAY).isoformat()


def test_tells_the_requester_and_the_admins_that_it_has_begun(later, requester, administrator, now):
    settle_all(now=now + DAY)

    notices = Notice.objects.filter(key=f"request:{later.id}:started", event="role_activated")
    assert {notice.recipient_id for notice in notices} == {requester.id, administrator.id}
    assert {notice.subject for notice in notices} == {"PIM: John Doe's Teams Administrator role is active"}
    assert {notice.text for notice in notices} == {"Teams Administrator is active. It ends 14:00 UTC."}


def test_tells_of_the_start_whom_the_settings_name(later, now):
    row = role(built_in.TEAMS_ADMINISTRATOR).settings.create()
    row.cells.create(case="activation", audience="holder", default_recipients=False)
    row.cells.create(case="activation", audience="admin", additional_recipients="desk@example.com")

    settle_all(now=now + DAY)

    notices = Notice.objects.filter(key=f"request:{later.id}:started")
    assert [notice.address for notice in notices] == ["desk@example.com"]


def test_says_so_when_it_was_over_before_anybody_could_write_it_down(later, now):
    settle_all(now=now + 3 * DAY)

    text = Notice.objects.get(key=f"request:{later.id}:started").text
    assert text == "Teams Administrator was active from 25 Nov 2026, 13:00 UTC until 25 Nov 2026, 14:00 UTC."


def test_tells_of_the_start_once_however_it_is_found(later, requester, now):
    settle_all(now=now + DAY)
    settle_all(now=now + DAY + MINUTE)
    with pytest.raises(NotAllowed):
        activate(later.eligible, requester, now=now + DAY + 2 * MINUTE)

    assert AuditEvent.objects.filter(action=AuditAction.ACTIVATION_STARTED).count() == 1
    assert Notice.objects.filter(key=f"request:{later.id}:started").count() == 1


def test_is_found_by_a_command_before_any_sweep(later, requester, now):
    activate(later.eligible, requester, now=now + 2 * DAY)

    later.refresh_from_db()
    assert (later.state, later.closed_at) == (State.PROVISIONED, now + DAY)
    assert event_of(later, AuditAction.ACTIVATION_STARTED).at == now + 2 * DAY


def test_begins_after_all_when_the_first_try_was_stopped_half_way(later, now):
    """All of it is one transaction: what was half done is not there, and the next run does it."""
    with connection.cursor() as cursor:  # the last that is written cannot be
        cursor.execute(
            "CREATE TRIGGER stopped BEFORE INSERT ON notifications_notice "
            "BEGIN SELECT RAISE(FAIL, 'stopped'); END"
        )
        assert settle_all(now=now + DAY) == 0
        cursor.execute("DROP TRIGGER stopped")

    later.refresh_from_db()
    assert later.state == State.GRANTED
    assert not AuditEvent.objects.filter(action=AuditAction.ACTIVATION_STARTED).exists()
    assert settle_all(now=now + DAY + MINUTE) == 1
    assert AuditEvent.objects.filter(action=AuditAction.ACTIVATION_STARTED).count() == 1


def test_ends_what_has_not_begun_when_its_holder_is_disabled(later, requester, now):
    disable(requester)

    settle_all(now=now + HOUR)

    later.refresh_from_db()
    row = later.result
    assert later.state == State.CANCELED
    assert (row.ended_how, row.ended_at) == (Assignment.End.GROUND_LOST, now + HOUR)
    User.objects.update(is_enabled=True)
    requester.refresh_from_db()
    assert row.id not in active_ids(requester, now + DAY)


# ---- However often, in whatever order ----------------------------------------------------------------------


def test_writes_everything_once_however_often_it_runs(waiting, now):
    written = [settle_all(now=now + DAY + n * MINUTE) for n in range(3)]

    assert written == [1, 0, 0]
    assert AuditEvent.objects.filter(action=AuditAction.REQUEST_TIMED_OUT).count() == 1
    assert Notice.objects.filter(event="request_timed_out").count() == 1


def test_settles_many_and_leaves_those_alone_that_still_wait(requester, approver, needs_approval, now):
    people = [make_user(now=now) for _ in range(3)]
    early = [activate(assign(user, now=now), user, now=now) for user in people]
    late = activate(assign(requester, now=now), requester, now=now + HOUR)

    assert settle_all(now=now + DAY) == 3

    assert {AccessRequest.objects.get(pk=row.pk).state for row in early} == {State.TIMED_OUT}
    late.refresh_from_db()
    assert late.state == State.PENDING_APPROVAL


@pytest.mark.parametrize("at", [MINUTE, HOUR - TICK, HOUR, DAY - TICK, DAY, DAY + HOUR - TICK, DAY + HOUR])
def test_changes_nothing_about_who_holds_what(requester, approver, eligible, now, at):
    other = assign(approver, now=now)
    activate(eligible, requester, now=now)
    activate(other, approver, now=now, starts_at=now + DAY)
    before = [active_ids(user, now + at) for user in (requester, approver)]

    settle_all(now=now + at)

    assert [active_ids(user, now + at) for user in (requester, approver)] == before


def test_changes_nothing_about_what_a_request_reads_as(waiting, now):
    for at in (DAY - TICK, DAY, 9 * DAY):
        before = reads_as(waiting, now + at)
        settle_all(now=now + at)
        waiting.refresh_from_db()
        assert waiting.state == before


def test_runs_as_a_task_by_the_real_clock(requester, approver):
    then = timezone.now() - DAY - MINUTE
    set_rules(now=then, approvers=(approver,))
    lapsed = activate(assign(requester, now=then), requester, now=then)

    assert tasks.sweep() == 1

    lapsed.refresh_from_db()
    assert lapsed.state == State.TIMED_OUT
