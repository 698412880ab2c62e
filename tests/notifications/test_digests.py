from datetime import timedelta

import pytest

from apps.notifications.delivery import deliver_next
from apps.notifications.digests import LISTED, gather_digests
from apps.notifications.mail import compose, render_text
from apps.notifications.messages import NoticeEvent
from apps.notifications.models import Notice, NoticePreferences
from apps.notifications.selectors import inbox
from apps.notifications.services import mark_read
from tests.notifications.making import ADA, JOHN, NOW, a_notice, a_recipient

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

HOUR = NOW + timedelta(hours=2)
INSTANT = timedelta(microseconds=1)


@pytest.fixture(autouse=True)
def daily():
    NoticePreferences.objects.create(principal_id=JOHN, digest_hour=HOUR.hour)


def digests():
    return list(Notice.objects.filter(event=NoticeEvent.DAILY_DIGEST))


def test_waits_for_its_hour_and_is_one_mail_then():
    first = a_notice("a", subject="PIM: First")
    second = a_notice("b", subject="Second", now=NOW + INSTANT)

    assert gather_digests(now=HOUR - INSTANT) == 0
    assert gather_digests(now=HOUR) == 1

    (digest,) = digests()
    assert (digest.address, digest.recipient_id, digest.next_try_at) == ("john.doe@example.com", None, HOUR)
    assert digest.subject == "PIM: Daily digest, 2 notices"
    assert [subject for _, subject in digest.facts] == ["Second", "First"]
    assert {notice.state for notice in inbox(JOHN).rows} == {Notice.State.GATHERED}
    assert [notice.pk for notice in inbox(JOHN).rows] == [second.pk, first.pk]


def test_is_sent_as_any_mail():
    a_notice(subject="Reader ended")
    gather_digests(now=HOUR)
    sent = []

    while deliver_next(now=HOUR, send=sent.append):
        pass

    assert [notice.event for notice in sent] == [NoticeEvent.DAILY_DIGEST]
    assert "Role ended: Reader ended" in render_text(sent[0])
    assert "/inbox/" in render_text(sent[0])


def test_has_one_message_id_however_often_it_goes_out():
    a_notice()
    gather_digests(now=HOUR)

    assert compose(digests()[0]).extra_headers == compose(digests()[0]).extra_headers


def test_leaves_out_what_was_read_meanwhile():
    mark_read(notice=a_notice("a", subject="Read"), now=NOW)
    a_notice("b", subject="Unread")

    gather_digests(now=HOUR)

    assert digests()[0].facts == [["Role ended", "Unread"]]


def test_sends_nothing_where_all_was_read():
    mark_read(notice=a_notice(), now=NOW)

    assert gather_digests(now=HOUR) == 0

    assert digests() == []
    assert not Notice.objects.filter(state=Notice.State.DIGEST).exists()


def test_takes_along_what_came_after_the_hour():
    a_notice("a", subject="Before")
    a_notice("b", subject="After", now=HOUR)

    gather_digests(now=HOUR + INSTANT)
    gather_digests(now=HOUR + timedelta(days=1))

    assert [[subject for _, subject in digest.facts] for digest in digests()] == [["After", "Before"]]


def test_makes_one_for_each_person():
    NoticePreferences.objects.create(principal_id=ADA, digest_hour=HOUR.hour)
    a_notice("a")
    a_notice("a", to=a_recipient(ADA, "ada@example.com", "Ada"))

    assert gather_digests(now=HOUR) == 2

    assert {digest.address for digest in digests()} == {"john.doe@example.com", "ada@example.com"}


def test_lists_the_latest_and_says_how_many_more_there_are():
    for number in range(LISTED + 2):
        a_notice(str(number))

    gather_digests(now=HOUR)

    (digest,) = digests()
    assert len(digest.facts) == LISTED
    assert "There are 2 more." in digest.text


def test_has_done_all_or_nothing_when_it_is_killed(monkeypatch):
    a_notice()

    def die(*_args, **_kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Notice, "save", die)
        with pytest.raises(KeyboardInterrupt):
            gather_digests(now=HOUR)

    assert Notice.objects.get().state == Notice.State.DIGEST
    assert gather_digests(now=HOUR) == 1
