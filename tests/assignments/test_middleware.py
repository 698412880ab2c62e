from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from apps.assignments.middleware import access
from apps.assignments.selectors import NOTHING
from apps.common.access import NO_ACCESS, Permission
from apps.roles import built_in
from tests.factories import activate, assign, disable, set_rules

pytestmark = pytest.mark.django_db

TICK, HOUR = timedelta(microseconds=1), timedelta(hours=1)


def passed_on(user, now):
    """The request as a view gets it."""
    request = RequestFactory().get("/")
    request.user, request.now = user, now
    return access(lambda request: request)(request)


@pytest.fixture
def activated(requester, now):
    """Privileged Role Administrator, active for an hour from now."""
    set_rules(built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now, requires_approval=False)
    eligible = assign(requester, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now)
    return activate(eligible, requester, now=now, minutes=60).result


def test_puts_what_somebody_holds_and_may_do_on_the_request(requester, activated, now):
    request = passed_on(requester, now)

    assert [held.assignment for held in request.active.active] == [activated]
    assert [held.assignment for held in request.holdings.active] == [activated]
    assert [held.assignment for held in request.holdings.eligible] == [activated.parent]
    assert request.access.user_id == requester.id
    assert request.access.may_somewhere(Permission.SETTINGS_MANAGE)


@pytest.mark.parametrize(
    ("at", "may"),
    [
        pytest.param(HOUR - TICK, True, id="just before the end"),
        pytest.param(HOUR, False, id="at the end"),
    ],
)
def test_reads_it_at_the_instant_of_the_request(requester, activated, now, at, may):
    request = passed_on(requester, now + at)

    assert request.access.may_somewhere(Permission.SETTINGS_MANAGE) is may


def test_puts_nothing_there_for_whoever_is_not_signed_in(now):
    request = passed_on(AnonymousUser(), now)

    assert request.holdings == NOTHING
    assert request.access == NO_ACCESS


def test_lets_a_disabled_person_do_nothing(requester, activated, now):
    disable(requester)

    assert passed_on(requester, now).access.grants == frozenset()


def test_asks_the_database_only_when_somebody_wants_to_know(requester, now, django_assert_num_queries):
    with django_assert_num_queries(0):
        request = passed_on(requester, now)

    with django_assert_num_queries(1):
        assert request.access is not None
        assert not request.access.grants
        assert not request.active.active

    with django_assert_num_queries(1):
        assert not request.holdings.eligible


# ---- In an open session ------------------------------------------------------------------------------------


def test_opens_everybodys_requests_in_an_open_session_and_closes_them_at_the_end(
    client, requester, approver, now
):
    set_rules(built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now, requires_approval=False)
    own = assign(requester, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now)
    page = activate(assign(approver, now=now), approver, now=now).get_absolute_url()

    def status_at(instant):
        with time_machine.travel(instant, tick=False):
            return client.get(page).status_code

    with time_machine.travel(now, tick=False):
        client.force_login(requester)
    assert status_at(now) == 404
    activate(own, requester, now=now, minutes=60)
    assert status_at(now) == 200
    assert status_at(now + HOUR - TICK) == 200
    assert status_at(now + HOUR) == 404
