"""Whatever is changed in the log by force, a verification finds it and says which."""

from datetime import timedelta
from uuid import uuid4

import pytest

from apps.audit import walking
from apps.audit.checkpoints import checkpoint_of, checkpoints_in
from apps.audit.models import AuditEvent, AuditSeal, Chain, Unsealed
from apps.audit.retention import lifted
from apps.audit.sealing import seal_waiting
from apps.audit.services import record
from apps.audit.vocabulary import AuditAction
from apps.audit.walking import compare, conclude, step, walk_since, whole_walk
from apps.common.errors import Invalid
from tests.audit.chain import ADA, NOW, SECOND, a_chain, event_at, stored, tamper

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

CHANGED = "The event, or its seal, was changed after it was sealed."
GONE = "The event was removed."
LOOSE = "The seal does not follow the one before it: one of the two was changed or put in."
END = "The chain does not end with the hash that it should."
UNPLACED = "The event has no seal and waits for none: it was put in, or its seal was removed."


def findings(walk=None, *, now=NOW, at_once=3):
    """All of a walk, in steps so small that what is wrong lies on both sides of them."""
    walk, found = walk or whole_walk(), []
    while not walk.is_over:
        walk, more = step(walk, at_once)
        found += more
    return [*found, *conclude(walk, now=now)]


def places(found):
    return [(finding.sequence, finding.event, finding.sentence) for finding in found]


def test_finds_nothing_in_what_is_intact():
    a_chain()

    assert findings() == []


def test_finds_nothing_in_an_empty_log():
    assert findings() == []


@pytest.mark.parametrize(
    "change",
    [
        "at = '2026-11-24 12:59:00'",
        "action = 'session.ended'",
        "outcome = 'failure'",
        "actor_name = 'Eve'",
        "justification = 'because'",
        "resource_path = 'x/'",
        "details = '{}'",
        "details = '{\"number\": 99}'",
        "address = '10.0.0.1'",
    ],
)
@pytest.mark.parametrize("sequence", [1, 5, 10])
def test_finds_a_changed_event(change, sequence):
    a_chain()
    event = event_at(sequence)

    tamper("UPDATE audit_auditevent SET {change} WHERE id = '{event}'", change=change, event=stored(event))

    assert (sequence, event, CHANGED) in places(findings())
    assert {finding.sequence for finding in findings()} == {sequence}


@pytest.mark.parametrize("sequence", [1, 5, 10])
def test_finds_a_removed_event(sequence):
    a_chain()
    event = event_at(sequence)

    tamper("DELETE FROM audit_auditevent WHERE id = '{event}'", event=stored(event))

    assert places(findings()) == [(sequence, event, GONE)]


@pytest.mark.parametrize("sequence", [1, 5, 10])
def test_finds_an_event_removed_with_its_seal(sequence):
    a_chain()
    event = event_at(sequence)

    tamper(
        "DELETE FROM audit_auditevent WHERE id = '{event}';DELETE FROM audit_auditseal WHERE sequence = {at}",
        event=stored(event),
        at=sequence,
    )

    sentences = [finding.sentence for finding in findings()]
    assert f"The seal {sequence} is missing: removed, and with them the places of their events." in sentences


def test_finds_that_the_end_was_cut_off():
    a_chain()

    tamper("DELETE FROM audit_auditseal WHERE sequence > 7")

    found = findings()
    assert found[0].sentence.startswith("The seals 8 to 10 are missing")
    assert [finding.sentence for finding in found[1:]] == [UNPLACED] * 3


def test_finds_a_removed_seal_and_its_event_without_a_place():
    a_chain()
    event = event_at(4)

    tamper("DELETE FROM audit_auditseal WHERE sequence = 4")

    missing, unplaced = findings()
    assert missing.sentence.startswith("The seal 4 is missing")
    assert (unplaced.event, unplaced.sentence) == (event, UNPLACED)


def test_finds_an_event_put_in_past_the_queue():
    a_chain()
    event = record(AuditAction.SIGNED_IN, actor=ADA, at=NOW)
    Unsealed.objects.all().delete()

    assert places(findings()) == [(None, str(event.id), UNPLACED)]


def test_finds_an_event_put_in_with_a_seal_of_its_own():
    a_chain()
    event = record(AuditAction.SIGNED_IN, actor=ADA, at=NOW - 60 * SECOND)
    Unsealed.objects.all().delete()
    with lifted():
        AuditSeal.objects.filter(sequence__gte=5).delete()
        AuditSeal.objects.create(
            sequence=5, event=event, sealed_at=NOW, previous=AuditSeal.objects.get(pk=4).hash, hash="f" * 64
        )

    assert (5, str(event.id), CHANGED) in places(findings())


@pytest.mark.parametrize("pair", [(1, 2), (4, 7), (9, 10)])
def test_finds_reordered_events(pair):
    a_chain()
    one, other = pair
    first, second = event_at(one), event_at(other)

    tamper(
        "UPDATE audit_auditseal SET event_id = '{nobody}' WHERE sequence = {one};"
        "UPDATE audit_auditseal SET event_id = '{first}' WHERE sequence = {other};"
        "UPDATE audit_auditseal SET event_id = '{second}' WHERE sequence = {one}",
        nobody=stored(str(uuid4())),
        first=stored(first),
        second=stored(second),
        one=one,
        other=other,
    )

    assert places(findings()) == [(one, second, CHANGED), (other, first, CHANGED)]


@pytest.mark.parametrize("column", ["hash", "previous"])
def test_finds_a_changed_seal(column):
    a_chain()

    tamper("UPDATE audit_auditseal SET {column} = '{hash}' WHERE sequence = 5", column=column, hash="f" * 64)

    assert {finding.sequence for finding in findings()} == {5}


