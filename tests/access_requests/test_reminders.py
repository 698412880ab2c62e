"""What still waits when half of its time is over is told once more, to those who can still decide."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.access_requests.reminders import remind_of_requests
from apps.access_requests.services.withdrawing import cancel
from apps.access_requests.states import Action
from apps.notifications.models import Notice
from tests.access_requests.asking import ask, asking
from tests.factories import (
    acting,
    activate,
    answer,
    assign,
    disable,
    make_user,
    set_rules,
)

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def reminded():
    return sorted(Notice.objects.filter(key__endswith=":half").values_list("address", flat=True))


def test_reminds_whoever_can_decide_once_when_half_of_the_time_is_over(waiting, approver, administrator, now):
    for hours in (11, 12, 13, 20):
        remind_of_requests(now=now + hours * HOUR)

    assert reminded() == [approver.email]
    notice = Notice.objects.get(key=f"request:{waiting.id}:half")
    assert notice.event == "approval_needed"
    assert (
        notice.subject == "PIM: Still to review John Doe's request to activate the Teams Administrator role"
    )
    assert notice.text.startswith("Half of its time is over. John Doe asks to activate")
    assert [button["label"] for button in notice.buttons] == ["Approve", "Deny"]


def test_reminds_by_the_rules_and_people_of_now(waiting, approver, now):
    other = make_user("Berta Approver", now=now)
    set_rules(now=now, approvers=(approver, other))
    disable(approver)

    remind_of_requests(now=now + 12 * HOUR)

    assert reminded() == [other.email]


def test_does_not_remind_of_what_was_answered(waiting, approver, now):
    answer(waiting, approver, now=now)

    remind_of_requests(now=now + 12 * HOUR)

    assert reminded() == []


def test_does_not_remind_of_what_was_withdrawn(waiting, requester, now):
    cancel(waiting.id, actor=acting(requester, now=now), now=now)

    remind_of_requests(now=now + 12 * HOUR)

    assert reminded() == []


def test_does_not_remind_of_what_has_lost_its_ground_before_any_sweep(waiting, requester, now):
    disable(requester)

    remind_of_requests(now=now + 12 * HOUR)

    assert reminded() == []


def test_does_not_remind_of_what_has_timed_out_while_nothing_ran(waiting, now):
    remind_of_requests(now=now + 25 * HOUR)

    assert reminded() == []


def test_reminds_the_admins_of_what_is_to_be_extended(requester, administrator, now):
    row = assign(requester, now=now, ends_at=now + 10 * DAY)
    request = ask(asking(Action.SELF_EXTEND, row), requester, now=now)

    remind_of_requests(now=now + 7 * DAY)

    assert reminded() == [administrator.email]
    subject = Notice.objects.get(key=f"request:{request.id}:half").subject
    assert subject == "PIM: Still to review John Doe's request to extend the Teams Administrator role"


def test_asks_as_much_for_many_activations_as_for_few(approver, now):
    set_rules(now=now, approvers=(approver,))
    people = [make_user(now=now, enrolled=False) for _ in range(12)]
    for number, user in enumerate(people):
        at = now if number < 2 else now + DAY
        activate(assign(user, now=now), user, now=at)
    remind_of_requests(now=now)

    counts = []
    for at in (now + 12 * HOUR, now + DAY + 12 * HOUR):
        with CaptureQueriesContext(connection) as asked:
            assert remind_of_requests(now=at)
        counts.append(len(asked))

    assert counts[0] == counts[1]
