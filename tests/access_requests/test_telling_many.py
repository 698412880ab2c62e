"""What is done to many at once: each holder hears of their own, each admin once; and of one event once."""

import pytest

from apps.access_requests.services.door import submit_many
from apps.access_requests.states import Action
from apps.assignments.models import Assignment
from apps.notifications.models import Notice
from apps.roles import built_in
from tests.access_requests.asking import ask, asking
from tests.factories import acting, assign, make_active, make_user

pytestmark = pytest.mark.django_db


def test_tells_each_holder_of_their_own_removal_and_each_admin_of_all_together(administrator, now):
    other = make_user("Otto Other", now=now)
    make_active(other, built_in.SECURITY_ADMINISTRATOR, now=now)
    people = [make_user(name, now=now) for name in ("Ann", "Bob")]
    rows = [assign(user, now=now) for user in people]
    Notice.objects.all().delete()

    asks = [asking(Action.ADMIN_REMOVE, row) for row in rows]
    submit_many(asks, actor=acting(administrator, now=now), now=now)

    assert sorted(Notice.objects.values_list("recipient_name", "subject")) == [
        ("Ann", "PIM: Your Teams Administrator role has ended"),
        ("Bob", "PIM: Your Teams Administrator role has ended"),
        ("Otto Other", "PIM: Alma Admin removed 2 assignments"),
    ]


def test_tells_the_other_admins_of_one_removal(administrator, requester, now):
    other = make_user("Otto Other", now=now)
    make_active(other, built_in.SECURITY_ADMINISTRATOR, now=now)
    row = assign(requester, now=now)
    Notice.objects.all().delete()

    submit_many([asking(Action.ADMIN_REMOVE, row)], actor=acting(administrator, now=now), now=now)

    assert sorted(Notice.objects.values_list("recipient_name", "subject")) == [
        ("John Doe", "PIM: Your Teams Administrator role has ended"),
        ("Otto Other", "PIM: John Doe's Teams Administrator role has ended"),
    ]


def test_tells_once_that_an_assignment_is_of_another_kind_now(administrator, requester, now):
    row = assign(requester, now=now)
    Notice.objects.all().delete()

    ask(asking(Action.ADMIN_UPDATE, row, kind=Assignment.Kind.ACTIVE), administrator, now=now)

    assert list(Notice.objects.values_list("recipient_name", "subject")) == [
        ("John Doe", "PIM: John Doe's Teams Administrator role was changed")
    ]
