"""Sessions as their person sees them, and their end: what is ended stays ended."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path, reverse

from apps.accounts.browsers import browser_in_words
from apps.accounts.models import Session
from apps.accounts.services.sessions import end_all_sessions, end_other_sessions, end_session
from apps.accounts.sessions import SessionStore
from apps.accounts.tasks import tidy
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import CONSOLE, AuditAction
from pimportal.urls import handler400  # noqa: F401 - of this module's addresses too
from tests.accounts.conftest import PASSWORD

HOME, SIGN_IN = reverse("portal:home"), reverse("accounts:sign_in")
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def signed_in(person, clock):
    """`signed_in()` is a browser in which the person has just signed in."""

    def sign_in(**headers):
        client = Client(headers=headers)
        assert client.post(SIGN_IN, {"email": person.email, "password": PASSWORD}).status_code == 302
        return client

    return sign_in


def session_of(client):
    return Session.objects.get(pk=client.session.session_key)


def is_signed_in(client):
    return client.get(HOME).status_code == 200


def ended_elsewhere():
    return AuditEvent.objects.filter(action=AuditAction.SESSIONS_ENDED)


# ---- What the list shows ---------------------------------------------------------------------------------


def test_knows_whose_a_session_is_and_where_it_began(signed_in, person, now):
    session = session_of(signed_in(**{"User-Agent": FIREFOX}))

    assert session.user_id == person.pk
    assert (session.signed_in_at, session.seen_at) == (now, now)
    assert (session.browser, session.network) == ("Firefox on Linux", "127.0.0.1")


def test_notes_when_it_was_used_last(signed_in, clock, now):
    client = signed_in()
    before = session_of(client).public_id

    clock.move_to(now + HOUR / 2)
    client.get(HOME)

    session = session_of(client)
    assert (session.signed_in_at, session.seen_at) == (now, now + HOUR / 2)
    assert session.public_id == before


def test_belongs_to_nobody_before_the_sign_in(client, db):
    session = client.session
    session["note"] = "hello"
    session.save()

    row = session_of(client)
    assert (row.user_id, row.public_id, row.signed_in_at, row.seen_at) == (None, None, None, None)


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0",
         "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chromium/142.0 Chrome/142.0 Safari/537.36",
         "Chromium on Linux"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/142.0.0.0 Mobile Safari/537.36",
         "Chrome on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Safari/604.1",
         "Safari on iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1 Version/18.0 Safari/605.1",
         "Safari on macOS"),
        ("Mozilla/5.0 (X11; CrOS x86_64 15000.0.0) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36",
         "Chrome on ChromeOS"),
        ("curl/8.14", "A browser"),
        ("<script>alert(1)</script> on Linux" * 1000, "A browser on Linux"),
        ("", "A browser"),
    ],
)  # fmt: skip
def test_names_a_browser_in_words_of_ours(user_agent, words):
    assert browser_in_words(user_agent) == words


@pytest.mark.parametrize(
    ("idle", "age", "lasts"),
    [
        (HOUR - SECOND, HOUR, True),
        (HOUR, HOUR, False),
        (SECOND, 12 * HOUR - SECOND, True),
        (SECOND, 12 * HOUR, False),
    ],
)
def test_counts_a_session_as_long_as_it_opens_pages(person, now, idle, age, lasts):
    Session.objects.create(
        session_key="s", user=person, seen_at=now - idle, signed_in_at=now - age, expire_date=now
    )

    assert Session.objects.lasting(now).exists() is lasts


# ---- Ending ----------------------------------------------------------------------------------------------


def test_ends_one_of_several(signed_in, person, now):
    here, phone, office = signed_in(), signed_in(), signed_in()

    assert end_session(user=person, session_id=session_of(phone).public_id, now=now)

    assert [is_signed_in(client) for client in (here, phone, office)] == [True, False, True]
    event = ended_elsewhere().get()
    assert (event.actor_id, event.target_id) == (str(person.pk), str(person.pk))
    assert event.details == {"sessions": "1", "browsers": "A browser"}


def test_ends_one_only_for_its_person_and_once(signed_in, person, guest, now):
    client = signed_in()
    session = session_of(client)

    assert not end_session(user=guest, session_id=session.public_id, now=now)
    assert is_signed_in(client)
    assert end_session(user=person, session_id=session.public_id, now=now)
    assert not end_session(user=person, session_id=session.public_id, now=now)

    assert ended_elsewhere().count() == 1


def test_ends_all_others(signed_in, person, now):
    here, others = signed_in(), [signed_in(), signed_in()]

    assert end_other_sessions(user=person, keep=here.session.session_key, now=now) == 2

    assert is_signed_in(here)
    assert not any(is_signed_in(client) for client in others)
    assert ended_elsewhere().get().details["sessions"] == "2"


def test_says_nothing_where_there_is_nothing_to_end(signed_in, person, now):
    here = signed_in()

    assert end_other_sessions(user=person, keep=here.session.session_key, now=now) == 0

    assert not ended_elsewhere().exists()


def test_counts_no_session_that_had_run_out(signed_in, person, clock, now):
    old = session_of(signed_in())
    clock.move_to(now + HOUR)
    here = signed_in()

    assert end_other_sessions(user=person, keep=here.session.session_key, now=now + HOUR) == 0

    assert not Session.objects.filter(pk=old.pk).exists()
    assert not ended_elsewhere().exists()


def test_ends_nobody_elses_sessions(signed_in, person, guest, now):
    here = signed_in()

    assert end_other_sessions(user=guest, keep=None, now=now) == 0

    assert is_signed_in(here)


def test_names_whoever_ended_all_sessions_of_another(signed_in, person, now):
    here = signed_in()

    assert end_all_sessions(user=person, actor=CONSOLE, now=now) == 1

    assert not is_signed_in(here)
    assert ended_elsewhere().get().actor_name == CONSOLE.name


def test_removes_sessions_with_their_person(signed_in, person):
    client = signed_in()

    person.delete()

    assert not Session.objects.exists()
    assert client.get(HOME).status_code == 302


def test_tidies_away_what_has_expired(signed_in, clock, now):
    signed_in()

    clock.move_to(now + 12 * HOUR)
    tidy()
    assert Session.objects.exists()

    clock.move_to(now + 12 * HOUR + SECOND)
    tidy()
    assert not Session.objects.exists()


# ---- What is ended stays ended ---------------------------------------------------------------------------


@pytest.fixture
def late(signed_in, person, now):
    """The session as a request holds it that began before somebody ended it."""
    store = SessionStore(signed_in().session.session_key)
    assert store["_auth_user_id"] == str(person.pk)
    end_other_sessions(user=person, keep=None, now=now)
    return store


def test_comes_not_back_when_a_late_request_saves_it(late):
    with pytest.raises(UpdateError):
        late.save()

    assert not Session.objects.exists()


def test_comes_not_back_under_a_new_key(late):
    with pytest.raises(SessionInterrupted):
        late.cycle_key()

    assert not Session.objects.exists()


def test_moves_to_a_new_key_with_all_that_is_in_it(signed_in):
    client = signed_in()
    before = session_of(client)
    store = SessionStore(before.pk)

    store.cycle_key()

    after = Session.objects.get()
    assert (after.pk, after.public_id) == (store.session_key, before.public_id)
    assert after.pk != before.pk
    assert after.get_decoded() == before.get_decoded()


def end_then_go_on(request, then):
    """Somebody signs the person out everywhere while this page is being made."""
    end_other_sessions(user=request.user, keep=None, now=request.now)
    if then == "save":
        request.session["note"] = "late"
    else:
        request.session.cycle_key()
    return HttpResponse("Done.")


urlpatterns = [path("go-on/<str:then>/", end_then_go_on), path("", include("pimportal.urls"))]


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("then", ["save", "change its key"])
def test_leads_to_signing_in_when_it_is_ended_in_the_middle_of_a_request(signed_in, then):
    client = signed_in()

    response = client.get(f"/go-on/{then}/")

    assert (response.status_code, response["Location"]) == (302, SIGN_IN)
    assert client.get(SIGN_IN).status_code == 200
    assert not Session.objects.exists()


@pytest.mark.urls(__name__)
def test_answers_other_bad_requests_with_a_page(client, db):
    response = client.get("/", headers={"host": "evil.example"})

    assert response.status_code == 400
    assert b"The portal could not read what was sent." in response.content
