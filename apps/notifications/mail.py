"""The mail of a notice: text and HTML from one pair of templates, and the connection it goes out by."""

from __future__ import annotations

from email.utils import formataddr, parseaddr
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from django.conf import settings
from django.core import mail
from django.template.loader import render_to_string

from apps.common.organisation import organisation_name
from apps.common.text import is_address
from apps.notifications.links import signed_path
from apps.notifications.models import Notice

SENDER_NAME = "PIM Portal"
MARK = "PIM:"
TIMEOUT = 10  # seconds for each step of the conversation with the server


def render_text(notice: Notice) -> str:
    text = render_to_string("notifications/mail.txt", _context(notice))
    return (
        text.strip() + "\n"
    )  # a plain string again: what Django renders counts as safe HTML, and this is text


def render_html(notice: Notice) -> str:
    return render_to_string("notifications/mail.html", _context(notice))


def compose(notice: Notice) -> mail.EmailMultiAlternatives:
    """The same notice always gets the same Message-ID: a mail that goes out twice is shown once. Raises
    `ValueError` for an address that is none."""
    if not is_address(notice.address):
        raise ValueError("no address")
    message = mail.EmailMultiAlternatives(
        subject=_subject(notice),
        body=render_text(notice),
        from_email=formataddr((SENDER_NAME, parseaddr(settings.DEFAULT_FROM_EMAIL)[1])),
        to=[notice.address],
        headers={
            "Message-ID": f"<{notice.id}@{urlsplit(settings.BASE_URL).hostname}>",
            "Auto-Submitted": "auto-generated",  # keeps out-of-office answers away
            **({"X-Request-ID": notice.trace_id} if notice.trace_id else {}),
        },
    )
    message.attach_alternative(render_html(notice), "text/html")
    return message


class Postman:
    """Sends notices over one connection, opened when first needed and again after each failure."""

    def __init__(self) -> None:
        self._connection = mail.get_connection(timeout=TIMEOUT)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def send(self, notice: Notice) -> None:
        """Raises `OSError` (every SMTP error is one) or `ValueError` (no address) when it did not go out."""
        message = compose(notice)
        try:
            self._connection.open()
            self._connection.send_messages([message])
        except OSError:
            self._connection.close()
            raise


def complaint_of_server() -> str:
    """Open a connection to the mail server, sign in and hang up. What goes wrong, in the server's words or
    the system's; empty when nothing does."""
    connection = mail.get_connection(timeout=TIMEOUT)
    try:
        connection.open()
    except OSError as error:  # every SMTP error is one
        return f"{type(error).__name__}: {error}"
    finally:
        connection.close()
    return ""


def _subject(notice: Notice) -> str:
    """By its first word mailboxes sort what comes from here, as in Entra."""
    return notice.subject if notice.subject.startswith(MARK) else f"{MARK} {notice.subject}"


def _context(notice: Notice) -> dict[str, Any]:
    return {
        "notice": notice,
        "organisation": organisation_name(),
        "base_url": settings.BASE_URL,
        "text": _indented(notice.text),
        "facts": [(label, _indented(value)) for label, value in notice.facts],
        "buttons": [_addressed(button, notice) for button in notice.buttons] or _default_buttons(notice),
        "is_signed": any(button.get("is_signed") for button in notice.buttons),
    }


def _addressed(button: dict[str, Any], notice: Notice) -> dict[str, Any]:
    """The button as this mail has it: a signed one gets the secret for its address."""
    if not button.get("is_signed"):
        return button
    return button | {"path": signed_path(button["path"], notice.address)}


def _indented(text: str) -> str:
    """A second line of what somebody wrote must not look like a line of ours, whatever breaks the line."""
    return "\n    ".join(text.splitlines())


def _default_buttons(notice: Notice) -> list[dict[str, Any]]:
    return [{"label": "Open in PIM Portal", "path": notice.link, "danger": False}] if notice.link else []
