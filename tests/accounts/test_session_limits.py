"""How long a session lasts: an hour without a page, twelve hours whatever happens in it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from apps.accounts.models import Session
from tests.accounts.conftest import PASSWORD
from tests.factories import assign

HOME, SIGN_IN = reverse("portal:home"), reverse("accounts:sign_in")
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def visitor(client, person, clock):
    """Somebody who has just signed in with a password."""
    client.post(SIGN_IN, {"email": person.email, "password": PASSWORD})
    return client


def stay_until(visitor, clock, start, end):
    """Open a page every half hour, the last one half an hour or less before `end`."""
    instant = start
    while instant + HOUR / 2 < end:
        instant += HOUR / 2
        clock.move_to(instant)
        assert visitor.get(HOME).status_code == 200


def activate(visitor, eligible, code):
    data = {"pick": eligible.pk, "duration": 30, "start": "now", "justification": "Deploy", "code": code}
    assert visitor.post(reverse("access_requests:activate"), data).status_code == 302


@pytest.mark.parametrize(("after", "is_in"), [(HOUR - SECOND, True), (HOUR, False), (HOUR + SECOND, False)])
def test_ends_an_hour_after_the_sign_in_when_nothing_is_opened(visitor, clock, now, after, is_in):
    clock.move_to(now + after)

    response = visitor.get(HOME)

    assert response.status_code == (200 if is_in else 302)
    assert ("_auth_user_id" in visitor.session) is is_in


@pytest.mark.parametrize(("after", "is_in"), [(HOUR - SECOND, True), (HOUR, False), (HOUR + SECOND, False)])
def test_ends_an_hour_after_the_last_page(visitor, clock, now, after, is_in):
    clock.move_to(now + 40 * MINUTE)
    visitor.get(HOME)
    clock.move_to(now + 40 * MINUTE + after)

    assert visitor.get(HOME).status_code == (200 if is_in else 302)


@pytest.mark.parametrize(
    ("after", "is_in"), [(12 * HOUR - SECOND, True), (12 * HOUR, False), (12 * HOUR + SECOND, False)]
)
def test_ends_twelve_hours_after_the_sign_in_however_busy_it_is(visitor, clock, now, after, is_in):
    stay_until(visitor, clock, now, now + 12 * HOUR)
    clock.move_to(now + after)

    assert visitor.get(HOME).status_code == (200 if is_in else 302)


def test_is_made_no_longer_by_proving_the_second_factor(visitor, person, device, clock, now):
    """That gives the session a new key, and no new beginning."""
    stay_until(visitor, clock, now, now + 11 * HOUR)
    clock.move_to(now + 11 * HOUR + 20 * MINUTE)
    before = visitor.session.session_key
    activate(visitor, assign(person, now=now), device.code_at(now + 11 * HOUR + 20 * MINUTE))

    assert visitor.session.session_key != before
    clock.move_to(now + 12 * HOUR - SECOND)
    assert visitor.get(HOME).status_code == 200
    clock.move_to(now + 12 * HOUR)
    assert visitor.get(HOME).status_code == 302


def test_leads_back_after_a_new_sign_in_with_nothing_left_of_the_old_session(visitor, person, clock, now):
    old = visitor.session.session_key
    clock.move_to(now + HOUR)

    refused = visitor.get(reverse("access_requests:my_requests"))

    assert refused["Location"] == f"{SIGN_IN}?next=/requests/"
    assert not Session.objects.filter(pk=old).exists()
    assert visitor.get(refused["Location"]).status_code == 200
    back = visitor.post(refused["Location"], {"email": person.email, "password": PASSWORD})
    assert back["Location"] == "/requests/"


def test_counts_a_session_without_stamps_from_when_it_is_first_seen(client, person, clock, now):
    client.force_login(person)
    assert client.get(HOME).status_code == 200

    clock.move_to(now + HOUR - SECOND)
    assert client.get(HOME).status_code == 200
    clock.move_to(now + 2 * HOUR - SECOND)
    assert client.get(HOME).status_code == 302


@pytest.mark.parametrize(
    "target", ["foo", "[", "?x", "%5B", "//evil.example", "/%5C", "portal:home", "a" * 9000, "%00", ""]
)
def test_answers_somebody_signed_in_whatever_next_names(visitor, target):
    response = visitor.get(f"{SIGN_IN}?next={target}")

    assert response.status_code == 302
    assert "evil" not in response["Location"]
