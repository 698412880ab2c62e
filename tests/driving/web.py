"""The web server alone, under a supervisor, as `manage.py serve` runs it beside the worker."""

from __future__ import annotations

import socket

import django
from django.conf import settings

from apps.portal import programs
from apps.portal.supervisor import Supervisor


def main() -> None:
    django.setup()
    listener = socket.create_server((settings.LISTEN, settings.PORT), backlog=128)
    Supervisor([programs.web(listener)]).run()


if __name__ == "__main__":
    main()
