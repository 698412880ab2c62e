"""What can be asked without the database: settings, files, the mail server."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings
from django.core.checks import ERROR, CheckMessage, run_checks

from apps.common.text import one_line
from apps.notifications.mail import complaint_of_server
from apps.portal.doctor.findings import Finding

LEAST_SPACE = 512  # MiB
_WAY_IN, _ANYTHING = 0o011, 0o077  # what a folder, and a file, may grant to others than their owner


def settings_findings() -> Iterator[Finding]:
    """What `check --deploy` says; the demo is not judged by what production needs. What cannot work at all
    has stopped this very command, with a sentence for each."""
    yield from of_messages(run_checks(include_deployment_checks=not settings.DEMO))


def of_messages(messages: Iterable[CheckMessage]) -> Iterator[Finding]:
    for each in messages:
        yield Finding(one_line(each.msg), one_line(each.hint or ""), is_wrong=each.level >= ERROR)


def file_findings() -> Iterator[Finding]:
    """Of the folder that holds the keys and, with SQLite, the database."""
    folder = settings.DATA_DIR
    if folder.is_dir():
        secret = (path for path in (folder / "env", *folder.glob("*.sqlite3*")) if path.is_file())
        for path in secret if _is_open(folder, _WAY_IN) else ():
            yield from of_secret(path)
        yield from of_space(folder, shutil.disk_usage(folder).free // 2**20)


def of_secret(path: Path) -> Iterator[Finding]:
    if _is_open(path, _ANYTHING):
        yield Finding(f"Others on this machine can read {path}.", f"Run: chmod 600 {path}")


def _is_open(path: Path, ways: int) -> bool:
    return bool(path.stat().st_mode & ways)


def of_space(folder: Path, free: int) -> Iterator[Finding]:
    if free < LEAST_SPACE:
        yield Finding(f"The disk of {folder} has {free} MiB left.", "Make room, or nothing can be written.")


def mail_server_findings() -> Iterator[Finding]:
    """Connects, signs in and hangs up; nothing is sent."""
    if not settings.MAIL_IS_KEPT and (complaint := complaint_of_server()):
        name = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
        yield Finding(f"{name} does not answer as it should. {complaint}", "Look at EMAIL_URL.")
