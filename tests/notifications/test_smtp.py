"""The way out, through a real SMTP server on a port of this machine."""

import asyncio
import logging
import signal
import ssl
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from ipaddress import ip_address

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.db import connection

from apps.notifications import mail
from apps.notifications.delivery import LEASE
from apps.notifications.models import Notice
from apps.notifications.tasks import deliver
from tests.driving.portal import free_port
from tests.driving.processes import Background
from tests.notifications.making import a_notice, a_recipient

pytestmark = pytest.mark.django_db


LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)  # due by any clock: the task reads the real one


def a_due_notice(key="assignment:1:ended", **facts):
    return a_notice(key, now=LONG_AGO, **facts)


class Letterbox:
    """Takes every mail, but for the addresses it knows not. To some it does something else, by their name."""

    def __init__(self):
        self.mails = []
        self.is_over = asyncio.Event()

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - its name
        if address.startswith("unknown"):
            return "550 no such user"
        if address.startswith("hang-up"):
            return "421 closing, try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802 - its name
        name = envelope.rcpt_tos[0].partition("@")[0]
        if name == "busy":
            return "451 4.3.0 try again later"
        if name == "spam":
            return "554 5.7.1 no"
        if name == "hang":
            await self.is_over.wait()
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        if name == "cut":
            server.transport.abort()
        return "250 OK"


@pytest.fixture
def letterbox():
    return Letterbox()


def a_server(letterbox, settings, **options):
    """On a port of its own, and the one that mail goes to. The caller starts and stops it."""
    controller = Controller(letterbox, hostname="127.0.0.1", port=free_port(), **options)
    settings.MAIL_IS_KEPT = False
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = controller.hostname, controller.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    return controller


@pytest.fixture
def server(letterbox, settings):
    controller = a_server(letterbox, settings)
    controller.start()
    yield controller
    if controller.loop.is_running():
        controller.loop.call_soon_threadsafe(letterbox.is_over.set)
        controller.stop()


def test_sends_text_and_html_with_a_subject_in_any_language(server, letterbox):
    notice = a_due_notice(subject="Rôle “Müller” beendet 🔑", text="Zugang für Jürgen endet um 14:00 CET.")

    assert deliver() == 1

    mail = letterbox.mails[0]
    assert mail["Subject"] == "PIM: Rôle “Müller” beendet 🔑"
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


# ---- What goes wrong ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "trouble"),
    [
        ("unknown", "The server refused the recipient: 550 no such user"),
        ("busy", "The server refused the mail: 451 4.3.0 try again later"),
        ("spam", "The server refused the mail: 554 5.7.1 no"),
        ("hang", "The server did not answer in time."),
        ("cut", "The server hung up in the middle."),
    ],
)
def test_says_what_went_wrong_and_sends_the_others(server, letterbox, monkeypatch, name, trouble):
    monkeypatch.setattr(mail, "TIMEOUT", 0.2)
    a_notice("bad", to=a_recipient(address=f"{name}@example.com"), now=LONG_AGO)
    a_notice("good", now=LONG_AGO + timedelta(hours=1))

    assert deliver() == 2

    bad, good = Notice.objects.get(key="bad"), Notice.objects.get(key="good")
    assert (bad.state, bad.attempts, bad.trouble) == (Notice.State.QUEUED, 1, trouble)
    assert (good.state, good.trouble) == (Notice.State.SENT, "")
    assert letterbox.mails[-1]["To"] == "john.doe@example.com"


def test_repeats_what_was_cut_off_with_the_same_message_id(server, letterbox):
    """The server had taken it; only its answer was lost."""
    notice = a_notice(to=a_recipient(address="cut@example.com"), now=LONG_AGO)
    deliver()
    Notice.objects.update(next_try_at=LONG_AGO)

    deliver()

    assert [mail["Message-ID"].split("@")[0] for mail in letterbox.mails] == [f"<{notice.id}"] * 2


# ---- Encryption --------------------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path):
    """Signed by itself, for 127.0.0.1."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")]),
    )
    day = timedelta(days=1)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - day)
        .not_valid_after(datetime.now(UTC) + day)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = tmp_path / "certificate.pem"
    path.write_bytes(made.public_bytes(form) + key.private_bytes(form, *plain))
    return path


@pytest.fixture
def encrypting(letterbox, settings, certificate):
    """A server that takes mail after STARTTLS only."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    controller = a_server(letterbox, settings, tls_context=context, require_starttls=True)
    settings.EMAIL_USE_TLS = True
    controller.start()
    yield controller
    controller.stop()


def test_sends_nothing_to_a_server_whose_certificate_is_not_trusted(encrypting, letterbox):
    notice = a_due_notice()

    deliver()

    notice.refresh_from_db()
    assert notice.state == Notice.State.QUEUED
    assert notice.trouble == "The certificate of the server is not trusted: self-signed certificate."
    assert letterbox.mails == []


def test_sends_to_a_server_whose_certificate_is_trusted(encrypting, letterbox, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    a_due_notice()

    deliver()

    assert len(letterbox.mails) == 1


def test_sends_nothing_to_a_server_that_cannot_encrypt(server, letterbox, settings):
    settings.EMAIL_USE_TLS = True
    notice = a_due_notice()

    deliver()

    notice.refresh_from_db()
    assert notice.trouble.startswith("The server cannot do what is asked of it: STARTTLS")
    assert letterbox.mails == []


# ---- A worker that is killed -------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_repeats_once_what_a_killed_worker_had_sent(server, letterbox, tmp_path):
    notice = a_due_notice()
    database, port = connection.settings_dict["NAME"], server.port
    worker = Background(tmp_path).start(
        *("-m", "tests.notifications.dying_worker"),
        DATABASE_URL=f"sqlite:///{database}",
        EMAIL_URL=f"smtp://127.0.0.1:{port}",
    )

    assert worker.wait(20) == -signal.SIGKILL
    notice.refresh_from_db()
    assert (len(letterbox.mails), notice.state, notice.attempts) == (1, Notice.State.SENDING, 1)
    assert deliver() == 0  # its lease has not run out
    Notice.objects.update(next_try_at=notice.next_try_at - LEASE)
    assert deliver() == 1
    assert deliver() == 0

    assert [mail["Message-ID"].split("@")[0] for mail in letterbox.mails] == [f"<{notice.id}"] * 2
