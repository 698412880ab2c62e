"""Draw the generated parts of `apps/README.md` anew."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.portal.diagrams import DOCUMENT, draw


class Command(BaseCommand):
    help = "Draws the diagrams of apps/README.md from the code."

    def handle(self, **_: Any) -> None:
        DOCUMENT.write_text(draw(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
        self.stdout.write(f"{DOCUMENT} is up to date.")
