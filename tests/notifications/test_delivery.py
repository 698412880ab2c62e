import logging
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from apps.notifications.delivery import LEASE, claim, deliver_next, keep_due
from apps.notifications.failures import WORKER_DIED
from apps.notifications.models import Notice
from apps.notifications.policy import MAXIMUM_ATTEMPTS, WAITS
from tests.notifications.making import NOW, a_notice

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

MINUTE = timedelta(minutes=1)
INSTANT = timedelta(microseconds=1)


class Server:
    """Takes mail, or says no to the addresses it was told."""

    def __init__(self, *refused):
        self.refused = refused
        self.taken = []

    def send(self, notice):
        if notice.address in self.refused:
            raise ConnectionRefusedError
        self.taken.append(notice.id)


def deliver_all(server, *, now=NOW):
    while deliver_next(now=now, send=server.send):
        pass


def die(_notice):
    raise KeyboardInterrupt


def test_sends_what_is_due_and_says_when():
    notice, server = a_notice(), Server()

    deliver_all(server)

    notice.refresh_from_db()
    assert server.taken == [notice.id]
    assert (notice.state, notice.sent_at, notice.attempts) == (Notice.State.SENT, NOW, 1)


def test_sends_nothing_twice():
    a_notice()
    server = Server()

    deliver_all(server)
    deliver_all(server, now=NOW + timedelta(days=2))

    assert len(server.taken) == 1


@pytest.mark.parametrize(("at", "is_due"), [(-INSTANT, False), (0 * INSTANT, True), (INSTANT, True)])
def test_waits_until_the_time_has_come(at, is_due):
    a_notice(now=NOW)

    assert deliver_next(now=NOW + at, send=Server().send) is is_due


def test_tries_again_after_a_wait_when_the_server_says_no():
    notice = a_notice()
    deliver_all(Server(notice.address))
    notice.refresh_from_db()
    server = Server()

    deliver_all(server, now=NOW + WAITS[0] - INSTANT)
    assert server.taken == []
    deliver_all(server, now=NOW + WAITS[0])

    assert (notice.state, notice.next_try_at) == (Notice.State.QUEUED, NOW + WAITS[0])
    assert server.taken == [notice.id]


def test_sends_the_others_when_one_fails():
    a_notice("a")
    Notice.objects.update(address="refused@example.com")
    good = a_notice("b", now=NOW)
    server = Server("refused@example.com")

    deliver_all(server)

    assert server.taken == [good.id]


def test_gives_up_after_about_a_day(caplog):
    notice, server, now = a_notice(), Server("john.doe@example.com"), NOW

    with caplog.at_level(logging.ERROR):
        for wait in (*WAITS, timedelta()):
            deliver_all(server, now=now)
            now += wait

    notice.refresh_from_db()
    assert (notice.state, notice.attempts) == (Notice.State.FAILED, MAXIMUM_ATTEMPTS)
    assert (notice.failed_at, notice.next_try_at) == (NOW + sum(WAITS, timedelta()), None)
    assert str(notice.id) in caplog.text


def test_keeps_what_mails_say_out_of_the_log(caplog):
    a_notice(subject="Secret subject", text="Secret reason")

    with caplog.at_level(logging.DEBUG):
        deliver_all(Server("john.doe@example.com"))

    assert "ConnectionRefusedError" in caplog.text
    assert "Secret" not in caplog.text
    assert "john.doe" not in caplog.text


def test_counts_the_attempt_before_the_work():
    notice = a_notice()

    with pytest.raises(KeyboardInterrupt):
        deliver_next(now=NOW, send=die)

    notice.refresh_from_db()
    assert (notice.state, notice.attempts) == (Notice.State.SENDING, 1)
    assert notice.next_try_at == NOW + LEASE


def test_sends_once_more_what_a_dead_worker_left():
    notice, server = a_notice(), Server()
    with pytest.raises(KeyboardInterrupt):
        deliver_next(now=NOW, send=die)

    deliver_all(server, now=NOW + LEASE - INSTANT)
    assert server.taken == []
    deliver_all(server, now=NOW + LEASE)

    assert server.taken == [notice.id]


def test_gives_up_on_a_mail_that_kills_every_worker():
    notice, now = a_notice(), NOW
    for _ in range(MAXIMUM_ATTEMPTS):
        with pytest.raises(KeyboardInterrupt):
            deliver_next(now=now, send=die)
        now += LEASE

    deliver_next(now=now, send=die)

    notice.refresh_from_db()
    assert notice.state == Notice.State.FAILED
    assert notice.trouble == WORKER_DIED
    assert not deliver_next(now=now + LEASE, send=die)


def test_gives_up_on_what_waits_with_all_attempts_used():
    notice = a_notice()
    Notice.objects.update(attempts=MAXIMUM_ATTEMPTS)

    deliver_all(Server())

    notice.refresh_from_db()
    assert notice.state == Notice.State.FAILED


def test_lets_a_slow_worker_change_nothing_after_its_lease():
    notice = a_notice()

    def send_slowly(_notice):
        assert claim(notice.id, now=NOW + LEASE)  # meanwhile somebody else has it
        raise ConnectionResetError

    deliver_next(now=NOW, send=send_slowly)

    notice.refresh_from_db()
    assert (notice.state, notice.attempts) == (Notice.State.SENDING, 2)


def test_lets_one_worker_claim_a_notice():
    notice = a_notice()

    assert claim(notice.id, now=NOW)
    assert claim(notice.id, now=NOW) is None


def test_keeps_mail_where_there_is_no_server():
    notice = a_notice()

    assert keep_due(now=NOW) == 1
    deliver_all(server := Server(), now=NOW + timedelta(days=1))

    notice.refresh_from_db()
    assert notice.state == Notice.State.KEPT
    assert server.taken == []


@pytest.mark.parametrize(
    "outcome",
    [
        {"next_try_at": None},
        {"state": Notice.State.SENT, "next_try_at": None},
        {"state": Notice.State.SENT, "sent_at": NOW},
        {"state": Notice.State.FAILED, "next_try_at": None},
        {"state": Notice.State.DIGEST, "next_try_at": None},
        {"state": Notice.State.INBOX},
        {"failed_at": NOW},
    ],
)
def test_refuses_a_state_that_does_not_say_when(outcome):
    a_notice()

    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.update(**outcome)


def test_says_what_went_wrong_until_it_goes_right():
    notice = a_notice()
    deliver_all(Server(notice.address))
    notice.refresh_from_db()
    assert notice.trouble == "The server cannot be reached: ConnectionRefusedError."

    deliver_all(Server(), now=NOW + WAITS[0])

    notice.refresh_from_db()
    assert notice.trouble == ""


def test_finds_what_is_due_by_an_index():
    """However many notices there are, and however many of them wait for their hour."""
    due = Notice.objects.due(NOW).order_by("next_try_at", "id")[:1]

    assert ("notice_due" in due.explain()) or connection.vendor != "sqlite"
