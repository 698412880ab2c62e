"""The card of the installation page about the seals of the audit log, and the checkpoint that is mailed."""

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.administration.services import audit_log
from apps.administration.services.audit_log import send_checkpoint, verify_log
from apps.audit import verifying
from apps.audit.checkpoints import checkpoint_of, checkpoints_in
from apps.audit.models import AuditEvent, AuditSeal, Verification
from apps.audit.sealing import seal_waiting
from apps.audit.tasks import verify
from apps.audit.vocabulary import AuditAction
from apps.common.errors import NotAllowed
from apps.notifications.models import Notice
from tests.audit.chain import event_at, stored, tamper
from tests.factories import acting

pytestmark = pytest.mark.django_db

PAGE, VERIFY = reverse("administration:installation"), reverse("administration:verify_log")


@pytest.fixture
def now():
    """Pages read the clock."""
    return timezone.now()


@pytest.fixture
def page(client, administrator, now):
    """The text of the page, of an installation whose events are sealed."""
    seal_waiting(now=now, batches=9)
    client.force_login(administrator)
    return lambda: client.get(PAGE).content.decode()


def test_shows_the_end_of_the_chain_and_that_nobody_verified_it(page, now):
    text = page()

    assert f"pim-audit:{AuditSeal.objects.count()}:" in text
    assert "Never" in text
    assert "For ever" in text


def test_verifies_a_small_log_at_once(page, client):
    assert client.post(VERIFY).url == PAGE

    assert "Nothing was changed" in page()
    event = AuditEvent.objects.get(action=AuditAction.AUDIT_VERIFIED)
    assert event.sentence.endswith("verified the audit log.")


def test_says_what_was_found(page, client):
    event = event_at(1)
    tamper("UPDATE audit_auditevent SET actor_name = 'Eve' WHERE id = '{event}'", event=stored(event))

    client.post(VERIFY)

    text = page()
    assert "1 finding" in text
    assert f"Sequence 1, event {event}" in text


def test_goes_on_in_the_background_with_a_longer_one(page, client, monkeypatch):
    monkeypatch.setattr(verifying, "AT_ONCE", 1)
    monkeypatch.setattr(audit_log, "_STEPS_AT_ONCE", 1)

    client.post(VERIFY)

    running = page()
    assert f"1 of {Verification.objects.get().until} events" in running
    assert 'hx-select="#audit-log"' in running
    assert client.post(VERIFY).status_code == 409
    verify()
    assert "Nothing was changed" in page()


def test_only_a_global_administrator_verifies(auditor, now):
    with pytest.raises(NotAllowed, match="Only a Global Administrator"):
        verify_log(actor=acting(auditor, now=now), now=now)

    assert not Verification.objects.exists()


def test_mails_a_checkpoint_once_a_day_to_each_address(settings, administrator, now):
    settings.AUDIT_CHECKPOINT_TO = ["notary@example.com", "vault@example.org"]
    seal_waiting(now=now, batches=9)

    for _ in range(2):
        send_checkpoint(now=now)

    notices = Notice.objects.filter(event="audit_checkpoint")
    assert {notice.address for notice in notices} == {"notary@example.com", "vault@example.org"}
    assert checkpoints_in(notices[0].facts[0][1]) == [checkpoint_of(now=now)]


def test_mails_no_checkpoint_to_nobody_and_none_of_nothing(settings, administrator, now):
    seal_waiting(now=now, batches=9)
    send_checkpoint(now=now)

    assert not Notice.objects.filter(event="audit_checkpoint").exists()


def test_mails_no_checkpoint_before_anything_is_sealed(settings, now):
    settings.AUDIT_CHECKPOINT_TO = ["notary@example.com"]

    send_checkpoint(now=now)

    assert not Notice.objects.exists()
