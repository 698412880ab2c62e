"""Many that end at once: written in batches, with what one at a time would write, and each once."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.assignments import services, sweep
from apps.assignments.models import Assignment
from apps.assignments.sweep import write_down_the_clock
from apps.audit.models import AuditEvent
from apps.notifications.models import Notice
from apps.roles import built_in
from tests.factories import (
    activate,
    assign,
    disable,
    join,
    make_active,
    make_group,
    make_resource,
    make_user,
    set_rules,
)

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def world(now):
    """Of each kind of end one and more: assigned and activated, one's own and a group's, alone and with what
    rests on it, on three resources, with and without their ground."""
    make_active(make_user("Alma Admin", now=now), built_in.GLOBAL_ADMINISTRATOR, now=now)
    group = make_group("Operators", now=now, is_role_assignable=True)
    production = make_resource("Production", now=now)
    database = make_resource("Database", now=now, parent=production)
    make_active(make_user("Olga Owner", now=now), built_in.RESOURCE_OWNER, production, now=now)
    set_rules(built_in.CONTRIBUTOR, now=now, resource=production)
    shared = assign(group, built_in.CONTRIBUTOR, production, now=now, ends_at=now + 2 * DAY)
    for name in ("Ann", "Ben", "Cem", "Dee"):
        person = make_user(name, now=now)
        join(person, group, now=now, days=1)
        own = assign(person, now=now, ends_at=now + DAY)
        activate(own, person, now=now + DAY - HOUR, minutes=60)  # ends with its ground
        assign(person, built_in.READER, database, now=now, ends_at=now + DAY)
        early = assign(person, built_in.SECURITY_READER, now=now, ends_at=now + DAY)
        activate(early, person, now=now, minutes=30)  # before it
        activate(shared, person, now=now + DAY - HOUR, minutes=240, resource_id=database.id)
        if name == "Dee":
            disable(person)


def written():
    """All that a sweep writes, without what is drawn anew each time."""
    ended = Assignment.objects.exclude(ended_how="")
    return [
        Counter(ended.values_list("id", "ended_at", "ended_how", "ended_by")),
        Counter(AuditEvent.objects.values_list("action", "at", "target_id", "role", "details__assignment")),
        Counter(Notice.objects.values_list("key", "address", "subject", "text", "link", "created_at")),
    ]


def swept(now, monkeypatch, *, batch):
    """What a sweep with batches of this size writes; it is taken back."""
    monkeypatch.setattr(sweep, "BATCH", batch)
    with transaction.atomic():
        write_down_the_clock(now=now)
        found = written()
        transaction.set_rollback(True)
    return found


def test_writes_in_a_batch_what_one_at_a_time_would_write(world, now, monkeypatch):
    found = swept(now + DAY, monkeypatch, batch=1)

    assert {how for _, _, how, _ in found[0]} == {"expired", "ground_lost"}
    assert (sum(found[0].values()), max(found[2].values())) == (28, 1)
    assert swept(now + DAY, monkeypatch, batch=3) == found
    assert swept(now + DAY, monkeypatch, batch=200) == found


def test_leaves_nothing_half_written_when_it_is_killed(world, now, monkeypatch):
    whole = swept(now + DAY, monkeypatch, batch=5)

    class Killed(BaseException):
        """Ends a worker as kill -9 does."""

    through, batches = services.tell_ended, []

    def tell_ended(ends, *, now):
        batches.append(ends)
        if len(batches) % 2 == 0:
            raise Killed
        through(ends, now=now)

    monkeypatch.setattr(services, "tell_ended", tell_ended)
    for _ in range(3):
        with pytest.raises(Killed):
            write_down_the_clock(now=now + DAY)
        ended = Assignment.objects.exclude(ended_how="").values_list("id", flat=True)
        events = AuditEvent.objects.filter(action__endswith=".ended").exclude(action__startswith="session")
        assert {str(id_) for id_ in ended} == set(events.values_list("details__assignment", flat=True))
    monkeypatch.setattr(services, "tell_ended", through)
    write_down_the_clock(now=now + DAY)

    assert written() == whole


def end_many(count, now):
    for _ in range(count):
        person = make_user(now=now)
        eligible = assign(person, now=now, ends_at=now + DAY)
        activate(eligible, person, now=now, minutes=60)
    with CaptureQueriesContext(connection) as queries:
        assert write_down_the_clock(now=now + DAY) == 2 * count
    return len(queries)


def test_asks_no_more_for_a_larger_batch(now):
    assert end_many(2, now) == end_many(20, now + 2 * DAY) < 40


def test_goes_on_as_long_as_there_is_time(world, now, monkeypatch):
    monkeypatch.setattr(sweep, "BATCH", 2)
    times = iter([True, True, False, False])

    assert write_down_the_clock(now=now + DAY, has_time=lambda: next(times)) == 4
    assert write_down_the_clock(now=now + DAY) > 4
    assert not Assignment.objects.past_their_end(now + DAY).exists()


def test_finds_the_bad_ones_among_many(world, now):
    bad = Assignment.objects.filter(ends_at__lte=now + DAY, parent=None).first()
    with connection.cursor() as cursor:  # a row that the database does not let anybody write
        cursor.execute(
            "CREATE TRIGGER bad_row BEFORE UPDATE ON assignments_assignment "
            f"WHEN OLD.id = '{bad.pk.hex}' BEGIN SELECT RAISE(ABORT, 'bad row'); END"
        )

    write_down_the_clock(now=now + DAY)

    left = Assignment.objects.past_their_end(now + DAY)
    assert [row.pk for row in left] == [bad.pk]
