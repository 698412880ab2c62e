"""Many requests that the clock settles at once: with as many statements as one, and each once."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.access_requests.models import AccessRequest
from apps.access_requests.services import settling
from apps.access_requests.services.settling import settle_all
from apps.access_requests.states import State
from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.audit.models import AuditEvent
from apps.notifications.models import Notice
from apps.roles import built_in
from tests.factories import activate, assign, disable, make_user, set_rules

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def ask_many(count, now):
    """So many that nobody decides on, that begin, and that lose their ground in a day, before they begin and
    while they wait."""
    for _ in range(count):
        lapses, begins, leaves = (make_user(now=now) for _ in range(3))
        for person in (lapses, leaves):
            waiting = activate(assign(person, now=now), person, now=now)
            assert waiting.state == State.PENDING_APPROVAL
        for person in (begins, leaves):
            eligible = assign(person, built_in.SECURITY_READER, now=now)
            activate(eligible, person, now=now, starts_at=now + DAY - HOUR)
        disable(leaves)


def settled():
    """All that the sweep writes, without what is drawn anew each time."""
    return [
        Counter(AccessRequest.objects.values_list("id", "state", "closed_at", "closing_reason")),
        Counter(Assignment.objects.values_list("id", "ended_at", "ended_how", "ended_by")),
        Counter(AuditEvent.objects.values_list("action", "at", "target_id", "role", "request_id", "outcome")),
        Counter(Notice.objects.values_list("key", "address", "subject", "text", "link", "created_at")),
    ]


def settled_by(monkeypatch, now, *, batch):
    monkeypatch.setattr(settling, "BATCH", batch)
    with transaction.atomic():
        assert settle_all(now=now) == 12
        found = settled()
        transaction.set_rollback(True)
    return found


def test_writes_in_a_batch_what_one_at_a_time_would_write(approver, administrator, now, monkeypatch):
    set_rules(now=now, approvers=(approver,))
    ask_many(3, now)

    one_by_one = settled_by(monkeypatch, now + DAY, batch=1)

    assert Counter(state for _, state, *_ in one_by_one[0]) == {
        State.TIMED_OUT: 6,  # also of those whose ground is gone: the deadline came first
        State.PROVISIONED: 3,
        State.CANCELED: 3,
    }
    assert settled_by(monkeypatch, now + DAY, batch=100) == one_by_one


def statements_for(count, now):
    ask_many(count, now)
    with CaptureQueriesContext(connection) as queries:
        assert settle_all(now=now + DAY) == 4 * count
    return len(queries)


def test_asks_no_more_for_many(approver, administrator, now):
    set_rules(now=now, approvers=(approver,))

    assert statements_for(2, now) == statements_for(7, now + 2 * DAY)


def test_asks_one_thing_where_nothing_has_passed(approver, requester, now, django_assert_num_queries):
    set_rules(now=now, approvers=(approver,))
    activate(assign(requester, now=now), requester, now=now)
    later = assign(approver, built_in.SECURITY_READER, now=now)
    activate(later, approver, now=now, starts_at=now + DAY)

    with django_assert_num_queries(1):
        assert settle_all(now=now + HOUR) == 0


def test_goes_on_as_long_as_there_is_time(approver, now, monkeypatch):
    set_rules(now=now, approvers=(approver,))
    ask_many(2, now)
    monkeypatch.setattr(settling, "BATCH", 1)
    times = iter([True] * 3 + [False])

    assert settle_all(now=now + DAY, has_time=lambda: next(times)) == 3
    assert settle_all(now=now + DAY) == 5


def test_leaves_a_bad_one_to_the_next_run(approver, now):
    set_rules(now=now, approvers=(approver,))
    ask_many(2, now)
    bad = AccessRequest.objects.waiting().filter(requester__in=User.objects.filter(is_enabled=True)).first()
    with connection.cursor() as cursor:  # one that the database does not let anybody write
        cursor.execute(
            "CREATE TRIGGER bad_row BEFORE UPDATE ON access_requests_accessrequest "
            f"WHEN OLD.id = '{bad.pk.hex}' BEGIN SELECT RAISE(ABORT, 'bad row'); END"
        )

    assert settle_all(now=now + DAY) == 7
    assert list(AccessRequest.objects.waiting()) == [bad]
