"""What is written is what `bulk_create` and `update` would have written."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditEvent
from apps.audit.services import event_of
from apps.audit.vocabulary import CONSOLE, AuditAction
from apps.common.writing import AT_ONCE, change, insert, insert_unknown
from apps.notifications.models import Notice

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def notice(address, now):
    facts = {
        "key": "event",
        "event": "test_mail",
        "subject": "S",
        "text": "100 % ü",
        "facts": [["Who", "Jane"]],
    }
    return Notice(address=address, created_at=now, state=Notice.State.INBOX, **facts)


def test_writes_every_column(now):
    event = event_of(
        AuditAction.SIGNED_IN, actor=CONSOLE, at=now, role="Röle", details={"a": [1, None, "%s"]}
    )

    insert([event])

    assert dict(AuditEvent.objects.get(pk=event.pk).columns()) == dict(event.columns())
    event.refresh_from_db()


def test_writes_many_with_a_statement_for_each_hundreds(now):
    rows = [notice(f"{number}@example.com", now) for number in range(AT_ONCE + 1)]

    with CaptureQueriesContext(connection) as captured:
        insert(rows)

    assert len(captured) == 2
    assert set(Notice.objects.all()) == set(rows)
    with CaptureQueriesContext(connection) as captured:
        insert([])
    assert not captured


def test_leaves_out_what_is_known_only_where_it_is_told_to(now):
    insert([notice("jane@example.com", now)])
    again = [notice("JANE@example.com", now), notice("john@example.com", now)]

    insert_unknown(again)

    assert sorted(Notice.objects.values_list("address", flat=True)) == [
        "jane@example.com",
        "john@example.com",
    ]
    with pytest.raises(IntegrityError):
        insert([notice("jane@example.com", now)])


def test_changes_a_row_while_it_is_as_it_was(now):
    john, jane = notice("john@example.com", now), notice("jane@example.com", now)
    insert([john, jane])
    sent = {"state": Notice.State.SENT, "sent_at": now, "facts": [["Who", "ü"]], "trouble": ""}

    assert change(jane, sent, still={"state": Notice.State.INBOX})
    assert not change(jane, sent | {"facts": []}, still={"state": Notice.State.INBOX})

    jane.refresh_from_db()
    john.refresh_from_db()
    assert (jane.state, jane.sent_at, jane.facts) == (Notice.State.SENT, now, [["Who", "ü"]])
    assert john.state == Notice.State.INBOX
