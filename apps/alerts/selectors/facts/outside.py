"""What connectors see in their target systems."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from apps.alerts.policy.rules.outside import Seen


def seen_outside(now: datetime) -> Iterable[Seen]:  # noqa: ARG001 (every loader is called alike)
    """Nothing: no connector has been built yet. The first one to come says here what it sees."""
    return ()
