"""Notices do not pile up for ever, and none that still waits is lost."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection

from apps.notifications import services, tasks
from apps.notifications.delivery import deliver_next
from apps.notifications.models import Notice, NoticePreferences
from apps.notifications.services import forget_notices, mark_read, notify
from tests.notifications.making import JOHN, NOW, a_message, a_notice, a_recipient

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

KEPT = timedelta(days=settings.NOTICE_DAYS)
INSTANT = timedelta(microseconds=1)


def a_sent_notice(key, *, now=NOW):
    notice = a_notice(key, now=now)
    Notice.objects.filter(pk=notice.pk).update(state="sent", sent_at=now, next_try_at=None)
    return notice


def left():
    return set(Notice.objects.values_list("key", flat=True))


def test_keeps_a_notice_for_its_days_and_no_longer():
    a_sent_notice("a")

    assert forget_notices(now=NOW + KEPT) == 0
    assert forget_notices(now=NOW + KEPT + INSTANT) == 1
    assert left() == set()


@pytest.mark.parametrize(
    "columns",
    [
        {"state": "kept", "next_try_at": None},
        {"state": "inbox", "next_try_at": None},
        {"state": "gathered", "next_try_at": None},
        {"state": "failed", "next_try_at": None, "failed_at": NOW},
    ],
    ids=lambda columns: columns["state"],
)
def test_forgets_whatever_waits_for_nothing_read_or_not(columns):
    read = a_notice("read")
    mark_read(notice=read, now=NOW)
    a_notice("unread")
    Notice.objects.update(**columns)

    assert forget_notices(now=NOW + KEPT + INSTANT) == 2


def test_keeps_what_waits_however_old_it_is_and_sends_it():
    """Of a portal that stood still for more than a year."""
    a_notice("queued")
    a_notice("sending")
    Notice.objects.filter(key="sending").update(state="sending", attempts=1)
    NoticePreferences.objects.create(principal_id=JOHN, digest_hour=8)
    a_notice("digest")
    much_later, sent = NOW + 3 * KEPT, []

    assert forget_notices(now=much_later) == 0
    while deliver_next(now=much_later, send=lambda notice: sent.append(notice.key)):
        pass

    assert sorted(sent) == ["queued", "sending"]
    assert left() == {"queued", "sending", "digest"}


def test_forgets_a_batch_at_a_time_until_none_is_left(monkeypatch):
    monkeypatch.setattr(services, "FORGOTTEN_AT_ONCE", 2)
    for number in range(5):
        a_sent_notice(str(number), now=NOW - 2 * KEPT)
    assert forget_notices(now=NOW) == 2

    tasks.tidy()

    assert left() == set()


def test_leaves_alone_what_is_sent_again_in_that_moment(monkeypatch):
    a_notice("a")
    Notice.objects.update(state="failed", failed_at=NOW, next_try_at=None)
    old = Notice.objects.over_before(NOW + INSTANT)
    batch = list(old.values_list("pk", flat=True))

    services.send_again(Notice.objects.all(), now=NOW + KEPT)

    assert old.filter(pk__in=batch).delete()[0] == 0


def test_tells_nobody_twice_of_what_is_still_kept():
    a_sent_notice("round:1:open")

    forget_notices(now=NOW + KEPT)
    notify(key="round:1:open", message=a_message(), recipients=[a_recipient()], now=NOW + KEPT)

    assert Notice.objects.get().state == Notice.State.SENT


def test_finds_what_is_old_by_an_index():
    old = Notice.objects.over_before(NOW).order_by("created_at", "id").values_list("pk")[:10]

    assert "notice_created" in old.explain() or connection.vendor != "sqlite"
