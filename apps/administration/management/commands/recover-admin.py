# ruff: noqa: N999 - the name is what people type, like `manage.py recover-admin`
"""Prints a link with which a locked-out Global Administrator sets password and second factor anew."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.accounts.selectors import user_by_email
from apps.administration.services.recovery import recover_admin
from apps.common.errors import DomainError
from apps.notifications.links import signed_path


class Command(BaseCommand):
    help = (
        "Print a link, for one hour and one use, with which a Global Administrator sets password and second "
        "factor anew. Those they had stop working. All administrators are told."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="the address the administrator signs in with")

    def handle(self, *, email: str, **_options: Any) -> None:
        user = user_by_email(email)
        if user is None:
            raise CommandError(f"Nobody signs in with {email}.")
        try:
            link = recover_admin(user, now=timezone.now())
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(settings.BASE_URL + signed_path(link.get_absolute_url(), user.email))
