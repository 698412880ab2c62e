"""What happens around every page."""

from io import BytesIO

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_session, make_user

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=end"
END_OTHERS = reverse("accounts:end_other_sessions")


class Arriving(BytesIO):
    """A body on its way; `meanwhile` happens before its last byte is here."""

    def __init__(self, body, meanwhile):
        super().__init__(body)
        self.meanwhile = meanwhile

    def read(self, *args):
        self.meanwhile()
        return super().read(*args)


class Broken(BytesIO):
    def read(self, *_args):
        raise OSError("The connection is gone.")


@pytest.fixture
def john(db):
    return make_user("John Doe", now=timezone.now())


@pytest.fixture
def client(john):
    client = Client()
    client.force_login(john)
    client.get(reverse("portal:home"))
    return client


def send(client, body, *, content_type=FORM):
    sent = {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": "5", "wsgi.input": body}
    return client.post(END_OTHERS, **sent)


@pytest.mark.parametrize("content_type", [FORM, MULTIPART, "application/json"])
def test_judges_a_slow_request_by_who_is_signed_in_when_all_of_it_is_here(client, john, content_type):
    elsewhere = make_session(john, now=timezone.now())
    sign_out = john.sessions.exclude(pk=elsewhere.pk).delete

    response = send(client, Arriving(b"x=1&y", sign_out), content_type=content_type)

    assert response["Location"].startswith(reverse("accounts:sign_in"))
    assert john.sessions.get() == elsewhere


def test_judges_a_slow_request_by_the_instant_at_which_all_of_it_is_here(client):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        response = send(client, Arriving(b"x=1&y", lambda: clock.shift(7200)))

    assert response["Location"].startswith(reverse("accounts:sign_in"))  # it was idle for too long


def test_takes_a_body_that_breaks_off_for_none(client):
    assert send(client, Broken()).status_code == 302


def test_refuses_a_body_without_end(client):
    assert client.post(END_OTHERS, {"x": "x" * 3_000_000}, content_type=FORM).status_code == 400


@pytest.mark.parametrize("charset", ["idna", "zlib"])
def test_refuses_a_body_in_a_charset_that_is_none(client, charset):
    body = b'--b\r\nContent-Disposition: form-data; name="email"\r\n\r\n\xff\r\n--b--\r\n'
    kind = f"multipart/form-data; boundary=b; charset={charset}"

    assert client.generic("POST", END_OTHERS, body, kind).status_code == 400
