"""The way out, through a real SMTP server on a port of this machine."""

import logging
import socket
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller

from apps.notifications.models import Notice
from apps.notifications.tasks import deliver
from tests.notifications.making import a_notice, a_recipient

pytestmark = pytest.mark.django_db


LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)  # due by any clock: the task reads the real one


def a_due_notice(key="assignment:1:ended", **facts):
    return a_notice(key, now=LONG_AGO, **facts)


class Letterbox:
    """Takes every mail, but for the addresses it knows not."""

    def __init__(self):
        self.mails = []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - its name
        if address.startswith("unknown"):
            return "550 no such user"
        if address.startswith("hang-up"):
            return "421 closing, try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - its name
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def letterbox():
    return Letterbox()


def a_free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def server(letterbox, settings):
    controller = Controller(letterbox, hostname="127.0.0.1", port=a_free_port())
    controller.start()
    settings.MAIL_IS_KEPT = False
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = controller.hostname, controller.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    yield controller
    if controller.loop.is_running():
        controller.stop()


def test_sends_text_and_html_with_a_subject_in_any_language(server, letterbox):
    notice = a_due_notice(subject="Rôle “Müller” beendet 🔑", text="Zugang für Jürgen endet um 14:00 CET.")

    assert deliver() == 1

    mail = letterbox.mails[0]
    assert mail["Subject"] == "Rôle “Müller” beendet 🔑"
    assert mail["Message-ID"].startswith(f"<{notice.id}@")
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    for part in mail.iter_parts():
        assert "Zugang für Jürgen" in part.get_content()


def test_sends_many_and_goes_on_after_a_refused_address(server, letterbox):
    for number, name in enumerate(["a", "unknown", "b"]):
        a_due_notice(str(number), to=a_recipient(address=f"{name}@example.com"))

    assert deliver() == 3

    assert {mail["To"] for mail in letterbox.mails} == {"a@example.com", "b@example.com"}
    refused = Notice.objects.get(address="unknown@example.com")
    assert (refused.state, refused.attempts) == (Notice.State.QUEUED, 1)


def test_opens_a_new_connection_after_the_server_hung_up(server, letterbox):
    a_notice("first", to=a_recipient(address="hang-up@example.com"), now=LONG_AGO)
    a_notice("second", now=LONG_AGO + timedelta(hours=1))

    assert deliver() == 2

    assert [mail["To"] for mail in letterbox.mails] == ["john.doe@example.com"]


def test_loses_nothing_while_the_server_is_down(server, letterbox, caplog):
    notice = a_due_notice()
    server.stop()

    with caplog.at_level(logging.WARNING):
        assert deliver() == 1

    notice.refresh_from_db()
    assert (notice.state, notice.attempts) == (Notice.State.QUEUED, 1)
    assert "ConnectionRefusedError" in caplog.text


def test_tries_an_address_that_is_none_without_stopping(server, letterbox):
    a_due_notice("bad", to=a_recipient(address="no\nBcc: address@example.com"))
    a_due_notice("good")

    assert deliver() == 2

    assert [mail["To"] for mail in letterbox.mails] == ["john.doe@example.com"]


def test_sends_the_same_message_id_when_a_worker_died_before_noting_it(server, letterbox):
    notice = a_due_notice()
    deliver()
    Notice.objects.update(state=Notice.State.SENDING, sent_at=None, next_try_at=LONG_AGO)

    deliver()

    assert [mail["Message-ID"].split("@")[0] for mail in letterbox.mails] == [f"<{notice.id}"] * 2


def test_keeps_mail_in_the_table_without_a_server(server, letterbox, settings):
    settings.MAIL_IS_KEPT = True
    a_due_notice()

    assert deliver() == 1

    assert Notice.objects.get().state == Notice.State.KEPT
    assert letterbox.mails == []
