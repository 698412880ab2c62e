# ruff: noqa: N999 - the name is what people type, like `manage.py recover-admin`
"""Settles a database that was brought back from a backup, before anything is started."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.administration.services.restoring import settle_restored
from apps.common.text import counted


class Command(BaseCommand):
    help = (
        "After a restore, before the portal is started: end all sessions, void links and codes that were "
        "sent, and give up mail that waited and may have gone out since."
    )

    def handle(self, **_: Any) -> None:
        settled = settle_restored(now=timezone.now())
        for word in ("session", "link", "mail"):
            self.stdout.write(f"{counted(settled[f'{word}s'], word)} ended.")
        self.stdout.write(
            f"Nothing is known of what happened after {settled['known_until'] or 'the beginning'}: access "
            "that was removed since is back, passwords and second factors are those of then."
        )
