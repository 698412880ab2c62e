from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from apps.audit.models import AuditEvent
from apps.audit.selectors import Selection, events_of, history_of
from apps.audit.services import record
from apps.audit.vocabulary import NOBODY, NOWHERE, AuditAction, Party, Place
from apps.common.access import DIRECTORY_PATH, NO_ACCESS, Access, Grant, Permission, Provider
from apps.common.errors import Invalid

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
JOHN, ADA = UUID(int=1), UUID(int=2)


def party(person_id):
    return Party("user", str(person_id), f"Person {person_id.int}")


def an_event(*, by=JOHN, about=None, at=NOW, action=AuditAction.SIGNED_IN, place=NOWHERE):
    return record(action, actor=party(by), at=at, target=party(about) if about else NOBODY, place=place)


def on(path, provider=Provider.RESOURCES):
    return Place(provider, path, "Somewhere")


def reader_of(provider, path=""):
    return Access(JOHN, frozenset({Grant(Permission.AUDIT_READ, provider, path)}))


def test_finds_what_a_person_did_and_what_was_done_to_them():
    did = an_event(by=JOHN, about=ADA)
    suffered = an_event(by=ADA, about=JOHN)
    an_event(by=ADA, about=ADA)

    assert set(events_of(JOHN)) == {did, suffered}


def test_shows_events_on_the_resource_and_below():
    here, below = an_event(place=on("a/b/")), an_event(place=on("a/b/c/"))
    an_event(place=on("a/"))
    an_event(place=on("a/bb/"))

    assert set(AuditEvent.objects.visible_to(reader_of(Provider.RESOURCES, "a/b/"))) == {here, below}


def test_shows_every_resource_of_a_provider_to_whoever_reads_all_of_it():
    visible = an_event(place=on("a/"))
    an_event(place=on("g/", Provider.GROUPS))

    assert list(AuditEvent.objects.visible_to(reader_of(Provider.RESOURCES))) == [visible]


def test_shows_events_without_a_resource_to_readers_of_the_directory_alone():
    event = an_event()

    assert list(AuditEvent.objects.visible_to(reader_of(Provider.DIRECTORY, DIRECTORY_PATH))) == [event]
    assert not AuditEvent.objects.visible_to(reader_of(Provider.DIRECTORY, f"{DIRECTORY_PATH}unit/"))
    assert not AuditEvent.objects.visible_to(reader_of(Provider.RESOURCES))


def test_shows_nothing_without_the_permission():
    an_event()
    other = Access(JOHN, frozenset({Grant(Permission.SETTINGS_READ, Provider.DIRECTORY)}))

    assert not AuditEvent.objects.visible_to(NO_ACCESS)
    assert not AuditEvent.objects.visible_to(other)


def test_takes_the_path_as_it_is_and_not_as_a_pattern():
    an_event(place=on("axb/"))

    assert not AuditEvent.objects.visible_to(reader_of(Provider.RESOURCES, "a_b/"))
    assert not AuditEvent.objects.visible_to(reader_of(Provider.RESOURCES, "%/"))


def test_has_the_start_in_the_history_and_leaves_the_end_out():
    before, start, inside, end = (an_event(at=NOW + step * SECOND) for step in (-1, 0, 9, 10))

    rows = history_of(JOHN, Selection(since=NOW, until=NOW + 10 * SECOND)).rows

    assert rows == [inside, start]
    assert before not in rows
    assert end not in rows


def test_has_one_kind_of_event_in_the_history():
    an_event(action=AuditAction.SIGNED_IN)
    signed_out = an_event(action=AuditAction.SIGNED_OUT)

    assert history_of(JOHN, Selection(action=AuditAction.SIGNED_OUT)).rows == [signed_out]


def test_shows_every_event_once_page_by_page_though_all_happened_at_once():
    events = {an_event().id for _ in range(120)}

    pages, following = [], ""
    while not pages or following:
        page = history_of(JOHN, after=following)
        pages.append([event.id for event in page.rows])
        following = page.following

    assert [len(page) for page in pages] == [50, 50, 20]
    assert {event for page in pages for event in page} == events


def test_shows_no_event_twice_when_new_ones_come_between_two_pages():
    old = [an_event(at=NOW + step * SECOND) for step in range(60)]
    first = history_of(JOHN)
    an_event(at=NOW + 100 * SECOND)

    second = history_of(JOHN, after=first.following)

    assert first.rows + second.rows == old[::-1]


@pytest.mark.parametrize("count", [2, 20])
def test_reads_a_page_of_history_in_one_query(count, django_assert_num_queries):
    for _ in range(count):
        an_event()

    with django_assert_num_queries(1):
        history_of(JOHN)


@pytest.mark.parametrize(
    "key",
    [
        "nonsense",
        "~",
        "2026-11-24T13:00:00+00:00",
        f"2026-11-24T13:00:00~{UUID(int=1)}",
        "2026-11-24T13:00:00+00:00~x",
        f"0001-01-01T00:00:00+14:00~{UUID(int=1)}",
        f"2026-11-24T13:00:00+00:00~{UUID(int=1)}~more",
        "\x00",
    ],
)
def test_refuses_an_address_that_names_no_page(key):
    with pytest.raises(Invalid, match="first page"):
        history_of(JOHN, after=key)
