"""Everything the portal needs, in one command: web and worker under one supervisor."""

from __future__ import annotations

import errno
import os
import socket

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from django.urls import reverse
from django.utils import timezone

from apps.administration.selectors.installation import anybody_exists
from apps.administration.services.installation import new_setup_code
from apps.portal import programs
from apps.portal.demo.cast import CAST, PASSWORD
from apps.portal.demo.seed import seed_demo
from apps.portal.health import is_migrated
from apps.portal.supervisor import Supervisor

_SETUP = "administration:setup"


class Command(BaseCommand):
    help = "Serve the portal: web server and background worker together, until Ctrl-C or SIGTERM."
    requires_system_checks = ()  # they are of the code; settings that cannot work fail as they are read

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--migrate", action="store_true", help="bring the database up to date first")
        parser.add_argument(
            "--attached", action="store_true", help="stop when the process that started this has gone"
        )

    def handle(self, *, migrate: bool, attached: bool, **_: object) -> None:
        if not settings.DEMO and not (settings.STATIC_ROOT / "staticfiles.json").is_file():
            raise CommandError("Static files are not collected. Run `manage.py collectstatic` first.")
        starter = os.getppid() if attached else None
        listener = self._listen()
        self._prepare_database(migrate=migrate or settings.DEMO)
        self._greet()
        connections.close_all()
        others = [programs.audit_stream()] if settings.AUDIT_STREAM else []
        Supervisor([programs.web(listener), programs.cluster(), *others], attached_to=starter).run()

    def _listen(self) -> socket.socket:
        """Take the port before anything else, so that a port that is taken costs no time."""
        family = socket.AF_INET6 if ":" in settings.LISTEN else socket.AF_INET
        try:
            return socket.create_server((settings.LISTEN, settings.PORT), family=family, backlog=128)
        except OSError as error:
            raise CommandError(_why_not(error)) from None

    def _prepare_database(self, *, migrate: bool) -> None:
        settings.DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        if migrate:
            call_command("migrate", verbosity=0, interactive=False)
        elif not is_migrated():
            raise CommandError("The database is behind this version. Start with `manage.py serve --migrate`.")
        if settings.DEMO:
            seed_demo(timezone.now())

    def _greet(self) -> None:
        self.stdout.write(f"PIM Portal: {settings.BASE_URL}   (Ctrl-C stops it)")
        if settings.DEMO:
            width = max(len(account.email) for account in CAST)
            self.stdout.write(f"Demo accounts, all with the password {PASSWORD}:")
            for account in CAST:
                self.stdout.write(f"  {account.email:{width}}  {account.what}")
        elif not anybody_exists():
            self._lead_to_setup()
        self.stdout.flush()

    def _lead_to_setup(self) -> None:
        code = new_setup_code()
        self.stdout.write(f"Nobody is here yet. Set the portal up at {settings.BASE_URL}{reverse(_SETUP)}")
        self.stdout.write(f"Set-up code: {code}   (works once; the next start prints a new one)")


def _why_not(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {settings.PORT} is taken. Choose another, such as `make run PORT={settings.PORT + 1}`."
    return f"Cannot listen on {settings.LISTEN} port {settings.PORT}: {error.strerror}."
