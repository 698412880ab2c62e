"""What an examination finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Two sentences: what is wrong, and what to do about it."""

    what: str
    remedy: str
    is_wrong: bool = True

    def __str__(self) -> str:
        ended = self.what if self.what.endswith((".", "?")) else f"{self.what}."
        return f"{ended} {self.remedy}".rstrip()


def note(what: str, remedy: str = "") -> Finding:
    """What works, and is good to know."""
    return Finding(what, remedy, is_wrong=False)
