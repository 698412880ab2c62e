"""Sets an empty portal up on the console: its organisation, its first Global Administrator, a try of mail."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from apps.administration.selectors.installation import anybody_exists
from apps.administration.services.installation import Wanted, set_up
from apps.common.errors import DomainError
from apps.common.text import is_blank
from apps.notifications.links import signed_path
from apps.notifications.mail import complaint_of_server

_QUESTIONS = {
    "organisation": "Name of the organisation",
    "name": "Your name",
    "email": "Your e-mail address",
}


class Command(BaseCommand):
    help = (
        "Set an empty portal up: name the organisation, create its first Global Administrator, try the mail "
        "server, and print a link, for one hour and one use, to set password and second factor."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        for option, question in _QUESTIONS.items():
            parser.add_argument(f"--{option}", default="", help=f"{question}; asked for when not given")

    def handle(self, *, organisation: str, name: str, email: str, **_options: Any) -> None:
        _require_empty()
        given = {"organisation": organisation or settings.ORGANISATION, "name": name, "email": email}
        wanted = Wanted(**{option: given[option] or _ask(_QUESTIONS[option]) for option in _QUESTIONS})
        try:
            link = set_up(wanted, now=timezone.now())
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(_on_mail())
        self.stdout.write(f"The portal's address is {settings.BASE_URL}: mails lead there.")
        self.stdout.write("Open this link within an hour, and set your password and second factor:")
        self.stdout.write(settings.BASE_URL + signed_path(link.get_absolute_url(), link.user.email))


def _require_empty() -> None:
    try:
        somebody_is_here = anybody_exists()
    except DatabaseError as error:
        raise CommandError(f"The database is not ready: run manage.py migrate first. {error}") from error
    if somebody_is_here:
        raise CommandError("This portal is set up already. A way back in: manage.py recover-admin.")


def _ask(question: str) -> str:
    try:
        answer = input(f"{question}: ")
    except EOFError:
        answer = ""
    if is_blank(answer):
        raise CommandError(f"{question} is missing.")
    return answer


def _on_mail() -> str:
    if settings.MAIL_IS_KEPT:
        return "Mail: EMAIL_URL is not set, so mail is kept and not sent."
    if complaint := complaint_of_server():
        return f"Mail: {settings.EMAIL_HOST} does not answer as it should. {complaint}"
    return f"Mail: {settings.EMAIL_HOST} answers."
