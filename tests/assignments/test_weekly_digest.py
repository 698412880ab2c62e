"""What the admins of the directory are told once a week."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.access_requests.states import Action
from apps.assignments.weekly_digest import send_weekly_digest
from apps.notifications.models import Notice
from apps.roles import built_in
from tests.access_requests.asking import ask, asking
from tests.factories import activate, assign, make_active, make_resource

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 11, 30, tzinfo=UTC)  # after the Tuesday of the cast


def digests():
    return Notice.objects.filter(event="weekly_digest").order_by("created_at", "address")


@pytest.fixture
def first_week(administrator, now):
    send_weekly_digest(now=now)


def test_tells_the_admins_of_the_directory_once_when_the_week_is_over(
    first_week, administrator, approver, now
):
    make_active(approver, built_in.SECURITY_ADMINISTRATOR, now=now)
    answers = [send_weekly_digest(now=at) for at in (MONDAY - HOUR, MONDAY, MONDAY + HOUR, MONDAY + 6 * DAY)]

    assert answers == [False, True, False, False]
    assert [notice.address for notice in digests()] == [approver.email, administrator.email]


def test_says_what_happened_and_which_roles_are_assigned_most(
    first_week, administrator, requester, eligible, now
):
    for hours in (0, 2):
        activate(eligible, requester, now=now + hours * HOUR)
    held = make_active(requester, built_in.SECURITY_READER, now=now, ends_at=now + 3 * DAY)
    ask(asking(Action.ADMIN_UPDATE, held, ends_at=None), administrator, now=now)
    assign(requester, built_in.CONTRIBUTOR, make_resource(now=now), now=now, ends_at=now + DAY)

    send_weekly_digest(now=MONDAY)

    notice = digests().get()
    assert notice.subject == "PIM: Your weekly summary"
    assert notice.text.startswith("Directory roles from 23 Nov 2026 to 29 Nov 2026")
    assert [tuple(fact) for fact in notice.facts] == [
        ("Activated a role", "1 user"),
        ("Made permanent", "2 users"),
        ("Assigned", "3 assignments"),
        ("1. Global Administrator", "1 permanent, 0 eligible"),
        ("2. Security Reader", "1 permanent, 0 eligible"),
        ("3. Teams Administrator", "0 permanent, 1 eligible"),
    ]
    assert [(button["label"], button["path"]) for button in notice.buttons] == [
        ("Take action", "/discovery/")
    ]


def test_tells_of_the_last_week_alone_when_nothing_ran_for_several(
    first_week, administrator, requester, eligible, now
):
    activate(eligible, requester, now=now)

    send_weekly_digest(now=MONDAY + 16 * DAY)

    assert ["Activated a role", "0 users"] in digests().get().facts


def test_tells_nothing_of_the_time_before_it_ran(administrator):
    assert not send_weekly_digest(now=MONDAY)
