"""Where what is written down comes from: the request that did it, and nothing where there is none."""

from datetime import UTC, datetime

import pytest
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.audit.services import record
from apps.audit.vocabulary import CONSOLE, AuditAction
from apps.common.origin import Origin, coming_from, origin_now
from apps.common.web.addresses import client_address
from tests.factories import make_user

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:DB8::0:1", "2001:db8::1"),
        ("", ""),
        ("not an address", ""),
    ],
)
def test_writes_an_address_in_one_way(remote, address):
    assert client_address(RequestFactory().get("/", REMOTE_ADDR=remote)) == address


def test_is_nowhere_again_when_the_block_has_failed():
    with pytest.raises(ZeroDivisionError), coming_from(Origin("10.0.0.1", "1")):
        raise ZeroDivisionError

    assert origin_now() == Origin()


@pytest.mark.django_db
def test_writes_down_where_a_sign_in_came_from(client):
    make_user("John Doe", now=timezone.now())

    for _ in range(2):
        client.post(
            reverse("accounts:sign_in"),
            {"email": "john.doe@example.com", "password": "wrong"},
            REMOTE_ADDR="203.0.113.9",
        )

    first, second = AuditEvent.objects.filter(action=AuditAction.SIGN_IN_REFUSED)
    assert {first.address, second.address} == {"203.0.113.9"}
    assert len({first.trace_id, second.trace_id, ""}) == 3


@pytest.mark.django_db
def test_has_no_address_for_what_no_request_did():
    event = record(AuditAction.SIGNED_IN, actor=CONSOLE, at=NOW)

    assert (event.address, event.trace_id) == ("", "")
