"""The frame around every page: what it shows, and that it asks for it once."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.roles import built_in
from tests.factories import activate, assign, set_rules

pytestmark = pytest.mark.django_db

TICK, HOUR = timedelta(microseconds=1), timedelta(hours=1)
HOME, APPROVE = reverse("portal:home"), reverse("access_requests:approve")
EVERYBODYS = {
    "All requests": reverse("access_requests:all_requests"),
    "Audit": reverse("audit:all"),
}


@pytest.fixture
def waiting(requester, eligible, needs_approval, now):
    return activate(eligible, requester, now=now)


def counts_what_waits_for_me(sql):
    """Of the requests that wait, it is those whose approvers are looked at. Whether there are any is no
    matter."""
    return sql.startswith("SELECT (SELECT COUNT(*)") and "roles_approver" in sql


@pytest.mark.parametrize("url", [HOME, APPROVE])
def test_asks_once_what_waits_however_often_a_page_shows_it(client, approver, waiting, now, url):
    with time_machine.travel(now, tick=False):
        client.force_login(approver)
        with CaptureQueriesContext(connection) as queries:
            page = client.get(url).content.decode()

    assert "John Doe" in page
    assert sum(counts_what_waits_for_me(query["sql"]) for query in queries) == 1


def test_opens_what_is_everybodys_in_an_open_session_and_closes_it_at_the_end(client, requester, now):
    set_rules(built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now, requires_approval=False)
    own = assign(requester, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now)

    def opened_at(instant):
        """The pages of everybody's that open, and those that the menu offers."""
        with time_machine.travel(instant, tick=False):
            opened = {label for label, url in EVERYBODYS.items() if client.get(url).status_code == 200}
            menu = client.get(HOME).content.decode()
        return opened, {label for label, url in EVERYBODYS.items() if f'href="{url}"' in menu}

    nothing, both = (set(), set()), (set(EVERYBODYS), set(EVERYBODYS))
    with time_machine.travel(now, tick=False):
        client.force_login(requester)
    assert opened_at(now) == nothing
    activate(own, requester, now=now, minutes=60)
    assert opened_at(now) == both
    assert opened_at(now + HOUR - TICK) == both
    assert opened_at(now + HOUR) == nothing
