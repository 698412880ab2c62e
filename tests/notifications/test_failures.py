import smtplib
import socket
import ssl

import pytest

from apps.notifications.failures import LONGEST, in_words

REFUSED = {"x@example.com": (550, b"5.1.1 no such user")}


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (smtplib.SMTPRecipientsRefused(REFUSED), "The server refused the recipient: 550 5.1.1 no such user"),
        (smtplib.SMTPSenderRefused(501, b"who?", "us"), "The server refused the sender: 501 who?"),
        (smtplib.SMTPAuthenticationError(535, b"sesame"), "The server refused our name or password: 535."),
        (smtplib.SMTPDataError(554, b"spam\nagain"), "The server refused the mail: 554 spam again"),
        (smtplib.SMTPConnectError(421, "busy"), "The server refused the mail: 421 busy"),
        (
            smtplib.SMTPNotSupportedError("No STARTTLS."),
            "The server cannot do what is asked of it: No STARTTLS.",
        ),
        (
            smtplib.SMTPServerDisconnected("Connection unexpectedly closed"),
            "The server hung up in the middle.",
        ),
        (smtplib.SMTPServerDisconnected("closed: timed out"), "The server did not answer in time."),
        (TimeoutError("timed out"), "The server did not answer in time."),
        (ssl.SSLError("x"), "The connection to the server could not be encrypted."),
        (socket.gaierror(-2, "Name or service not known"), "The name of the server is not known."),
        (
            ConnectionRefusedError(111, "Connection refused"),
            "The server cannot be reached: Connection refused.",
        ),
        (OSError(), "The server cannot be reached: OSError."),
        (ValueError("no address"), "This is no address that mail can be sent to."),
    ],
    ids=str,
)
def test_says_what_went_wrong_in_one_line(error, words):
    assert in_words(error) == words


@pytest.mark.parametrize(
    "answer",
    [
        b"blocked: https://pim.example.com/account/link/1/?key=secret is listed",
        b"blocked: <a href='https://pim.example.com/?key=secret'>",
        b"blocked: /account/link/1/?key=secret",
    ],
)
def test_repeats_no_link_that_the_server_read_in_the_mail(answer):
    assert "secret" not in in_words(smtplib.SMTPDataError(554, answer))


def test_keeps_a_long_answer_short():
    assert len(in_words(smtplib.SMTPDataError(554, b"no " * 1000))) < LONGEST


def test_takes_an_answer_in_no_encoding():
    assert in_words(smtplib.SMTPDataError(554, b"\xff\xfe no\x00")).startswith(
        "The server refused the mail: 554"
    )
