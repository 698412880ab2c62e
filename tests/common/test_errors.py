"""What people see when something of ours fails: a page in the portal's look, without the database's words."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import InterfaceError, OperationalError, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_user

HOME = reverse("portal:home")
WORDS = "connection to server at db.internal failed for user pim"


@pytest.fixture
def client(db):
    client = Client(raise_request_exception=False)
    client.force_login(make_user(now=timezone.now()))
    client.get(HOME)
    return client


def failing(error, *, on=""):
    """As a database that answers statements beginning like this with an error."""

    def fail(execute, sql, params, many, context):
        if sql.startswith(on):
            raise error
        return execute(sql, params, many, context)

    return connection.execute_wrapper(fail)


@pytest.mark.parametrize("error", [OperationalError(WORDS), InterfaceError(WORDS)])
@pytest.mark.parametrize("method", ["get", "post"])
def test_says_that_the_database_does_not_answer(client, error, method):
    with failing(error):
        page = getattr(client, method)(HOME)

    assert (page.status_code, page["Retry-After"]) == (503, "30")
    assert "Content-Security-Policy" in page
    said = page.content.decode()
    assert "Try again in a minute." in said
    assert "portal.css" in said
    assert "db.internal" not in said


def test_says_so_too_where_only_the_session_could_not_be_noted(client):
    """A full disk signs nobody out, though Django takes what it answers for the end of a session."""
    later = timezone.now() + timedelta(minutes=5)

    with time_machine.travel(later), failing(OperationalError("database or disk is full"), on="UPDATE"):
        page = client.get(HOME)

    assert page.status_code == 503
    assert client.get(HOME).status_code == 200


def test_another_fault_is_no_matter_of_the_database(client):
    with failing(LookupError("The dog ate it.")):
        page = client.get(HOME)

    assert page.status_code == 500
    assert "Something went wrong here" in page.content.decode()
