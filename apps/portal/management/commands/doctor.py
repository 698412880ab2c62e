"""Says what is wrong with this installation, and what to do about it."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from apps.portal.doctor.examining import examine
from apps.portal.doctor.findings import Finding


class Command(BaseCommand):
    help = (
        "Examine settings, files, database, clocks, mail, worker, approvers and audit log. Changes nothing."
    )
    requires_system_checks = ()  # they are a part of it

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--quiet", action="store_true", help="say only what is wrong")

    def handle(self, *, quiet: bool, **_: Any) -> None:
        """Ends with 1 when something is wrong."""
        sick = False
        for matter, findings in examine(clock=timezone.now):
            wrong = [each for each in findings if each.is_wrong]
            self._tell(matter, wrong if quiet else findings, quiet=quiet)
            sick |= bool(wrong)
        if sick:
            sys.exit(1)

    def _tell(self, matter: str, findings: list[Finding], *, quiet: bool) -> None:
        if not findings and not quiet:
            self.stdout.write(f"{matter}: well.")
        for each in findings:
            self.stdout.write(f"{matter}: {'' if each.is_wrong else 'note. '}{each}")
