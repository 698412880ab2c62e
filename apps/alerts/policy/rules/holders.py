"""What is found in who holds what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from apps.alerts.policy.terms import Found, Settings
from apps.audit.vocabulary import Party, Place


@dataclass(frozen=True)
class Row:
    """An assigned row that has not ended, as far as rules look at it."""

    id: str
    holder: Party
    is_guest: bool
    role: str
    is_privileged: bool
    kind: str  # "eligible" or "active"
    place: Place
    ends_at: datetime | None

    def found(self, text: str) -> Found:
        """Something about this row."""
        return Found(
            f"assignment:{self.id}", self.place, text, self.holder, self.role, {"assignment": self.id}
        )


def privileged_guests(rows: Iterable[Row], settings: Settings, now: datetime) -> Iterator[Found]:  # noqa: ARG001 (every rule is called alike)
    for row in rows:
        if row.is_guest and row.is_privileged:
            yield row.found(f"{row.holder.name}, a guest, is {row.kind} for {row.role} on {row.place.name}.")
