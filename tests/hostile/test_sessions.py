"""Sessions: planted ones, copied ones, and the cookies that carry them. `tests/accounts/test_sessions.py` and
`test_session_limits.py` say how they end."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Session
from tests.access_requests.pages import code_of
from tests.hostile.conftest import PASSWORD

pytestmark = pytest.mark.django_db

SIGN_IN, PROFILE = reverse("accounts:sign_in"), reverse("accounts:profile")


def sign_in(client, person):
    return client.post(SIGN_IN, {"email": person.email, "password": PASSWORD})


def with_key(key):
    client = Client()
    client.cookies["sessionid"] = key
    return client


@pytest.mark.parametrize("key", ["planted-by-somebody-else-0000000", "x", ""])
def test_takes_no_key_that_it_did_not_make(person, key):
    client = with_key(key)

    sign_in(client, person)

    assert client.cookies["sessionid"].value != key
    assert not Session.objects.filter(session_key=key).exists()


def test_takes_nothing_over_from_whoever_was_signed_in_before(person, visitor):
    """Somebody signs in on this browser, proves nothing, and another person follows."""
    client = Client()
    client.force_login(visitor)
    old = client.cookies["sessionid"].value
    client.post(reverse("accounts:sign_out"))

    sign_in(client, person)

    assert with_key(old).get(PROFILE).status_code == 302
    assert "second_factor_at" not in client.session


def test_gives_another_key_with_the_second_factor(person):
    client = Client()
    sign_in(client, person)
    before = client.cookies["sessionid"].value

    client.post(reverse("accounts:recovery_codes"), {"code": code_of(person)})

    assert client.cookies["sessionid"].value != before
    assert with_key(before).get(PROFILE).status_code == 302


def test_gives_cookies_to_nobody_but_the_portal(person, settings):
    """As in production, where the address begins with https."""
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    client = Client()
    client.get(SIGN_IN, secure=True)
    sign_in(client, person)

    flags = {name: (each["secure"], each["samesite"]) for name, each in client.cookies.items()}
    hidden = {name for name, each in client.cookies.items() if each["httponly"]}
    assert flags == dict.fromkeys(["csrftoken", "sessionid", "pim_known"], (True, "Lax"))
    assert hidden == {"csrftoken", "sessionid", "pim_known"}
    assert not any(each["domain"] for each in client.cookies.values())
