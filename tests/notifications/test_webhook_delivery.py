"""What is due is brought to real web servers, tried again, and given up."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apps.notifications import tasks
from apps.notifications.delivery import LEASE, claim, deliver_next
from apps.notifications.messages import NoticeEvent
from apps.notifications.models import Webhook, WebhookDelivery
from apps.notifications.policy import MAXIMUM_ATTEMPTS, WAITS
from apps.notifications.webhooks.couriers import PAUSE, Courier
from apps.notifications.webhooks.keeping import KEPT, WAITS_AT_MOST, tidy_deliveries
from tests.notifications.hooks import SECRET, a_delivery, a_webhook
from tests.notifications.making import NOW
from tests.notifications.web_server import a_sender, receiving

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def bring(*, now=NOW, sender=None):
    """One run of the worker; how many were tried."""
    courier, tried = Courier(sender or a_sender(), now), 0
    while deliver_next(now=now, send=courier.bring, table=WebhookDelivery):
        tried += 1
    return tried


def at(server, name="Chat", **facts):
    return a_webhook(name, f"http://hooks.example.com:{server.port}/hook", **facts)


def outcome(delivery):
    delivery.refresh_from_db()
    return delivery.state, delivery.attempts, delivery.status_code


def test_brings_what_is_due_once_and_says_when():
    with receiving(204) as server:
        delivery = a_delivery(at(server))

        assert bring() == 1
        assert bring(now=NOW + timedelta(days=2)) == 0

    (_, headers, body), *more = server.received
    assert outcome(delivery) == ("sent", 1, 204)
    assert (delivery.sent_at, delivery.trouble, more) == (NOW, "", [])
    assert headers["webhook-id"] == delivery.message_id
    assert body == delivery.body.encode()


def test_tries_again_what_was_refused_under_the_same_id():
    with receiving(500, 204) as server:
        delivery = a_delivery(at(server))

        bring()
        assert outcome(delivery) == ("queued", 1, 500)
        assert (delivery.trouble, delivery.next_try_at) == ("It answered 500.", NOW + WAITS[0])
        assert bring(now=NOW + WAITS[0] - timedelta(microseconds=1)) == 0
        bring(now=NOW + WAITS[0])

    assert outcome(delivery) == ("sent", 2, 204)
    first, second = (headers for _, headers, _ in server.received)
    assert first["webhook-id"] == second["webhook-id"]
    assert first["webhook-signature"] != second["webhook-signature"]  # of a later time


def test_gives_up_after_about_a_day():
    with receiving(503) as server:
        delivery, now = a_delivery(at(server)), NOW
        while delivery.state != "failed":
            bring(now=now)
            delivery.refresh_from_db()
            now = delivery.next_try_at or now

    assert len(server.received) == delivery.attempts == MAXIMUM_ATTEMPTS
    assert timedelta(days=1) <= delivery.failed_at - NOW < WAITS_AT_MOST


def test_repeats_it_once_when_the_worker_died_in_between():
    """It had been taken, and nobody noted that: the receiver knows it by its id."""

    def die_after(delivery):
        Courier(a_sender(), NOW).bring(delivery)
        raise KeyboardInterrupt

    with receiving(204) as server:
        delivery = a_delivery(at(server))
        with pytest.raises(KeyboardInterrupt):
            deliver_next(now=NOW, send=die_after, table=WebhookDelivery)

        assert bring(now=NOW + LEASE - timedelta(microseconds=1)) == 0
        assert bring(now=NOW + LEASE) == 1
        assert bring(now=NOW + LEASE * 3) == 0

    assert outcome(delivery) == ("sent", 2, 204)
    assert [headers["webhook-id"] for _, headers, _ in server.received] == [delivery.message_id] * 2


def test_gives_it_to_one_of_two_workers():
    delivery = a_delivery()

    assert claim(delivery.id, now=NOW, table=WebhookDelivery)
    assert claim(delivery.id, now=NOW, table=WebhookDelivery) is None


def test_asks_for_columns_of_its_own_row_when_it_claims(django_assert_num_queries):
    """What a join asks PostgreSQL does not ask again after it has waited for the row."""
    delivery = a_delivery()

    with django_assert_num_queries(2) as asked:
        claim(delivery.id, now=NOW, table=WebhookDelivery)

    update = asked.captured_queries[0]["sql"]
    table = connection.ops.quote_name("notifications_webhookdelivery")
    where = update.split(" WHERE ", 1)[1].split("SELECT")[0]
    assert f"{table}.{connection.ops.quote_name('state')} IN" in where


def test_brings_nothing_to_a_paused_webhook_until_it_is_resumed():
    with receiving(204) as server:
        delivery = a_delivery(at(server))
        Webhook.objects.update(is_enabled=False)
        assert bring() == 0
        assert claim(delivery.id, now=NOW, table=WebhookDelivery) is None

        Webhook.objects.update(is_enabled=True)
        assert bring() == 1


def test_does_not_wait_for_each_of_many_where_a_receiver_hangs():
    """Each would hold a worker for ten seconds, and everybody else's would come after them."""
    with receiving(500) as broken, receiving(204) as fine:
        first, _ = at(broken, "Broken"), at(fine, "Fine", events=["role_activated"])
        for number in range(3):
            a_delivery(first, str(number))
        a_delivery(first, "z", event=NoticeEvent.ROLE_ACTIVATED)

        bring()

    assert (len(broken.received), len(fine.received)) == (1, 1)
    waiting = first.deliveries.values_list("state", "next_try_at", "attempts")
    assert sorted(waiting) == [("queued", NOW + PAUSE, tried) for tried in (0, 0, 0, 1)]


def test_says_that_a_secret_cannot_be_read_any_more(settings):
    delivery = a_delivery()
    settings.FACTOR_KEYS = ["another-key"]

    bring()

    delivery.refresh_from_db()
    assert delivery.trouble == "Its secret cannot be read any more. Make a new one."


def test_keeps_no_secret_in_the_clear():
    webhook = a_webhook()

    assert webhook.secret == SECRET
    row = Webhook.objects.values().get()
    assert not any(SECRET in str(value).encode("latin-1", "ignore") for value in row.values())
    assert "whsec" not in str(row)


def test_gives_up_what_has_waited_for_more_than_a_day():
    paused = a_delivery(key="old")
    recent = a_delivery(paused.webhook, "new", now=NOW + timedelta(hours=2))

    tidy_deliveries(now=NOW + WAITS_AT_MOST + timedelta(seconds=1))

    paused.refresh_from_db()
    recent.refresh_from_db()
    assert (paused.state, recent.state) == ("failed", "queued")
    assert paused.trouble == "It waited for more than a day."


def test_forgets_after_a_month():
    webhook = a_webhook()
    a_delivery(webhook, "old")
    recent = a_delivery(webhook, "new", now=NOW + timedelta(days=1))

    tidy_deliveries(now=NOW + KEPT + timedelta(hours=1))

    assert list(WebhookDelivery.objects.all()) == [recent]


def test_is_done_by_the_worker(settings, monkeypatch):
    """The periodic job, with the clock and the settings that it reads itself."""
    settings.WEBHOOK_NETWORKS = ["only these"]
    monkeypatch.setattr(tasks, "Sender", lambda networks: a_sender() if networks == ["only these"] else None)
    with receiving(204) as server:
        delivery = a_delivery(at(server), now=timezone.now() - timedelta(seconds=1))

        assert tasks.tell_webhooks() == 1

    assert outcome(delivery) == ("sent", 1, 204)
