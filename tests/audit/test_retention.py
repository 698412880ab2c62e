"""What is older than events are kept goes in whole stretches, and the rest still verifies."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.audit import retention, verifying
from apps.audit.checkpoints import checkpoint_of
from apps.audit.models import AuditEvent, AuditSeal, Stub, Verification
from apps.audit.retention import first_kept, lifted, remove_stretch
from apps.audit.sealing import seal_waiting
from apps.audit.tasks import trim, verify
from apps.audit.vocabulary import CLOCK, AuditAction, Outcome
from apps.audit.walking import compare, removed
from apps.common.errors import Conflict
from tests.audit.chain import ADA, NOW, a_chain, event_at, stored, tamper
from tests.audit.test_walking import findings

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

OLD = NOW - timedelta(days=400)


def trimmed():
    return remove_stretch(before=NOW - timedelta(days=300), now=NOW)


@pytest.mark.parametrize(
    ("months", "now", "kept"),
    [
        (12, datetime(2026, 11, 24, 13, tzinfo=UTC), datetime(2025, 11, 1, tzinfo=UTC)),
        (1, datetime(2026, 1, 31, 23, tzinfo=UTC), datetime(2025, 12, 1, tzinfo=UTC)),
        (11, datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
        (24, datetime(2028, 2, 29, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)),
    ],
)
def test_keeps_whole_months(months, now, kept):
    assert first_kept(months=months, now=now) == kept


def test_leaves_a_stub_with_which_the_rest_verifies():
    a_chain(4, since=OLD)
    a_chain(3)
    before, last = checkpoint_of(now=NOW), AuditSeal.objects.get(pk=4)
    old = [event_at(sequence) for sequence in range(1, 5)]

    assert trimmed() == 4

    stub = Stub.objects.get()
    assert (stub.first, stub.last, stub.count, stub.hash_after) == (1, 4, 4, last.hash)
    assert (stub.first_at, stub.removed_at) == (OLD + timedelta(seconds=1), NOW)
    assert not AuditEvent.objects.filter(id__in=old).exists()
    seal_waiting(now=NOW, batches=1)
    assert findings() == []
    assert list(compare(before)) == []
    assert (checkpoint_of(now=NOW).sequence, checkpoint_of(now=NOW).count) == (8, 4)
    assert list(removed()) == [
        "Sequences 1 to 4, events from 2025-10-20T13:00:01.000000Z to 2025-10-20T13:00:04.000000Z,"
        " were removed by retention at 2026-11-24T13:00:00.000000Z."
    ]


def test_tells_of_it_in_the_log():
    a_chain(4, since=OLD)

    trimmed()

    event = AuditEvent.objects.get()
    assert (event.action, event.actor_kind) == (AuditAction.AUDIT_TRIMMED, CLOCK.kind)
    assert event.sentence == "The clock removed audit events that are older than the portal keeps them."
    assert (event.details["first"], event.details["last"]) == (1, 4)


def test_goes_on_after_a_stub_stretch_by_stretch(monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 3)
    a_chain(7, since=OLD)
    a_chain(1)

    assert [trimmed() for _ in range(4)] == [3, 3, 1, 0]

    seal_waiting(now=NOW, batches=1)
    assert [(stub.first, stub.last) for stub in Stub.objects.order_by("first")] == [(1, 3), (4, 6), (7, 7)]
    assert findings() == []


def test_removes_nothing_younger_and_nothing_unsealed():
    a_chain(2, since=OLD)
    a_chain(1)
    a_chain(1, since=OLD)  # put in late: it lies behind one that stays
    retention.record(AuditAction.SIGNED_IN, actor=ADA, at=OLD)

    assert trimmed() == 2
    assert AuditEvent.objects.filter(at__lt=NOW - timedelta(days=300)).count() == 2


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_auditevent SET role = 'x' WHERE id = '{event}'",
        "DELETE FROM audit_auditevent WHERE id = '{event}'",
    ],
)
def test_removes_nothing_that_does_not_verify(change, caplog):
    a_chain(4, since=OLD)
    tamper(change, event=stored(event_at(2)))

    assert trimmed() == 0
    assert AuditSeal.objects.count() == 4
    assert "Nothing is removed by retention: Sequence 2" in caplog.text


def test_leaves_all_as_it_was_when_it_fails_in_the_middle(monkeypatch):
    a_chain(4, since=OLD)
    monkeypatch.setattr(retention, "record", lambda *_, **__: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        trimmed()

    assert (AuditEvent.objects.count(), AuditSeal.objects.count(), Stub.objects.count()) == (4, 4, 0)
    with pytest.raises(IntegrityError, match="cannot be changed or deleted"), transaction.atomic():
        AuditEvent.objects.all().delete()


def test_the_job_removes_nothing_unless_told_to(settings):
    a_chain(4, since=OLD)

    assert trim() == 0
    settings.AUDIT_MONTHS = 12
    assert trim() == 4


# ---- Removals that retention did not do --------------------------------------------------------------------


def a_stub(first, last, *, before, after):
    with lifted():
        Stub.objects.create(
            first=first,
            last=last,
            hash_before=before,
            hash_after=after,
            first_at=NOW,
            last_at=NOW,
            removed_at=NOW + timedelta(days=1),
        )


def remove_by_force(first, last):
    seals = AuditSeal.objects.filter(sequence__gte=first, sequence__lte=last).order_by("sequence")
    ends = seals.first(), seals.last()
    with lifted():
        AuditEvent.objects.filter(seal__in=seals).delete()
        seals.delete()
    a_stub(first, last, before=ends[0].previous, after=ends[1].hash)


def test_finds_a_stub_of_which_no_event_tells():
    a_chain()
    remove_by_force(1, 4)

    [finding] = findings()

    assert finding.sentence == "No event tells that 1-4 was removed: retention did not do it."


def test_finds_a_stub_in_the_middle():
    a_chain()
    remove_by_force(4, 6)

    assert "The stub of 4-6 lies in the middle: retention removes from the beginning alone." in map(
        str, findings()
    )


def test_finds_a_stub_that_does_not_fit():
    a_chain(6, since=OLD)
    trimmed()
    a_chain(2)

    tamper("UPDATE audit_stub SET hash_before = '{hash}'", hash="f" * 64)

    assert [str(finding) for finding in findings()] == ["The stub of 1-6 does not follow what was before it."]


# ---- Verifications that are kept ---------------------------------------------------------------------------


def test_a_verification_is_done_in_steps_and_told_of(monkeypatch):
    monkeypatch.setattr(verifying, "AT_ONCE", 4)
    a_chain(10)
    row = verifying.begin(actor=ADA, now=NOW)
    assert (row.reached, row.is_running) == (0, True)

    verifying.go_on(now=NOW)
    row.refresh_from_db()
    assert (row.reached, row.is_running) == (4, True)
    verify()

    row.refresh_from_db()
    assert (row.reached, row.is_running, row.found) == (row.until, False, 0)
    event = AuditEvent.objects.get(action=AuditAction.AUDIT_VERIFIED)
    assert (event.actor_name, event.outcome, event.details) == (
        "Ada Roe",
        Outcome.SUCCESS,
        {"until": 10, "findings": 0},
    )
    assert verify() == 0


def test_a_verification_keeps_the_first_findings_and_counts_the_others(monkeypatch):
    monkeypatch.setattr(verifying, "AT_ONCE", 4)
    monkeypatch.setattr(verifying, "KEPT", 3)
    a_chain(10)
    tamper("UPDATE audit_auditevent SET role = 'x'")

    verifying.begin(actor=ADA, now=NOW)
    verify()

    row = Verification.objects.get()
    assert (row.found, len(row.findings), row.left_out) == (10, 3, 7)
    assert AuditEvent.objects.get(action=AuditAction.AUDIT_VERIFIED).outcome == Outcome.FAILURE


def test_one_verification_runs_at_a_time():
    a_chain(1)
    verifying.begin(actor=ADA, now=NOW)

    with pytest.raises(Conflict, match="being verified already"):
        verifying.begin(actor=ADA, now=NOW)


def test_a_step_done_twice_counts_once(monkeypatch):
    a_chain(4)
    tamper("UPDATE audit_auditevent SET role = 'x'")
    stale = verifying.begin(actor=ADA, now=NOW)
    _, found = verifying.step(verifying._walk_of(stale), 4)

    verifying.go_on(now=NOW)

    assert not verifying._write(stale, found, reached=4)
    assert Verification.objects.get().found == 4


def test_a_verification_goes_over_what_retention_takes_meanwhile(monkeypatch):
    monkeypatch.setattr(verifying, "AT_ONCE", 2)
    a_chain(6, since=OLD)
    a_chain(2)
    verifying.begin(actor=ADA, now=NOW)
    verifying.go_on(now=NOW)

    trimmed()
    verify()

    assert Verification.objects.get().findings == []
