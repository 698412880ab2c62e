"""What webhooks are told of, and what is written down of it."""

import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.access_requests.asks import Ask
from apps.access_requests.services.door import submit
from apps.access_requests.states import Action
from apps.notifications.messages import Button, NoticeEvent
from apps.notifications.models import WebhookDelivery
from apps.notifications.policy import is_announced
from apps.notifications.services import notify, notify_each
from tests.factories import acting, activate
from tests.notifications.hooks import a_webhook
from tests.notifications.making import ADA, NOW, a_message, a_recipient

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

PERSONAL = {
    NoticeEvent.ACCOUNT_CHANGED,
    NoticeEvent.ACTIVATION_ENDS,
    NoticeEvent.DAILY_DIGEST,
    NoticeEvent.ENDS_SOON,
    NoticeEvent.TEST_MAIL,
    NoticeEvent.TEST_WEBHOOK,
    NoticeEvent.WEEKLY_DIGEST,
}


def announce(key="request:1:denied", **facts):
    notify_each(key=key, letters=(), announced=a_message(**facts), now=NOW)


def payload():
    return json.loads(WebhookDelivery.objects.get().body)


def test_says_of_each_event_whether_webhooks_hear_of_it():
    assert {event for event in NoticeEvent if not is_announced(event)} == PERSONAL


def test_tells_a_webhook_once_however_many_are_told():
    webhook = a_webhook()

    for _ in range(2):
        recipients = [a_recipient(), a_recipient(ADA, "ada@example.com")]
        notify(key="request:1:denied", message=a_message(), recipients=recipients, now=NOW)

    delivery = WebhookDelivery.objects.get()
    assert (delivery.webhook, delivery.key) == (webhook, "request:1:denied")
    assert (delivery.state, delivery.next_try_at) == ("queued", NOW)


def test_tells_a_webhook_where_nobody_else_is_told():
    a_webhook()

    announce(text="Why.", facts=(("Who", "Maria"), ("Who", "Jane")))

    told = payload()
    assert told == {
        "id": f"msg_{WebhookDelivery.objects.get().pk.hex}",
        "event": "role_ended",
        "subject": "Reader ended",
        "text": "Why.",
        "link": "http://127.0.0.1:8000/my-roles/",
        "facts": [{"label": "Who", "value": "Maria"}, {"label": "Who", "value": "Jane"}],
        "at": "2026-11-24T13:00:00+00:00",
    }


def test_never_tells_a_webhook_of_buttons():
    a_webhook()

    announce(buttons=(Button("Set password", "/links/1/", is_signed=True),))

    assert "links/1" not in WebhookDelivery.objects.get().body


@pytest.mark.parametrize("event", sorted(PERSONAL))
def test_tells_no_webhook_what_is_personal(event):
    a_webhook()

    announce(event=event)

    assert not WebhookDelivery.objects.exists()


def test_tells_those_who_want_the_event():
    every, chosen = a_webhook("All"), a_webhook("Chosen", events=["role_ended"])
    a_webhook("Others", events=["role_activated"])
    a_webhook("Paused", is_enabled=False)

    announce(event=NoticeEvent.ROLE_ENDED)

    assert {each.webhook for each in WebhookDelivery.objects.all()} == {every, chosen}


def test_costs_one_query_without_webhooks_and_two_with_many(django_assert_num_queries):
    with django_assert_num_queries(1):
        announce("a")
    for number in range(20):
        a_webhook(f"Number {number}")
    with django_assert_num_queries(2):
        announce("b")


def test_tells_nothing_of_a_change_that_is_rolled_back():
    a_webhook()

    with transaction.atomic():
        announce()
        transaction.set_rollback(True)

    assert not WebhookDelivery.objects.exists()


def test_refuses_a_second_row_for_the_same_event_in_the_database():
    a_webhook()
    announce()
    told = WebhookDelivery.objects.get()
    told.pk = None

    with pytest.raises(IntegrityError), transaction.atomic():
        told.save(force_insert=True)


def test_announces_an_activation_and_its_end_by_the_holder(requester, eligible, now):
    a_webhook()

    result = activate(eligible, requester, now=now).result
    later = now + timedelta(minutes=10)
    submit(
        Ask(Action.SELF_DEACTIVATE, assignment_id=result.id), actor=acting(requester, now=later), now=later
    )

    told = WebhookDelivery.objects.order_by("created_at").values_list("event", "subject")
    assert list(told) == [
        ("role_activated", "PIM: John Doe activated the Teams Administrator role"),
        ("role_ended", "PIM: John Doe's Teams Administrator role has ended"),
    ]
