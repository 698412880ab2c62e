"""A sealed log for tests, and how somebody with the database in their hands would change it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import connection

from apps.audit.models import AuditSeal
from apps.audit.retention import lifted
from apps.audit.sealing import seal_waiting
from apps.audit.services import event_of, record_all
from apps.audit.vocabulary import AuditAction, Party

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ADA = Party("user", "ada", "Ada Roe")


def a_chain(length=10, *, since=NOW - timedelta(minutes=2), apart=SECOND):
    """So many sealed events, each a second after the one before."""
    record_all(
        event_of(AuditAction.SIGNED_IN, actor=ADA, at=since + number * apart, details={"number": number})
        for number in range(1, length + 1)
    )
    seal_waiting(now=since + length * apart, batches=99)


def event_at(sequence):
    return str(AuditSeal.objects.get(pk=sequence).event_id)


def tamper(sql, **values):
    """Plain SQL past the triggers. `{event}` and the like are put in as they are."""
    with lifted(), connection.cursor() as cursor:
        for statement in sql.format(**values).split(";"):
            cursor.execute(statement)


def stored(event_id):
    """An event's id as the database holds it."""
    return event_id if connection.vendor == "postgresql" else event_id.replace("-", "")
