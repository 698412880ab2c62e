"""What `check --deploy` says about an installation, beyond Django's own checks.

What cannot work at all fails in `settings.py` at start; here stands what works and is unwise.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connection
from django.http.request import validate_host


@register(Tags.security, deploy=True)
def host_names(**_: object) -> list[CheckMessage]:
    """Links in mails are built from BASE_URL, so the portal has to answer there, and only there."""
    messages: list[CheckMessage] = []
    if "*" in settings.ALLOWED_HOSTS:
        messages.append(Error("ALLOWED_HOSTS lets every host name in.", hint="Name them.", id="pim.E001"))
    if not validate_host(urlsplit(settings.BASE_URL).hostname or "", settings.ALLOWED_HOSTS):
        messages.append(
            Error("The host of BASE_URL is not in ALLOWED_HOSTS.", hint="Add it there.", id="pim.E002")
        )
    return messages


@register(Tags.security, deploy=True)
def demo_is_off(**_: object) -> list[CheckMessage]:
    if not settings.DEMO:
        return []
    return [Error("The demo is on: its password is public.", hint="Unset PIM_DEMO.", id="pim.E003")]


@register(Tags.database, deploy=True)
def mail_and_database(**_: object) -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    if settings.MAIL_IS_KEPT:
        messages.append(
            Warning(
                "Mail is kept and not sent: approvers are not told.", hint="Set EMAIL_URL.", id="pim.W001"
            )
        )
    if connection.vendor == "sqlite":
        messages.append(
            Warning("SQLite serves one machine only.", hint="Set DATABASE_URL to PostgreSQL.", id="pim.W002")
        )
    return messages
