"""What goes wrong tells nobody a secret: not in the answer, not in the log."""

import logging

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.accounts.services import factors, passwords
from apps.accounts.services import sign_in as signing_in
from apps.accounts.services.links import send_link
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import CONSOLE, AuditAction
from apps.notifications.links import signed_path
from tests.access_requests.pages import code_of
from tests.factories import make_user
from tests.hostile.conftest import PASSWORD

pytestmark = pytest.mark.django_db

NEW = "another good staple of horses"
AUTHORIZATION = "Bearer a-token-of-somebody"


@pytest.fixture
def logged(caplog):
    """Everything that any logger says, formatted as it is written, with its trace."""
    caplog.set_level(logging.DEBUG)
    formatter = logging.Formatter("{asctime} {levelname} {name}: {message} {args}", style="{")
    return lambda: "\n".join(map(formatter.format, caplog.records))


@pytest.fixture
def client(person):
    client = Client(raise_request_exception=False, headers={"authorization": AUTHORIZATION})
    client.force_login(person)
    return client


@pytest.fixture
def broken(monkeypatch):
    """Breaks what is called in the middle of it, with all that was sent at hand."""

    def fail(*args, **facts):
        raise RuntimeError("It broke.")

    return lambda module, name: monkeypatch.setattr(module, name, fail)


def tells(answer, logged, *secrets):
    key = answer.client.cookies["sessionid"].value if "sessionid" in answer.client.cookies else AUTHORIZATION
    shown = answer.content.decode() + logged()
    secrets = {*secrets, key, AUTHORIZATION, settings.SECRET_KEY, *settings.FACTOR_KEYS}
    assert answer.status_code == 500
    assert "It broke." in logged()
    assert "It broke." not in answer.content.decode()
    return [secret for secret in secrets if secret in shown]


def test_keeps_the_password_of_a_sign_in_that_breaks(client, requester, broken, logged):
    client.logout()
    broken(signing_in, "record_sign_in")

    answer = client.post(reverse("accounts:sign_in"), {"email": requester.email, "password": PASSWORD})

    assert not tells(answer, logged, PASSWORD)


def test_keeps_both_passwords_of_a_change_that_breaks(client, requester, broken, logged):
    broken(passwords, "record")

    sent = {"current_password": PASSWORD, "new_password": NEW, "new_password_again": NEW}
    sent["code"] = code_of(requester)
    answer = client.post(reverse("accounts:password"), sent)

    assert not tells(answer, logged, PASSWORD, NEW)


def test_keeps_a_code_that_breaks(client, requester, broken, logged):
    broken(factors, "record_attempt")
    code = code_of(requester)

    answer = client.post(reverse("accounts:recovery_codes"), {"code": code})

    assert not tells(answer, logged, code)


def test_keeps_the_key_of_a_link_that_breaks(client, broken, logged, now, monkeypatch):
    link = send_link(user=make_user(now=now, enrolled=False), actor=CONSOLE, now=now)
    path = signed_path(link.get_absolute_url(), link.user.email)
    broken(User, "set_password")

    answer = client.post(path, {"new_password": NEW, "new_password_again": NEW})

    assert not tells(answer, logged, NEW, path.partition("key=")[2])


def test_logs_no_wrong_password_and_no_wrong_code(client, requester, logged):
    client.post(reverse("accounts:recovery_codes"), {"code": "987123"})
    client.logout()
    client.post(reverse("accounts:sign_in"), {"email": requester.email, "password": "nearly my password"})

    refused = AuditEvent.objects.values_list("action", flat=True)
    assert {AuditAction.FACTOR_REFUSED, AuditAction.SIGN_IN_REFUSED} <= set(refused)
    assert "accounts:recovery_codes" in logged()
    assert "accounts:sign_in" in logged()
    assert "987123" not in logged()
    assert "nearly my password" not in logged()


def test_shows_no_trace_and_mails_none():
    assert settings.DEBUG is False
    assert settings.ADMINS == []
    assert settings.MANAGERS == []
    assert not any("Email" in handler["class"] for handler in settings.LOGGING["handlers"].values())
