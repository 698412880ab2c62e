"""Background tasks alone, for further machines beside the one that serves."""

from __future__ import annotations

from django.core.management.base import BaseCommand

from apps.portal.programs import cluster
from apps.portal.supervisor import Supervisor


class Command(BaseCommand):
    help = "Run background tasks: what the clock ends, mails. Any number of machines may do so."
    requires_system_checks = ()  # as for `serve`

    def handle(self, **_: object) -> None:
        Supervisor([cluster()]).run()
