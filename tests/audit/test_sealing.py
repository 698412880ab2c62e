"""Each committed event gets its place in the chain, once, whoever seals and however they end."""

import os
import signal
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.audit import sealing
from apps.audit.canonical import GENESIS, canonical, digest, line_of, plain
from apps.audit.models import AuditEvent, AuditSeal, Chain, Unsealed
from apps.audit.retention import lifted
from apps.audit.sealing import seal_next, seal_waiting
from apps.audit.services import event_of, record, record_all
from apps.audit.tasks import seal
from apps.audit.vocabulary import CONSOLE, AuditAction
from tests.races.moments import at_once, in_a_process

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def an_event(at=NOW, **facts):
    return event_of(AuditAction.SIGNED_IN, actor=CONSOLE, at=at, **facts)


def write(*events):
    record_all(events)
    return [event.id for event in events]


def sealed():
    return list(AuditSeal.objects.order_by("sequence").values_list("event_id", flat=True))


# ---- What is sealed ----------------------------------------------------------------------------------------


def test_seals_the_same_bytes_whatever_the_database_and_the_version():
    columns = {
        "id": UUID(int=7),
        "at": NOW,
        "role": "Überwachung",
        "ticket": "",
        "details": {"b": [1.0, 2.5, 1e22, True, None], "a": {"x": ""}},
        "later": "",
    }

    line = line_of(columns.items(), sequence=1, sealed_at=NOW + timedelta(microseconds=5), previous=GENESIS)

    assert canonical(line) == (
        '{"at":"2026-11-24T13:00:00.000000Z",'
        '"details":{"a":{"x":""},"b":[1,2.5,10000000000000000000000,true,null]},'
        '"id":"00000000-0000-0000-0000-000000000007",'
        f'"previous":"{GENESIS}","role":"\\u00dcberwachung",'
        '"sealed_at":"2026-11-24T13:00:00.000005Z","sequence":1}'
    )
    assert digest(line) == "f27578702e66782d0525bcb706a43b110e7c1458ca84591089a4066a3f389c31"


def test_reads_the_same_line_from_either_database():
    details = {"z": 1.0, "a": [0.1, -0.0, 1e22, 12345678901234567890], "Ä": {"nested": [{}]}}

    event = record(AuditAction.SIGNED_IN, actor=CONSOLE, at=NOW, details=details)

    line = plain(AuditEvent.objects.get(pk=event.pk).columns())
    assert canonical(line["details"]) == (
        '{"a":[0.1,0,10000000000000000000000,12345678901234567890],"z":1,"\\u00c4":{"nested":[{}]}}'
    )


# ---- Places ------------------------------------------------------------------------------------------------


def test_gives_places_in_the_order_of_time():
    late, early = an_event(at=NOW + SECOND), an_event(at=NOW)
    write(late, early)

    assert seal_next(now=NOW + 2 * SECOND) == 2

    assert sealed() == [early.id, late.id]
    first, second = AuditSeal.objects.order_by("sequence")
    assert (first.sequence, second.sequence) == (1, 2)
    assert (first.previous, second.previous) == (GENESIS, first.hash)
    assert not Unsealed.objects.exists()


def test_goes_on_where_it_stopped():
    ids = [*write(an_event()), *write(an_event(at=NOW + SECOND))]
    seal_next(now=NOW)
    ids += write(an_event(at=NOW + 2 * SECOND))

    seal_next(now=NOW + 3 * SECOND)

    assert sealed() == ids
    chain = Chain.objects.get()
    assert (chain.sequence, chain.hash) == (3, AuditSeal.objects.get(sequence=3).hash)


def test_seals_in_batches_and_leaves_the_rest_for_the_next_run(monkeypatch):
    monkeypatch.setattr(sealing, "AT_ONCE", 2)
    write(*(an_event(at=NOW + number * SECOND) for number in range(5)))

    assert seal_waiting(now=NOW, batches=2) == 4
    assert seal_waiting(now=NOW, batches=2) == 1
    assert len(sealed()) == 5


