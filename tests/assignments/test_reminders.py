"""What ends soon is told before it ends: to whom, when, once, and never too late."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.access_requests.asks import Ask
from apps.access_requests.services.door import submit
from apps.access_requests.states import Action
from apps.assignments import reminders
from apps.assignments.models import ReminderProgress
from apps.assignments.notices.soon import left_in_words
from apps.assignments.reminders import remind_of_ends
from apps.notifications.models import Notice
from apps.roles import built_in
from tests.access_requests.asking import ask, asking
from tests.factories import (
    acting,
    activate,
    assign,
    disable,
    join,
    make_active,
    make_group,
    make_user,
    set_rules,
)

pytestmark = pytest.mark.django_db

SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))


def told(event="ends_soon"):
    return sorted(Notice.objects.filter(event=event).values_list("address", "subject"))


def subjects(event="ends_soon"):
    return {subject for _, subject in told(event)}


@pytest.fixture
def ending(requester, now):
    """Ends in 30 days."""
    return assign(requester, built_in.SECURITY_READER, now=now, ends_at=now + 30 * DAY)


def test_warns_holder_and_admins_14_days_and_a_day_before(requester, administrator, ending, now):
    for before in (14 * DAY + SECOND, 14 * DAY, 13 * DAY, DAY, HOUR):
        remind_of_ends(now=ending.ends_at - before)

    mine, theirs = "PIM: Your Security Reader role", "PIM: John Doe's Security Reader role"
    assert told() == [
        (administrator.email, f"{theirs} ends in 1 day"),
        (administrator.email, f"{theirs} ends in 14 days"),
        (requester.email, f"{mine} ends in 1 day"),
        (requester.email, f"{mine} ends in 14 days"),
    ]


def test_leads_each_to_where_they_extend_it(requester, administrator, ending, now):
    remind_of_ends(now=now + 16 * DAY)

    buttons = {
        notice.address: notice.buttons[0]["path"] for notice in Notice.objects.filter(event="ends_soon")
    }
    assert buttons[requester.email] == f"/my-roles/{ending.id}/extend-assignment/"
    assert buttons[administrator.email] == f"/assignments/extend/?pick={ending.id}"


def test_warns_a_quarter_of_an_hour_before_an_activation_ends(requester, administrator, eligible, now):
    row = activate(eligible, requester, now=now).result

    for minute in (44, 45, 46, 50):
        remind_of_ends(now=now + minute * MINUTE)

    assert told("activation_ends") == [
        (requester.email, "PIM: Your activation of Teams Administrator ends in 15 min")
    ]
    notice = Notice.objects.get(event="activation_ends")
    assert notice.buttons[0] | {"label": "Extend", "path": f"/my-roles/{row.id}/extend/"} == notice.buttons[0]
    assert "ends 14:00 UTC, in 15 min." in notice.text


def test_warns_again_of_what_was_extended(requester, eligible, now):
    row = activate(eligible, requester, now=now).result
    remind_of_ends(now=now + 50 * MINUTE)

    activate(eligible, requester, now=now + 51 * MINUTE, extends_id=row.id, minutes=60)
    remind_of_ends(now=now + 52 * MINUTE)
    remind_of_ends(now=now + 100 * MINUTE)

    assert Notice.objects.filter(event="activation_ends").count() == 2


def test_warns_again_of_an_assignment_that_an_admin_extended(requester, administrator, ending, now):
    remind_of_ends(now=now + 16 * DAY)
    later = now + 17 * DAY
    ask(asking(Action.ADMIN_EXTEND, ending, ends_at=now + 60 * DAY), administrator, now=later)

    for day in (18, 29, 45, 46, 47):
        remind_of_ends(now=now + day * DAY)

    assert Notice.objects.filter(event="ends_soon", recipient_id=requester.id).count() == 2


def test_tells_late_what_is_still_true_and_nothing_that_is_over(requester, eligible, ending, now):
    activate(eligible, requester, now=now)
    remind_of_ends(now=now + MINUTE)

    remind_of_ends(now=now + 20 * DAY)  # nothing ran for so long

    assert subjects() == {"PIM: Your Security Reader role ends in 10 days"}
    assert subjects("activation_ends") == set()


def test_leaves_the_early_warning_out_where_the_late_one_is_due(requester, ending, now):
    remind_of_ends(now=now + 30 * DAY - 5 * HOUR)

    assert subjects() == {"PIM: Your Security Reader role ends in 5 h"}


def test_does_not_warn_of_what_was_given_for_so_short_a_time(requester, eligible, now):
    assign(requester, built_in.USER_ADMINISTRATOR, now=now, ends_at=now + 14 * DAY)
    activate(eligible, requester, now=now, minutes=15)

    remind_of_ends(now=now)

    assert subjects() | subjects("activation_ends") == set()


def test_does_not_warn_of_what_has_ended_or_of_whom_is_disabled(requester, eligible, ending, now):
    row = activate(eligible, requester, now=now).result
    submit(Ask(Action.SELF_DEACTIVATE, assignment_id=row.id), actor=acting(requester, now=now), now=now)
    disable(requester)

    remind_of_ends(now=now + 50 * MINUTE)
    remind_of_ends(now=now + 16 * DAY)

    assert subjects() | subjects("activation_ends") == set()


def test_warns_the_permanent_owners_of_a_group_that_a_member_leaves(requester, approver, visitor, now):
    group = make_group("Operators", now=now)
    set_rules(built_in.GROUP_OWNER, resource=group.resource, now=now, permanent_active=True)
    make_active(approver, built_in.GROUP_OWNER, group.resource, now=now)
    make_active(visitor, built_in.GROUP_OWNER, group.resource, now=now, ends_at=now + 90 * DAY)
    join(requester, group, now=now, days=30)

    remind_of_ends(now=now + 16 * DAY)

    assert {address for address, _ in told()} == {requester.email, approver.email}


def test_goes_on_where_it_was_killed_and_tells_nobody_twice(now, monkeypatch):
    monkeypatch.setattr(reminders, "BATCH", 2)
    people = [make_user(now=now, enrolled=False) for _ in range(5)]
    for user in people:
        assign(user, now=now, ends_at=now + 30 * DAY)
    monkeypatch.setattr(reminders, "notify_many", _killed_after(1, reminders.notify_many))
    with pytest.raises(KeyboardInterrupt):
        remind_of_ends(now=now + 16 * DAY)
    monkeypatch.undo()

    for _ in range(2):
        remind_of_ends(now=now + 16 * DAY + MINUTE)

    assert [address for address, _ in told()] == sorted(user.email for user in people)


def test_is_not_stopped_by_a_clock_that_was_far_ahead(requester, ending, now):
    ReminderProgress.note("ends_14d", now + 3650 * DAY)

    remind_of_ends(now=now + 16 * DAY)

    assert len(told()) == 1


def test_asks_as_much_for_many_as_for_few_and_little_where_nothing_is_due(administrator, now):
    def count(at):
        with CaptureQueriesContext(connection) as asked:
            remind_of_ends(now=at)
        return len(asked)

    give = partial(assign, now=now, role_id=built_in.SECURITY_READER)
    for number in range(12):
        give(make_user(now=now, enrolled=False), ends_at=now + (30 if number < 2 else 60) * DAY)

    remind_of_ends(now=now)
    few, many = count(now + 16 * DAY), count(now + 46 * DAY)

    assert many == few
    remind_of_ends(now=now + 46 * DAY + 2 * MINUTE)
    assert count(now + 50 * DAY) == 9  # for each kind where it stopped, what came near, and that it looked


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (14 * DAY, "14 days"),
        (13 * DAY + HOUR, "14 days"),
        (DAY - SECOND, "1 day"),
        (20 * HOUR - MINUTE, "20 h"),
        (15 * MINUTE - SECOND, "15 min"),
        (SECOND, "1 min"),
    ],
)
def test_rounds_up_what_is_left(left, words):
    assert left_in_words(left) == words


def _killed_after(times, command):
    calls = iter(range(times))

    def killed(*args, **kwargs):
        if next(calls, None) is None:
            raise KeyboardInterrupt
        return command(*args, **kwargs)

    return killed