def test_finds_a_seal_changed_to_fit_a_changed_event():
    a_chain()
    tamper("UPDATE audit_auditevent SET actor_name = 'Eve' WHERE id = '{event}'", event=stored(event_at(5)))
    forged = walking._places(whole_walk(), 5)[4].computed

    tamper("UPDATE audit_auditseal SET hash = '{forged}' WHERE sequence = 5", forged=forged)

    assert places(findings()) == [(6, event_at(6), LOOSE)]


def test_finds_the_last_event_changed_with_its_seal():
    a_chain()
    tamper("UPDATE audit_auditevent SET actor_name = 'Eve' WHERE id = '{event}'", event=stored(event_at(10)))
    forged = walking._places(whole_walk(), 10)[9].computed

    tamper("UPDATE audit_auditseal SET hash = '{forged}' WHERE sequence = 10", forged=forged)

    assert places(findings()) == [(10, "", END)]


def test_finds_seals_behind_the_end():
    a_chain()
    Chain.objects.update(sequence=8, hash=AuditSeal.objects.get(pk=8).hash)

    assert places(findings()) == [(None, "", "There are seals behind the end of the chain, which is 8.")]


@pytest.mark.parametrize(("minutes", "is_found"), [(4, False), (6, True)])
def test_finds_what_was_put_in_later_with_an_older_time(minutes, is_found):
    a_chain()
    late = record(AuditAction.SIGNED_IN, actor=ADA, at=NOW - timedelta(minutes=2 + minutes))
    seal_waiting(now=NOW, batches=1)

    found = findings()

    assert [finding.event for finding in found] == ([str(late.id)] if is_found else [])
    if is_found:
        assert found[0].sentence == (
            "The event was put in later: it says 2026-11-24T12:52:00.000000Z,"
            " and one of 2026-11-24T12:58:10.000000Z had been sealed before."
        )


def test_does_not_take_those_after_one_of_the_future_for_late():
    ahead = record(AuditAction.SIGNED_IN, actor=ADA, at=NOW + timedelta(days=1))
    seal_waiting(now=NOW, batches=1)
    a_chain(since=NOW)

    [finding] = findings()

    assert finding.event == str(ahead.id)
    assert "lay ahead when it was sealed" in finding.sentence


def test_says_that_events_wait_for_too_long():
    a_chain()
    waiting = record(AuditAction.SIGNED_IN, actor=ADA, at=NOW)
    record(AuditAction.SIGNED_IN, actor=ADA, at=NOW + SECOND)

    assert findings(now=NOW + 60 * SECOND) == []
    [finding] = findings(now=NOW + 62 * SECOND)
    assert finding.event == str(waiting.id)
    assert finding.sentence.startswith("2 events have waited for longer than a minute")


def test_finds_what_was_removed_while_it_waited():
    event_id = str(record(AuditAction.SIGNED_IN, actor=ADA, at=NOW).id)
    with lifted():
        AuditEvent.objects.all().delete()

    [finding] = findings(now=NOW + 62 * SECOND)

    assert (finding.event, finding.sentence) == (event_id, "The event was removed before it was sealed.")


# ---- Checkpoints -------------------------------------------------------------------------------------------


def rewrite_everything():
    """Whoever owns the database makes it consistent again."""
    tamper(
        "UPDATE audit_auditevent SET actor_name = 'Eve'; DELETE FROM audit_auditseal; DELETE FROM audit_chain"
    )
    tamper("INSERT INTO audit_unsealed (event_id, at) SELECT id, at FROM audit_auditevent")
    seal_waiting(now=NOW, batches=9)


def test_a_checkpoint_is_one_line_of_text_that_is_found_in_any_other():
    a_chain()
    checkpoint = checkpoint_of(now=NOW)

    text = f"> From: pim\n>\tCheckpoint: {checkpoint}\n{checkpoint}"

    assert checkpoints_in(text) == [checkpoint, checkpoint]
    assert str(checkpoint) == (
        f"pim-audit:10:{AuditSeal.objects.get(pk=10).hash}:10:2026-11-24T13:00:00.000000Z"
    )
    assert list(compare(checkpoint)) == []


@pytest.mark.parametrize("text", ["", "pim-audit:1:abc:1:2026-11-24T13:00:00.000000Z", "nonsense"])
def test_refuses_a_text_without_a_checkpoint(text):
    with pytest.raises(Invalid, match="no checkpoint"):
        checkpoints_in(text)


def test_only_a_checkpoint_shows_that_all_was_written_anew():
    a_chain()
    checkpoint = checkpoint_of(now=NOW)

    rewrite_everything()

    assert findings() == []
    [finding] = compare(checkpoint)
    assert finding.sequence == 10
    assert finding.sentence == (
        "The log was written anew up to here: the checkpoint of 2026-11-24T13:00:00.000000Z has another hash."
    )


def test_a_checkpoint_shows_that_the_end_was_removed():
    a_chain()
    checkpoint = checkpoint_of(now=NOW)

    tamper("DELETE FROM audit_auditseal; DELETE FROM audit_chain; DELETE FROM audit_auditevent")

    assert findings() == []
    [finding] = compare(checkpoint)
    assert finding.sentence.endswith("its end was removed.")


def test_verifies_from_a_checkpoint_on():
    a_chain(5)
    checkpoint = checkpoint_of(now=NOW)
    a_chain(5, since=NOW)
    tamper(
        "UPDATE audit_auditevent SET actor_name = 'Eve' WHERE id IN ('{before}', '{after}')",
        before=stored(event_at(2)),
        after=stored(event_at(8)),
    )

    assert [finding.sequence for finding in findings(walk_since(checkpoint))] == [8]
