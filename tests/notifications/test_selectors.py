from datetime import timedelta

import pytest

from apps.common.errors import Invalid
from apps.notifications.selectors import inbox, mailbox, unread
from apps.notifications.services import mark_read
from tests.notifications.making import ADA, JOHN, NOW, a_notice, a_recipient

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

MINUTE = timedelta(minutes=1)


def a_read_notice(key, **facts):
    notice = a_notice(key, **facts)
    mark_read(notice=notice, now=NOW)
    return notice


def test_counts_what_is_unread_of_this_person():
    a_notice("a")
    a_read_notice("b")
    a_notice("c", to=a_recipient(ADA, "ada@example.com"))

    assert unread(JOHN).count() == 1


def test_puts_unread_notices_first_and_newer_ones_above_older():
    old_read = a_read_notice("a", now=NOW)
    new_read = a_read_notice("b", now=NOW + 9 * MINUTE)
    old = a_notice("c", now=NOW + MINUTE)
    new = a_notice("d", now=NOW + 2 * MINUTE)

    assert inbox(JOHN).rows == [new, old, new_read, old_read]


def test_shows_every_notice_once_page_by_page():
    unread = {a_notice(f"u{number}").id for number in range(55)}
    read = {a_read_notice(f"r{number}").id for number in range(30)}

    first = inbox(JOHN)
    second = inbox(JOHN, after=first.following)

    ids = [notice.id for notice in first.rows + second.rows]
    assert set(ids[:55]) == unread
    assert set(ids[55:]) == read
    assert len(ids) == 85
    assert second.following == ""


def test_shows_nobody_the_notices_of_others():
    a_notice(to=a_recipient(ADA, "ada@example.com"))

    assert inbox(JOHN).rows == []


def test_shows_the_mailbox_everybody_s_mail():
    older = a_notice("a", now=NOW)
    newer = a_notice("b", to=a_recipient(ADA, "ada@example.com"), now=NOW + MINUTE)

    assert mailbox().rows == [newer, older]


@pytest.mark.parametrize("key", ["True", "Maybe~2026-11-24T13:00:00+00:00~" + str(JOHN), "x~y~z"])
def test_refuses_an_address_that_names_no_page(key):
    with pytest.raises(Invalid):
        inbox(JOHN, after=key)


@pytest.mark.parametrize("count", [2, 20])
def test_reads_the_inbox_in_one_query(count, django_assert_num_queries):
    for number in range(count):
        a_notice(str(number))

    with django_assert_num_queries(1):
        inbox(JOHN)
