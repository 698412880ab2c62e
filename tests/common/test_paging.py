from datetime import UTC, datetime, timedelta

import pytest

from apps.audit.models import AuditEvent
from apps.audit.services import record
from apps.audit.vocabulary import NOBODY, AuditAction, Party
from apps.common.errors import Invalid
from apps.common.paging import COUNTED_TO, by_text, count_of, each_of, newest_first, page_of

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)


@pytest.mark.django_db
@pytest.mark.postgres
@pytest.mark.parametrize(("rows", "count"), [(0, "0"), (2, "2"), (3, "3"), (4, "3+"), (5, "3+")])
def test_counts_exactly_up_to_a_point(rows, count):
    for _ in range(rows):
        record(AuditAction.SIGNED_IN, actor=NOBODY, at=NOW)

    assert count_of(AuditEvent.objects.order_by("at"), exact_to=3) == count


def test_counts_to_a_thousand():
    assert COUNTED_TO == 1_000


@pytest.mark.django_db
@pytest.mark.postgres
def test_pages_by_text_with_anything_in_it():
    names = ["100%", "100%7E", "a~b", "a~b", "b", "é~"]
    for name in reversed(names):
        record(AuditAction.SIGNED_IN, actor=Party("user", "", name), at=NOW)
    order = by_text("actor_name")

    found, after = [], ""
    for _ in names:
        page = page_of(AuditEvent.objects.all(), order, after=after, size=1)
        found += [event.actor_name for event in page.rows]
        after = page.following

    assert sorted(found) == sorted(names)
    assert after == ""


@pytest.mark.parametrize("key", ["%00~" + "0" * 32, "a%00b~" + "0" * 32, "nothing", "a~no id"])
def test_refuses_what_is_no_key_before_any_row_is_asked_for(key):
    with pytest.raises(Invalid, match="names no page"):
        page_of(AuditEvent.objects.all(), by_text("actor_name"), after=key)


@pytest.mark.django_db
@pytest.mark.postgres
@pytest.mark.parametrize("count", [0, 1, 4, 5, 9])
def test_walks_through_all_rows_in_order_a_few_at_a_time(django_assert_num_queries, count):
    for number in range(count):
        record(AuditAction.SIGNED_IN, actor=NOBODY, at=NOW + timedelta(minutes=number // 2))
    wanted = list(AuditEvent.objects.order_by("-at", "-id"))

    with django_assert_num_queries(count // 4 + 1):
        assert list(each_of(AuditEvent.objects.all(), newest_first("at"), size=4)) == wanted
