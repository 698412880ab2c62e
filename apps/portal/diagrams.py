"""The parts of `apps/README.md` that are drawn from the code, each between a pair of comments."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings

from apps.access_requests.states import INITIAL, TRANSITIONS
from apps.common.transition import mermaid

DOCUMENT = Path(settings.BASE_DIR) / "apps" / "README.md"


def draw(text: str) -> str:
    """`text` with every drawn part as the code has it now."""
    for name, diagram in {"states": _states()}.items():
        block = f"<!-- {name} -->\n```mermaid\n{diagram}\n```\n<!-- /{name} -->"
        text, found = re.subn(rf"<!-- {name} -->.*?<!-- /{name} -->", block, text, flags=re.DOTALL)
        if not found:
            raise ValueError(f"There is no place for “{name}” in {DOCUMENT.name}.")
    return text


def _states() -> str:
    starts = [f"    [*] --> {state}" for state in INITIAL]
    return "\n".join([mermaid(TRANSITIONS), *starts])
