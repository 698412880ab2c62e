"""What is found in what connectors see in their target systems."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from apps.alerts.policy.terms import Found, Settings
from apps.audit.vocabulary import Party, Place


@dataclass(frozen=True, slots=True)
class Seen:
    """A role that somebody has in a target system, as a connector knows it there."""

    id: str  # of the connector, the same each time it looks
    holder: Party
    role: str
    place: Place
    is_assigned_here: bool


def assigned_outside(seen: Iterable[Seen], settings: Settings, now: datetime) -> Iterator[Found]:
    for each in seen:
        if not each.is_assigned_here:
            what = f"{each.role} on {each.place.name}"
            text = f"{each.holder.name} has {what} in the target system, and it was not assigned here."
            yield Found(f"seen:{each.id}", each.place, text, each.holder, each.role)
