"""Prints the code with which somebody sets up their first second factor, or a new one for what is lost."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.accounts.selectors import user_by_email
from apps.accounts.services.one_time_codes import issue_enrolment_code, reset_factors
from apps.audit.vocabulary import CONSOLE
from apps.common.errors import DomainError


class Command(BaseCommand):
    help = "Print a code with which a person sets up their first second factor. An earlier one stops working."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="the address the person signs in with")
        parser.add_argument(
            "--lost",
            action="store_const",
            const=reset_factors,
            default=issue_enrolment_code,
            dest="issue",
            help="the person has lost their app and their recovery codes: delete both first",
        )

    def handle(self, *, email: str, issue: Callable[..., str], **_options: Any) -> None:
        user = user_by_email(email)
        if user is None:
            raise CommandError(f"Nobody signs in with {email}.")
        try:
            self.stdout.write(issue(user=user, actor=CONSOLE, now=timezone.now()))
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
