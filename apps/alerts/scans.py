"""What each rule looks at: its function, and where its facts come from. One line per rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from apps.alerts.policy import catalogue
from apps.alerts.policy.rules.holders import privileged_guests
from apps.alerts.policy.terms import Found, Rule, Settings
from apps.alerts.selectors.facts.holders import assigned_rows

Load = Callable[[datetime], Iterable[Any]]
Find = Callable[[Iterable[Any], Settings, datetime], Iterable[Found]]

SCANS: dict[str, tuple[Load, Find]] = {
    catalogue.PRIVILEGED_GUEST.id: (assigned_rows, privileged_guests),
}


def look(rule: Rule, settings: Settings, *, now: datetime) -> list[Found]:
    """What this rule finds now, where it is turned on. A fixed number of queries."""
    load, find = SCANS[rule.id]
    return [found for found in find(load(now), settings, now) if settings.at(found.place).is_on]
