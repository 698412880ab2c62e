import logging
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from apps.notifications.messages import Button, NoticeEvent, Recipient
from apps.notifications.models import Notice
from apps.notifications.services import mark_all_read, mark_read, notify, notify_each
from tests.notifications.making import ADA, JOHN, NOW, a_message, a_notice, a_recipient

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

LATER = NOW + timedelta(minutes=5)


def tell(*recipients, key="request:1:denied", **facts):
    """How many notices it makes."""
    before = Notice.objects.count()
    notify(key=key, message=a_message(**facts), recipients=recipients, now=NOW)
    return Notice.objects.count() - before


def test_writes_one_notice_for_each_address():
    made = tell(a_recipient(), a_recipient(ADA, "ada@example.com", "Ada Admin"))

    assert made == 2
    assert set(Notice.objects.values_list("recipient_id", "address")) == {
        (JOHN, "john.doe@example.com"),
        (ADA, "ada@example.com"),
    }


def test_writes_down_everything_the_mail_will_say():
    tell(
        a_recipient(),
        event=NoticeEvent.APPROVAL_NEEDED,
        facts=(("Who", "Maria"), ("Role", "Reader")),
        buttons=(Button("Approve", "/approve/1/"), Button("Deny", "/approve/1/?choice=deny", danger=True)),
    )

    notice = Notice.objects.get()
    assert (notice.event, notice.state, notice.next_try_at) == ("approval_needed", "queued", NOW)
    assert notice.facts == [["Who", "Maria"], ["Role", "Reader"]]
    deny = {"label": "Deny", "path": "/approve/1/?choice=deny", "danger": True, "is_signed": False}
    assert notice.buttons[1] == deny


def test_tells_an_address_once_whatever_its_case():
    assert tell(a_recipient(address="John.Doe@example.com"), a_recipient(address="john.doe@EXAMPLE.com")) == 1


def test_tells_nobody_twice_of_the_same_event():
    tell(a_recipient())

    again = tell(a_recipient(address="JOHN.DOE@example.com"), a_recipient(ADA, "ada@example.com"))

    assert again == 1
    assert Notice.objects.count() == 2


def test_tells_again_of_another_event():
    tell(a_recipient(), key="request:1:denied")

    assert tell(a_recipient(), key="request:2:denied") == 1


def test_refuses_the_same_key_and_address_twice_in_the_database():
    notice = a_notice()

    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.create(
            key=notice.key, address="JOHN.DOE@example.com", text="", created_at=NOW, next_try_at=NOW
        )


def test_tells_the_first_thousand_and_says_so_in_the_log(caplog):
    crowd = [Recipient(f"p{number}@example.com") for number in range(1003)]

    with caplog.at_level(logging.WARNING):
        made = tell(*crowd)

    assert made == 1000
    assert not Notice.objects.filter(address="p1000@example.com").exists()
    assert "3 recipients are not told" in caplog.text


def test_tells_at_most_a_thousand_of_one_event_in_several_calls():
    tell(*(Recipient(f"p{number}@example.com") for number in range(999)))

    made = tell(Recipient("P1@example.com"), Recipient("a@example.com"), Recipient("b@example.com"))

    assert made == 1
    assert Notice.objects.filter(address="a@example.com").exists()


def test_makes_the_subject_one_line():
    tell(a_recipient(), subject="Denied\r\nBcc: everybody@example.com\x00\u202e" + "x" * 300)

    subject = Notice.objects.get().subject
    assert subject.startswith("Denied Bcc: everybody@example.com x")
    assert len(subject) == 200


def test_goes_with_the_change_that_is_rolled_back():
    with transaction.atomic():
        tell(a_recipient())
        transaction.set_rollback(True)

    assert not Notice.objects.exists()


def test_tells_nobody_when_there_is_nobody_to_tell(django_assert_num_queries):
    with django_assert_num_queries(1):  # is there a webhook?
        notify(key="request:1:denied", message=a_message(), recipients=[], now=NOW)


@pytest.mark.parametrize("size", [1, 20])
def test_tells_many_each_in_their_own_words_in_three_queries(django_assert_num_queries, size):
    letters = [
        (Recipient(f"p{number}@example.com", principal_id=uuid4()), a_message(subject=f"For {number}"))
        for number in range(size)
    ]

    with django_assert_num_queries(4):
        notify_each(key="request:1:denied", letters=letters, announced=a_message(), now=NOW)

    assert Notice.objects.get(address=f"p{size - 1}@example.com").subject == f"For {size - 1}"
    assert Notice.objects.count() == size


def test_notes_when_a_notice_was_read_first():
    notice = a_notice()

    mark_read(notice=notice, now=LATER)
    mark_read(notice=notice, now=LATER + timedelta(hours=1))

    notice.refresh_from_db()
    assert notice.read_at == LATER


def test_marks_all_that_had_come_when_the_page_was_shown():
    shown = a_notice("a", now=NOW)
    late = a_notice("b", now=NOW + timedelta(microseconds=1))
    others = a_notice("c", to=a_recipient(ADA, "ada@example.com"))

    marked = mark_all_read(principal_id=JOHN, until=NOW, now=LATER)

    assert marked == 1
    assert set(Notice.objects.unread()) == {late, others}
    assert Notice.objects.get(id=shown.id).read_at == LATER
