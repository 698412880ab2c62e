"""A person with an authenticator app, and one without, at a fixed instant."""

from datetime import UTC, datetime

import pytest

from apps.accounts.services.factors import enrol_authenticator
from apps.accounts.services.passwords import set_password
from apps.accounts.services.people import create_user
from apps.audit.vocabulary import CONSOLE

PASSWORD = "correct horse battery staple"


@pytest.fixture
def now():
    return datetime(2026, 11, 24, 13, 0, tzinfo=UTC)


@pytest.fixture
def person(db, now):
    user = create_user(name="John Doe", email="John.Doe@example.com", actor=CONSOLE, now=now)
    set_password(user=user, password=PASSWORD, actor=CONSOLE, now=now)
    return user


@pytest.fixture
def guest(db, now):
    user = create_user(name="Grace Guest", email="guest@example.com", actor=CONSOLE, now=now, type="guest")
    set_password(user=user, password=PASSWORD, actor=CONSOLE, now=now)
    return user


@pytest.fixture
def device(person, now):
    return enrol_authenticator(user=person, name="Phone", actor=CONSOLE, now=now)
