from datetime import UTC, datetime

import pytest
from django.db import transaction

from apps.audit.models import NAME_LIMIT, AuditEvent
from apps.audit.services import record
from apps.audit.vocabulary import AuditAction, Outcome, Party, Place
from apps.common.access import DIRECTORY_PATH, Provider

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
ADA = Party("user", "1", "Ada Admin")
JOHN = Party("user", "2", "John Doe")


def test_keeps_who_what_where_and_why():
    record(
        AuditAction.REQUEST_APPROVED,
        actor=ADA,
        at=NOW,
        target=JOHN,
        role="Contributor",
        place=Place(Provider.RESOURCES, "a/b/", "Production"),
        justification="Deploy",
        ticket="INC-1",
        details={"ends_at": NOW},
    )

    event = AuditEvent.objects.get()
    assert (event.at, event.action, event.outcome) == (NOW, AuditAction.REQUEST_APPROVED, Outcome.SUCCESS)
    assert (event.actor_kind, event.actor_id, event.actor_name) == ("user", "1", "Ada Admin")
    assert (event.target_kind, event.target_id, event.target_name) == ("user", "2", "John Doe")
    assert (event.provider, event.resource_path, event.resource_name) == ("resources", "a/b/", "Production")
    assert (event.role, event.justification, event.ticket) == ("Contributor", "Deploy", "INC-1")
    assert event.details == {"ends_at": "2026-11-24T13:00:00Z"}


def test_lays_an_event_without_a_resource_on_the_directory():
    event = record(AuditAction.SIGNED_IN, actor=JOHN, at=NOW)

    assert (event.provider, event.resource_path) == (Provider.DIRECTORY, DIRECTORY_PATH)


def test_makes_names_one_line():
    event = record(AuditAction.SIGNED_IN, actor=Party("user", "1", "Ada\r\nBcc: x\x00\u202e"), at=NOW)

    assert event.actor_name == "Ada Bcc: x"


def test_cuts_names_that_do_not_fit():
    event = record(AuditAction.SIGNED_IN, actor=JOHN, at=NOW, role="r" * 1000)

    assert len(event.role) == NAME_LIMIT


def test_keeps_the_reason_as_it_was_given():
    reason = "Zeile 1\r\nZeile 2 <b>\u202etxet</b> 🔑"

    record(AuditAction.REQUEST_SUBMITTED, actor=JOHN, at=NOW, justification=reason)

    assert AuditEvent.objects.get().justification == reason


def test_goes_with_the_change_that_is_rolled_back():
    with transaction.atomic():
        record(AuditAction.SIGNED_IN, actor=JOHN, at=NOW)
        transaction.set_rollback(True)

    assert not AuditEvent.objects.exists()
