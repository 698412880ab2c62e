"""Draw the generated parts of documents anew."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.portal.diagrams import DOCUMENTS, draw


class Command(BaseCommand):
    help = "Draws what the code says into apps/README.md, docs/audit-events.md and the file of icons."

    def handle(self, **_: Any) -> None:
        for document in DOCUMENTS:
            document.write_text(draw(document), encoding="utf-8")
            self.stdout.write(f"{document} is up to date.")