def test_costs_the_same_queries_for_few_and_many():
    def cost(events):
        write(*(an_event() for _ in range(events)))
        with CaptureQueriesContext(connection) as queries:
            seal_next(now=NOW)
        return len(queries)

    cost(1)  # makes the row of the chain

    assert cost(2) == cost(20)


def test_asks_one_thing_when_nothing_waits(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert seal() == 0


@transaction.atomic
def write_and_fail():
    write(an_event())
    raise ZeroDivisionError


def test_queues_nothing_of_what_was_rolled_back():
    with pytest.raises(ZeroDivisionError):
        write_and_fail()

    assert seal() == 0
    assert not Unsealed.objects.exists()


def test_costs_whoever_writes_one_insert(django_assert_num_queries):
    with django_assert_num_queries(1):
        write(an_event(), an_event())

    assert Unsealed.objects.count() == 2


def test_passes_over_what_was_removed_before_its_turn():
    gone, there = write(an_event(), an_event(at=NOW + SECOND))
    with lifted():
        AuditEvent.objects.filter(pk=gone).delete()

    assert seal_next(now=NOW) == 1
    assert sealed() == [there]
    assert Unsealed.objects.get().event_id == gone


def test_seals_nothing_twice_though_it_is_queued_again():
    [event_id] = write(an_event())
    seal_next(now=NOW)
    Unsealed.objects.create(event_id=event_id, at=NOW)

    assert seal_next(now=NOW) == 0
    assert sealed() == [event_id]
    assert not Unsealed.objects.exists()


# ---- Guards ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_auditseal SET hash = ''",
        "DELETE FROM audit_auditseal",
        "UPDATE audit_stub SET hash_after = ''",
        "DELETE FROM audit_stub",
    ],
)
def test_refuses_to_change_seals_and_stubs(sql):
    with lifted(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_stub (first, last, hash_before, hash_after, first_at, last_at, removed_at)"
            " VALUES (1, 1, '', '', '2026-01-01', '2026-01-01', '2026-01-01')"
        )
    write(an_event())
    seal_next(now=NOW)

    with (
        pytest.raises(IntegrityError, match="cannot be changed or deleted"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


def test_refuses_to_write_over_a_seal_on_sqlite():
    if connection.vendor != "sqlite":
        pytest.skip("INSERT OR REPLACE is of SQLite alone.")
    write(an_event())
    seal_next(now=NOW)

    with (
        pytest.raises(IntegrityError, match="cannot be changed or deleted"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("INSERT OR REPLACE INTO audit_auditseal SELECT * FROM audit_auditseal")


# ---- Many workers ------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_leaves_no_gap_and_no_double_though_several_seal_and_others_write(monkeypatch):
    monkeypatch.setattr(sealing, "AT_ONCE", 3)

    def write_some():
        for _ in range(5):
            write(an_event(), an_event())

    def seal_some():
        return seal_waiting(now=NOW, batches=9)

    at_once(write_some, write_some, seal_some, seal_some, seal_some)
    seal_waiting(now=NOW, batches=99)

    seals = list(AuditSeal.objects.order_by("sequence"))
    assert [seal.sequence for seal in seals] == list(range(1, 21))
    assert {seal.event_id for seal in seals} == set(AuditEvent.objects.values_list("id", flat=True))
    assert [seal.previous for seal in seals] == [GENESIS, *(seal.hash for seal in seals[:-1])]


@pytest.mark.django_db(transaction=True)
def test_leaves_all_as_it_was_when_killed_in_the_middle():
    ids = write(an_event(), an_event(at=NOW + SECOND))

    def seal_and_die():
        with transaction.atomic():
            seal_next(now=NOW)
            os.kill(os.getpid(), signal.SIGKILL)

    assert in_a_process(seal_and_die) == signal.SIGKILL
    assert sealed() == []
    seal_waiting(now=NOW, batches=1)
    assert sealed() == ids
