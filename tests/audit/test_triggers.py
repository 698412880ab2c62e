"""The database itself refuses to change what was written down, on both kinds of database."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from apps.audit.models import AuditEvent
from apps.audit.retention import lifted
from apps.audit.services import record
from apps.audit.vocabulary import CONSOLE, AuditAction

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)


@pytest.fixture
def event():
    return record(AuditAction.SIGNED_IN, actor=CONSOLE, at=NOW)


def refused():
    return pytest.raises(IntegrityError, match="cannot be changed or deleted")


def execute(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_refuses_to_save_an_event_again(event):
    event.role = "Somebody else's"

    with refused(), transaction.atomic():
        event.save()

    assert AuditEvent.objects.get().role == ""


def test_refuses_to_update_events(event):
    with refused(), transaction.atomic():
        AuditEvent.objects.update(actor_name="Nobody")


def test_refuses_to_delete_an_event(event):
    with refused(), transaction.atomic():
        event.delete()

    assert AuditEvent.objects.exists()


def test_refuses_to_delete_by_plain_sql(event):
    with refused(), transaction.atomic():
        execute("DELETE FROM audit_auditevent")


def test_refuses_to_write_over_an_event(event):
    copy = AuditEvent(
        id=event.id, at=NOW, action=AuditAction.SIGNED_OUT, outcome="success", resource_path="/"
    )

    with refused(), transaction.atomic():
        AuditEvent.objects.bulk_create(
            [copy], update_conflicts=True, unique_fields=["id"], update_fields=["action"]
        )

    assert AuditEvent.objects.get().action == AuditAction.SIGNED_IN


def test_refuses_sqlite_to_replace_an_event(event):
    if connection.vendor != "sqlite":
        pytest.skip("INSERT OR REPLACE is SQLite's.")

    with refused(), transaction.atomic():
        execute("INSERT OR REPLACE INTO audit_auditevent SELECT * FROM audit_auditevent")


def test_refuses_sqlite_to_replace_an_event_by_the_number_of_its_row(event):
    if connection.vendor != "sqlite":
        pytest.skip("Rows have numbers of their own in SQLite alone.")
    columns = ", ".join(field.column for field in AuditEvent._meta.concrete_fields if field.name != "id")

    with refused(), transaction.atomic():
        execute(
            f"INSERT OR REPLACE INTO audit_auditevent (rowid, id, {columns}) "  # noqa: S608
            f"SELECT rowid, '{uuid4().hex}', {columns} FROM audit_auditevent"
        )

    assert AuditEvent.objects.get() == event


def test_refuses_postgresql_to_truncate_the_table(event):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no TRUNCATE.")

    with refused(), transaction.atomic():
        execute("TRUNCATE audit_auditevent CASCADE")


def test_refuses_postgresql_to_delete_in_replication_mode(event):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no replication mode.")

    with refused(), transaction.atomic():
        execute("SET LOCAL session_replication_role = replica")
        AuditEvent.objects.all().delete()


def test_deletes_where_the_guard_is_lifted(event):
    with lifted():
        AuditEvent.objects.all().delete()

    assert not AuditEvent.objects.exists()


def test_refuses_again_after_the_guard_was_lifted(event):
    with lifted():
        pass

    with refused(), transaction.atomic():
        event.delete()


def delete_and_fail():
    with lifted():
        AuditEvent.objects.all().delete()
        raise ZeroDivisionError


def test_puts_everything_back_when_the_lifted_block_fails(event):
    with pytest.raises(ZeroDivisionError):
        delete_and_fail()

    assert AuditEvent.objects.exists()
    with refused(), transaction.atomic():
        event.delete()


@pytest.mark.django_db(transaction=True)
def test_is_emptied_after_a_test_that_commits(event):
    assert AuditEvent.objects.count() == 1
