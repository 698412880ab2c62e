"""Webhooks are kept by Global Administrators, and what they lead to is nobody else's to know."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import Session
from apps.administration.services.webhooks import (
    add_webhook,
    change_webhook,
    delete_webhook,
    pause_webhook,
    renew_secret,
    resume_webhook,
    send_again,
    send_test,
)
from apps.audit.models import AuditEvent
from apps.common.errors import Conflict, Invalid, NotAllowed
from apps.notifications.messages import NoticeEvent
from apps.notifications.models import Webhook, WebhookDelivery
from tests.access_requests.pages import code_of, text_of
from tests.factories import acting
from tests.notifications.hooks import a_delivery, a_webhook

pytestmark = pytest.mark.django_db

URL = "https://chat.example.com/hooks/T0KEN?secret=T0KEN"


def add(user, now, name="Chat", url=URL, events=(), **facts):
    return add_webhook(name=name, url=url, events=events, actor=acting(user, now=now, **facts), now=now)


def last_sentence():
    return AuditEvent.objects.filter(action__startswith="webhook.").latest("at", "id").sentence


# ---- Commands ----------------------------------------------------------------------------------------------


def test_adds_a_webhook_with_a_secret_of_its_own(administrator, now):
    (first, one), (second, two) = add(administrator, now), add(administrator, now, "Tickets")

    assert (first.secret, second.secret, len(one)) == (one, two, 32)
    assert one != two
    assert (first.is_enabled, first.events, first.created_by) == (True, [], "Alma Admin")


def test_tells_the_log_everything_but_what_is_secret(administrator, now):
    actor = {"actor": acting(administrator, now=now), "now": now}
    webhook, secret = add(administrator, now)
    assert last_sentence() == "Alma Admin added the webhook Chat."
    steps = {
        "Alma Admin changed the webhook Desk.": lambda: change_webhook(
            webhook.pk, name="Desk", url="https://desk.example.com/T0KEN", events=[], **actor
        ),
        "Alma Admin made a new secret for the webhook Desk.": lambda: renew_secret(webhook.pk, **actor),
        "Alma Admin sent a test to the webhook Desk.": lambda: send_test(webhook.pk, **actor),
        "Alma Admin paused the webhook Desk.": lambda: pause_webhook(webhook.pk, **actor),
        "Alma Admin resumed the webhook Desk.": lambda: resume_webhook(webhook.pk, **actor),
        "Alma Admin deleted the webhook Desk.": lambda: delete_webhook(webhook.pk, **actor),
    }
    for number, (sentence, step) in enumerate(steps.items()):
        actor["now"] = now + timedelta(seconds=number + 1)
        step()
        assert last_sentence() == sentence

    written = json.dumps(list(AuditEvent.objects.values("details", "justification", "target_name")))
    assert "desk.example.com" in written
    assert "T0KEN" not in written
    assert base64.b64encode(secret).decode() not in written


@pytest.mark.parametrize("command", [pause_webhook, resume_webhook, renew_secret, delete_webhook, send_test])
def test_takes_a_global_administrator_with_a_fresh_factor(administrator, auditor, command, now):
    webhook = a_webhook()

    with pytest.raises(NotAllowed, match="Global Administrator"):
        command(webhook.pk, actor=acting(auditor, now=now), now=now)
    stale = acting(administrator, now=now, proven_at=now - timedelta(hours=1))
    with pytest.raises(NotAllowed, match="second factor"):
        command(webhook.pk, actor=stale, now=now)

    assert not AuditEvent.objects.filter(action__startswith="webhook.").exists()


def test_adds_nothing_for_anybody_else(administrator, auditor, now):
    with pytest.raises(NotAllowed, match="Global Administrator"):
        add(auditor, now)
    with pytest.raises(NotAllowed, match="second factor"):
        add(administrator, now, proven_at=now - timedelta(hours=1))
    with pytest.raises(Invalid, match="https"):
        add(administrator, now, url="ftp://chat.example.com/")

    assert not Webhook.objects.exists()


def test_gives_no_two_the_same_name(administrator, now):
    webhook, _ = add(administrator, now)
    other, _ = add(administrator, now, "Tickets")

    with pytest.raises(NotAllowed, match="Another webhook has this name"):
        add(administrator, now, " CHAT ")
    facts = {"url": URL, "events": [], "actor": acting(administrator, now=now), "now": now}
    with pytest.raises(NotAllowed, match="Another webhook has this name"):
        change_webhook(other.pk, name="chat", **facts)
    change_webhook(webhook.pk, name="CHAT", **facts)


def test_has_an_end_to_how_many_there_are(administrator, now):
    for number in range(20):
        a_webhook(f"Number {number}")

    with pytest.raises(NotAllowed, match="the most there can be"):
        add(administrator, now)


def test_signs_with_the_new_secret_from_then_on(administrator, now):
    webhook, old = add(administrator, now)

    _, new = renew_secret(webhook.pk, actor=acting(administrator, now=now), now=now)

    assert new != old
    assert Webhook.objects.get().secret == new


def test_sends_a_test_to_one_webhook_whatever_it_wants(administrator, now):
    webhook, other = a_webhook(events=["role_ended"]), a_webhook("Other")
    actor = acting(administrator, now=now)

    send_test(webhook.pk, actor=actor, now=now)
    send_test(webhook.pk, actor=actor, now=now)  # in the same second

    told = WebhookDelivery.objects.get()
    assert (told.webhook, told.event, json.loads(told.body)["event"]) == (webhook, "test", "test")
    pause_webhook(webhook.pk, actor=actor, now=now)
    with pytest.raises(NotAllowed, match="It is paused"):
        send_test(webhook.pk, actor=actor, now=now)
    assert not other.deliveries.exists()


def test_sends_again_what_was_given_up_and_nothing_that_waits(administrator, now):
    delivery, actor = a_delivery(now=now), acting(administrator, now=now)
    with pytest.raises(NotAllowed, match="being sent already"):
        send_again(delivery.pk, actor=actor, now=now)
    WebhookDelivery.objects.update(state="failed", failed_at=now, next_try_at=None, attempts=12)

    later = now + timedelta(days=3)
    with pytest.raises(NotAllowed, match="second factor"):
        send_again(delivery.pk, actor=acting(administrator, now=later, proven_at=now), now=later)
    send_again(delivery.pk, actor=acting(administrator, now=later), now=later)

    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.queued_at) == ("queued", 0, later)
    assert last_sentence() == "Alma Admin sent something again to the webhook Chat."


def test_deletes_a_webhook_with_its_log(administrator, now):
    delivery = a_delivery(now=now)

    delete_webhook(delivery.webhook_id, actor=acting(administrator, now=now), now=now)

    assert not WebhookDelivery.objects.exists()
    with pytest.raises(Conflict):
        pause_webhook(delivery.webhook_id, actor=acting(administrator, now=now), now=now)


# ---- Pages -------------------------------------------------------------------------------------------------


class TestThePages:
    @pytest.fixture
    def now(self):
        return timezone.now()

    @pytest.fixture
    def client(self, client, administrator):
        client.force_login(administrator)
        return client

    def test_shows_the_secret_on_the_answer_and_nowhere_else(self, client, administrator):
        typed = {"name": "Chat", "url": URL, "events": ["role_activated"]}
        answer = client.post(reverse("administration:add_webhook"), typed | {"code": code_of(administrator)})

        webhook = Webhook.objects.get()
        secret = f"whsec_{base64.b64encode(webhook.secret).decode()}"
        assert (webhook.url, webhook.events) == (URL, ["role_activated"])
        assert secret in text_of(answer)
        assert "no-store" in answer["Cache-Control"]
        pages = ("", "change/", "secret/")
        seen = [text_of(client.get(f"{webhook.get_absolute_url()}{page}")) for page in pages]
        assert not any("whsec_" in page for page in seen)
        assert not any("whsec_" in str(each.get_decoded()) for each in Session.objects.all())

        again = client.post(reverse("administration:renew_webhook_secret", args=[webhook.pk]))
        webhook.refresh_from_db()
        assert base64.b64encode(webhook.secret).decode() in text_of(again)
        assert secret not in text_of(again)

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ({"name": " ", "url": URL}, "Give a name."),
            ({"name": "Chat", "url": "chat.example.com"}, "begins with https://"),
            ({"name": "Chat", "url": "https://me:pass@chat.example.com/"}, "user name or password"),
            ({"name": "Chat", "url": "https://127.0.0.1/hook"}, "leads to this machine"),
            ({"name": "Chat", "url": URL, "events": ["account_changed"]}, "not there any more"),
        ],
    )
    def test_says_what_is_wrong(self, client, administrator, typed, said):
        answer = client.post(reverse("administration:add_webhook"), typed | {"code": code_of(administrator)})

        assert answer.status_code == 400
        assert said in text_of(answer)
        assert not Webhook.objects.exists()

    def test_shows_what_it_was_told_and_how_that_went(self, client, administrator, now):
        delivery = a_delivery(now=now, subject="PIM: Role of John ended")
        WebhookDelivery.objects.update(
            state="failed", failed_at=now, next_try_at=None, attempts=12, trouble="It answered 500."
        )

        page = text_of(client.get(delivery.webhook.get_absolute_url()))

        for word in ("PIM: Role of John ended", "Failed", "12", "It answered 500.", "Send again"):
            assert word in page
        again = reverse("administration:send_webhook_again", args=[delivery.pk])
        assert client.post(again).status_code == 400
        client.post(again, {"code": code_of(administrator)})
        assert "Waiting" in text_of(client.get(delivery.webhook.get_absolute_url()))

    def test_tests_pauses_resumes_and_deletes(self, client, administrator):
        webhook = a_webhook()

        def press(name):
            client.post(reverse(f"administration:{name}_webhook", args=[webhook.pk]), code)
            return Webhook.objects.filter(pk=webhook.pk).values_list("is_enabled", flat=True).first()

        code = {"code": code_of(administrator)}
        assert [press("test"), press("pause"), press("resume")] == [True, False, True]
        assert WebhookDelivery.objects.get().event == NoticeEvent.TEST_WEBHOOK
        assert press("delete") is None

    def test_lists_them_in_as_many_queries_however_many_there_are(
        self, client, django_assert_max_num_queries, now
    ):
        a_delivery(a_webhook("Number 0"), now=now)
        with django_assert_max_num_queries(99) as few:
            assert "Number 0" in text_of(client.get(reverse("administration:webhooks")))
        for number in range(1, 20):
            a_webhook(f"Number {number}", events=[NoticeEvent.ROLE_ENDED])
        with django_assert_max_num_queries(len(few)):
            assert "1 chosen" in text_of(client.get(reverse("administration:webhooks")))

    def test_shows_a_log_of_any_length_in_as_many_queries(self, client, django_assert_max_num_queries, now):
        webhook = a_webhook()
        for number in range(2):
            a_delivery(webhook, str(number), now=now)
        with django_assert_max_num_queries(99) as few:
            client.get(webhook.get_absolute_url())
        for number in range(2, 20):
            a_delivery(webhook, str(number), now=now)
        with django_assert_max_num_queries(len(few)):
            client.get(webhook.get_absolute_url())
