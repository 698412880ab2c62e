"""Whoever asks for an account learns nothing of whether there is one: same words, same work. Work is counted
in statements and in passwords that are hashed, since time says something else on every machine."""

import re

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.services.links import send_link
from apps.accounts.services.passwords import set_password
from apps.audit.vocabulary import CONSOLE
from apps.notifications.links import signed_path
from tests.factories import disable, make_user
from tests.hostile.conftest import PASSWORD

pytestmark = pytest.mark.django_db

SIGN_IN = reverse("accounts:sign_in")


@pytest.fixture
def accounts(now):
    """Addresses: of an account, of one without a password, of one that is disabled, of nobody."""
    there, bare, disabled = (make_user(name, now=now) for name in ("There Is", "No Password", "Dis Abled"))
    for person in (there, disabled):
        set_password(user=person, password=PASSWORD, actor=CONSOLE, now=now)
    disable(disabled)
    return [there.email, bare.email, disabled.email, "nobody@example.com"]


@pytest.fixture
def hashed(monkeypatch):
    """Each password that is hashed, whether to check or to keep it."""
    hashed, encode = [], MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher, "encode", lambda *args, **more: hashed.append(args) or encode(*args, **more)
    )
    return hashed


def answered(address, sent):
    """What there is to see of an answer, without what was typed and the token."""
    with CaptureQueriesContext(connection) as queries:
        response = Client().post(address, sent)
    text = response.content.decode().replace(sent.get("email", "-"), "")
    shown = re.sub(r'name="csrfmiddlewaretoken"[^>]*', "", text)
    return response.status_code, sorted(response.headers), shown, [shape(query["sql"]) for query in queries]


def shape(sql):
    """The statement without its values, and without the savepoint's name."""
    return re.sub(r"'[^']*'|\b[0-9a-f]{32}\b|\"s\d+_x\d+\"|\b\d+\b", "?", sql)[:60]


def test_answers_alike_whoever_is_asked_for_at_signing_in(accounts, hashed):
    answers, work = [], []

    for email in accounts:
        answers.append(answered(SIGN_IN, {"email": email, "password": "not the password"}))
        work.append(len(hashed))
        hashed.clear()

    assert all(answer == answers[0] for answer in answers)
    assert work == [1] * 4


def test_answers_the_right_password_of_a_disabled_account_like_a_wrong_one(accounts, hashed):
    answers = [answered(SIGN_IN, {"email": accounts[2], "password": word}) for word in (PASSWORD, "wrong")]

    assert answers[0] == answers[1]
    assert len(hashed) == 2


def test_answers_alike_whatever_is_wrong_with_a_link(visitor, requester, now):
    """Of nobody, of an account that is disabled, that was used, with another key."""
    gone, used, other = (send_link(user=make_user(now=now), actor=CONSOLE, now=now) for _ in range(3))
    disable(gone.user)
    type(used).objects.filter(pk=used.pk).update(used_at=now)
    nobody = other.get_absolute_url().replace(str(other.pk), str(visitor.pk))
    addresses = [
        signed_path(gone.get_absolute_url(), gone.user.email),
        signed_path(used.get_absolute_url(), used.user.email),
        signed_path(other.get_absolute_url(), requester.email),
        signed_path(nobody, visitor.email),
    ]

    answers = [answered(address, {"new_password": PASSWORD})[:3] for address in addresses]

    assert answers[0][0] == 404
    assert all(answer == answers[0] for answer in answers)
