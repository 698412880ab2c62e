"""The programs a supervisor runs."""

from __future__ import annotations

import socket
import sys

from django.conf import settings

from apps.portal.supervisor import Program


def web(listener: socket.socket) -> Program:
    """The web server, on a socket that is open already: a port that is taken shows before anything starts."""
    options = {
        "--bind": f"fd://{listener.fileno()}",
        "--workers": str(settings.WEB_WORKERS),
        "--threads": "4",
        "--graceful-timeout": "3",
        "--log-level": "warning",
        "--forwarded-allow-ips": "",  # what a proxy says is Django's to judge (PIM_BEHIND_PROXY)
    }
    command = [sys.executable, "-m", "gunicorn", "pimportal.wsgi", "--preload", "--no-control-socket"]
    return Program(
        "web",
        [*command, *(word for option in options.items() for word in option)],
        files=(listener.fileno(),),
    )


def cluster() -> Program:
    return Program("worker", [sys.executable, "manage.py", "cluster"])


def audit_stream() -> Program:
    """Audit events to the standard output of whoever serves, as they are sealed (docs/audit.md)."""
    return Program("audit stream", [sys.executable, "manage.py", "audit", "stream"])
