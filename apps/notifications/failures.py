"""Why something did not go out, in words for people: one line, and nothing secret in it."""

from __future__ import annotations

import smtplib
import socket
import ssl

from apps.common.text import one_line
from apps.notifications.webhooks.sending import NotDelivered

LONGEST = 300
WORKER_DIED = "The worker ended each time before the server had taken it."
_LONGEST_ANSWER = 200
_HIDDEN = ("://", "key=")  # a server may repeat what the mail says, and a link in it may be a credential


def in_words(error: OSError | ValueError) -> str:
    """What an attempt ended with."""
    return one_line(_sentence(error), LONGEST)


def _sentence(error: OSError | ValueError) -> str:
    match error:
        case NotDelivered():
            return str(error)
        case smtplib.SMTPRecipientsRefused():
            code, answer = next(iter(error.recipients.values()))
            return f"The server refused the recipient: {_answer(code, answer)}"
        case smtplib.SMTPSenderRefused():
            return f"The server refused the sender: {_answer(error.smtp_code, error.smtp_error)}"
        case smtplib.SMTPAuthenticationError():
            return f"The server refused our name or password: {error.smtp_code}."
        case smtplib.SMTPResponseException():
            return f"The server refused the mail: {_answer(error.smtp_code, error.smtp_error)}"
        case smtplib.SMTPNotSupportedError():
            return f"The server cannot do what is asked of it: {error}"
        case smtplib.SMTPServerDisconnected() if "timed out" not in str(error):
            return "The server hung up in the middle."
        case TimeoutError() | smtplib.SMTPServerDisconnected():
            return "The server did not answer in time."
        case ssl.SSLCertVerificationError():
            return f"The certificate of the server is not trusted: {error.verify_message}."
        case ssl.SSLError():
            return "The connection to the server could not be encrypted."
        case socket.gaierror():
            return "The name of the server is not known."
        case OSError():
            return f"The server cannot be reached: {error.strerror or type(error).__name__}."
    return "This is no address that mail can be sent to."


def _answer(code: int, answer: bytes | str) -> str:
    """What the server said, without anything that it may have read in the mail."""
    said = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    words = ["…" if any(hidden in word for hidden in _HIDDEN) else word for word in said.split()]
    return one_line(f"{code} {' '.join(words)}", _LONGEST_ANSWER)
