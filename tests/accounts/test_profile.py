"""A person's own page: what it shows, the time zone, and the list of sessions."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.models import Session
from apps.accounts.policy import zones_by_region
from apps.accounts.services.people import change_time_zone, create_user
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import CONSOLE, AuditAction
from apps.common.errors import Invalid
from tests.accounts.conftest import PASSWORD

HOME, SIGN_IN = reverse("portal:home"), reverse("accounts:sign_in")
PROFILE, END_OTHERS = reverse("accounts:profile"), reverse("accounts:end_other_sessions")
HOUR = timedelta(hours=1)
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def signed_in(person, guest, clock):
    def sign_in(who=person, **headers):
        client = Client(headers=headers)
        client.post(SIGN_IN, {"email": who.email, "password": PASSWORD})
        return client

    return sign_in


def end(client, other):
    return client.post(reverse("accounts:end_session", args=[session_of(other).public_id]), follow=True)


def session_of(client):
    return Session.objects.get(pk=client.session.session_key)


def is_signed_in(client):
    return client.get(HOME).status_code == 200


def zone_changes():
    return AuditEvent.objects.filter(action=AuditAction.TIME_ZONE_CHANGED)


# ---- Who somebody is -------------------------------------------------------------------------------------


def test_shows_who_the_person_is(signed_in, person, now):
    boss = create_user(name="Jane Roe", email="jane@example.com", actor=CONSOLE, now=now)
    person.manager, person.job_title, person.department = boss, "Engineer", "<b>Mail</b>"
    person.save()

    page = signed_in().get(PROFILE).content.decode()

    for fact in ("John Doe", "John.Doe@example.com", "Member", "Engineer", "&lt;b&gt;Mail", "Jane Roe"):
        assert fact in page
    assert "Changed by an administrator." in page


def test_is_led_to_from_the_menu(signed_in):
    assert f'href="{PROFILE}"' in signed_in().get(HOME).content.decode()


# ---- Time zone -------------------------------------------------------------------------------------------


def test_saves_the_time_zone_and_shows_times_in_it(signed_in, person, now):
    client = signed_in()

    response = client.post(PROFILE, {"time_zone": "Asia/Tokyo"}, follow=True)

    assert response.redirect_chain == [(PROFILE, 302)]
    page = response.content.decode()
    assert "Times are shown in Asia/Tokyo." in page
    assert "It is 22:00 JST there." in page
    person.refresh_from_db()
    assert person.time_zone == "Asia/Tokyo"
    event = zone_changes().get()
    assert (event.actor_id, event.target_id) == (str(person.pk), str(person.pk))
    assert event.details == {"from": "UTC", "to": "Asia/Tokyo"}


def test_writes_nothing_down_when_the_time_zone_stays(person, now):
    change_time_zone(user=person, time_zone="UTC", actor=person.party, now=now)

    assert not zone_changes().exists()


@pytest.mark.parametrize(
    "zone", ["Atlantis/Poseidonis", "europe/berlin", "../../etc/passwd", "x" * 5000, "a\x00b"]
)
def test_refuses_an_unknown_time_zone_with_a_sentence(signed_in, person, zone):
    response = signed_in().post(PROFILE, {"time_zone": zone})

    assert response.status_code == 400
    assert response.context["form"].errors == {"time_zone": ["There is no such time zone."]}
    person.refresh_from_db()
    assert person.time_zone == "UTC"


def test_answers_an_empty_form_with_a_sentence(signed_in):
    assert signed_in().post(PROFILE).context["form"].errors == {"time_zone": ["Choose a time zone."]}


def test_refuses_an_unknown_time_zone_from_whoever_asks(person, now):
    with pytest.raises(Invalid, match="There is no time zone “Mars”"):
        change_time_zone(user=person, time_zone="Mars", actor=CONSOLE, now=now)


def test_offers_zones_by_region_and_the_one_somebody_has():
    regions = zones_by_region("US/Eastern")

    assert regions[""] == ["US/Eastern", "UTC"]
    assert "Europe/Berlin" in regions["Europe"]
    assert "US" not in regions
    assert zones_by_region("Europe/Berlin")[""] == ["UTC"]


# ---- Sessions --------------------------------------------------------------------------------------------


def rows(client):
    return client.get(PROFILE).context["sessions"]


def test_lists_where_the_person_is_signed_in(signed_in, guest, clock, now):
    signed_in(**{"User-Agent": FIREFOX})
    signed_in(guest)
    clock.move_to(now + HOUR / 2)
    here = signed_in()

    listed = rows(here)

    assert [(row.is_here, row.session.browser) for row in listed] == [
        (True, "A browser"),
        (False, "Firefox on Windows"),
    ]
    page = here.get(PROFILE).content.decode()
    assert page.count("This browser") == 1
    assert page.count("Firefox on Windows") == 2  # in its row, and on its button
    assert here.session.session_key not in page


def test_lists_no_session_that_has_run_out(signed_in, clock, now):
    signed_in()
    clock.move_to(now + HOUR)

    assert [row.is_here for row in rows(signed_in())] == [True]


def test_offers_no_sign_out_elsewhere_where_there_is_nothing_else(signed_in):
    assert "Sign out everywhere else" not in signed_in().get(PROFILE).content.decode()


def test_asks_the_database_as_often_for_many_sessions(signed_in, person):
    def queries_with(count):
        while Session.objects.filter(user=person).count() < count:
            signed_in()
        with CaptureQueriesContext(connection) as queries:
            assert len(rows(here)) == count
        return len(queries)

    here = signed_in()
    rows(here)

    assert queries_with(2) == queries_with(20)


def test_signs_out_another_browser(signed_in, person):
    here, other = signed_in(), signed_in()

    response = end(here, other)

    assert response.redirect_chain == [(PROFILE, 302)]
    assert "That session has ended." in response.content.decode()
    assert is_signed_in(here)
    assert not is_signed_in(other)
    assert AuditEvent.objects.get(action=AuditAction.SESSIONS_ENDED).actor_id == str(person.pk)


def test_knows_no_session_of_somebody_else(signed_in, guest):
    mine, theirs = signed_in(), signed_in(guest)

    assert end(mine, theirs).status_code == 404

    assert is_signed_in(theirs)
    assert not AuditEvent.objects.filter(action=AuditAction.SESSIONS_ENDED).exists()


def test_signs_out_everywhere_else_under_a_new_key(signed_in, guest):
    here, others, theirs = signed_in(), [signed_in(), signed_in()], signed_in(guest)
    before = here.session.session_key

    response = here.post(END_OTHERS, follow=True)

    assert "You are signed out everywhere else." in response.content.decode()
    assert here.session.session_key != before
    assert is_signed_in(here)
    assert is_signed_in(theirs)
    assert not any(is_signed_in(client) for client in others)


def test_says_so_when_there_is_nowhere_else(signed_in):
    response = signed_in().post(END_OTHERS, follow=True)

    assert "You are signed in nowhere else." in response.content.decode()


@pytest.mark.parametrize("of", ["one", "all"])
def test_ends_nothing_by_being_looked_at(signed_in, of):
    here, other = signed_in(), signed_in()
    one = reverse("accounts:end_session", args=[session_of(other).public_id])
    address = one if of == "one" else END_OTHERS

    assert here.get(address).status_code == 405
    assert is_signed_in(other)


def test_is_kept_by_no_cache(signed_in):
    assert "no-store" in signed_in().get(PROFILE)["Cache-Control"]
