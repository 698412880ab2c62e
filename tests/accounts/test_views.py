from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Session
from apps.accounts.policy import ACCOUNT, ACCOUNT_AND_NETWORK
from apps.accounts.services.passwords import set_password
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import CONSOLE, AuditAction
from tests.accounts.conftest import PASSWORD

SIGN_IN = reverse("accounts:sign_in")
SIGN_OUT = reverse("accounts:sign_out")


@pytest.fixture
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


def send(client, *, email="john.doe@example.com", password=PASSWORD, **more):
    return client.post(SIGN_IN, {"email": email, "password": password}, **more)


def is_signed_in(client):
    return "_auth_user_id" in client.session


# ---- Signing in ------------------------------------------------------------------------------------------


def test_shows_the_form(client, db):
    response = client.get(SIGN_IN)

    assert response.status_code == 200
    assert b'autocomplete="current-password"' in response.content
    assert "no-store" in response["Cache-Control"]


def test_signs_in_and_leads_home(client, person, clock, now):
    response = send(client)

    assert response.status_code == 302
    assert response["Location"] == reverse("portal:home")
    assert is_signed_in(client)
    person.refresh_from_db()
    assert person.last_sign_in_at == now


def test_leads_back_to_where_the_person_wanted_to_go(client, person):
    response = client.post(f"{SIGN_IN}?next=/requests/", {"email": person.email, "password": PASSWORD})

    assert response["Location"] == "/requests/"


def test_leads_nowhere_else(client, person):
    response = client.post(
        f"{SIGN_IN}?next=https://evil.example/", {"email": person.email, "password": PASSWORD}
    )

    assert response["Location"] == reverse("portal:home")


def test_gives_the_session_a_new_key(client, person):
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    client.cookies["sessionid"] = planted

    send(client)

    assert client.session.session_key != planted
    assert "planted" not in client.session
    assert not Session.objects.filter(session_key=planted).exists()


def test_sends_home_whoever_is_signed_in_already(client, person):
    send(client)

    assert client.get(SIGN_IN)["Location"] == reverse("portal:home")
    assert client.get(f"{SIGN_IN}?next={SIGN_IN}")["Location"] == SIGN_IN
    assert client.get(SIGN_IN, follow=True).redirect_chain == [(reverse("portal:home"), 302)]


def test_keeps_the_address_and_drops_the_password_when_refused(client, person):
    response = send(client, password="not the password")

    assert response.status_code == 200
    assert b"The e-mail address or the password is wrong, or the account is disabled." in response.content
    assert b'value="john.doe@example.com"' in response.content
    assert b"not the password" not in response.content
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"email": ""}, "Enter your e-mail address."),
        ({"email": "john"}, "Enter an e-mail address, such as name@example.com."),
        ({"email": "a\x00@example.com"}, "Null characters are not allowed."),
        ({"email": "x" * 5000 + "@example.com"}, "at most 254 characters"),
        ({"email": "‮john@example.com"}, "Enter an e-mail address"),
        ({"password": ""}, "Enter your password."),
        ({"password": "x\x00y"}, "Null characters are not allowed."),
        ({"password": "x" * 5000}, "That password is too long."),
        ({"email": "😀@example.com"}, "Enter an e-mail address"),
        ({"password": "😀" * 100}, "is wrong"),
    ],
)
def test_answers_odd_input_with_a_sentence(client, person, change, sentence):
    response = send(client, **change)

    assert response.status_code == 200
    assert sentence in response.content.decode()


def test_asks_for_the_token_against_forged_requests(person):
    assert send(Client(enforce_csrf_checks=True)).status_code == 403


def test_says_how_long_to_wait(client, person, clock):
    for _ in range(ACCOUNT_AND_NETWORK.free):
        send(client, password="wrong")

    response = send(client)

    assert b"Too many attempts. Try again in 5 s." in response.content
    clock.shift(ACCOUNT_AND_NETWORK.first)
    assert send(client).status_code == 302


def test_knows_a_browser_that_the_person_used_before(client, person, clock):
    send(client)
    client.post(SIGN_OUT)
    for number in range(ACCOUNT.free):
        send(Client(), password="wrong", REMOTE_ADDR=f"192.0.2.{number}")

    assert b"Too many attempts." in send(Client(), REMOTE_ADDR="198.51.100.1").content
    assert send(client, REMOTE_ADDR="198.51.100.1").status_code == 302


def test_believes_no_browser_that_signed_its_cookie_itself(client, person, clock):
    client.cookies["pim_known"] = f"{person.pk}:forged"
    for number in range(ACCOUNT.free):
        send(client, password="wrong", REMOTE_ADDR=f"192.0.2.{number}")

    assert b"Too many attempts." in send(client, REMOTE_ADDR="198.51.100.1").content


# ---- Sessions and their end ------------------------------------------------------------------------------


def test_signs_out(client, person):
    send(client)
    key = client.session.session_key

    response = client.post(SIGN_OUT, follow=True)

    assert response.redirect_chain == [(SIGN_IN, 302)]
    assert b"You are signed out." in response.content
    assert not Session.objects.filter(session_key=key).exists()
    assert AuditEvent.objects.filter(action=AuditAction.SIGNED_OUT, actor_id=str(person.pk)).count() == 1


def test_signs_out_by_post_only(client, person):
    send(client)

    response = client.get(SIGN_OUT)

    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert b"Nothing was changed." in response.content
    assert is_signed_in(client)


def test_signs_out_quietly_whoever_is_signed_out_already(client, db):
    assert client.post(SIGN_OUT)["Location"] == SIGN_IN
    assert not AuditEvent.objects.exists()


def test_ends_the_session_of_a_person_who_is_disabled(client, person, rf):
    send(client)
    person.is_enabled = False
    person.save()

    assert client.get(SIGN_IN).status_code == 200


def test_ends_sessions_with_a_new_password(client, person, now):
    send(client)

    set_password(user=person, password="another good password", actor=CONSOLE, now=now + timedelta(hours=1))

    assert client.get(SIGN_IN).status_code == 200
