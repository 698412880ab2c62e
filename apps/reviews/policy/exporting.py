"""What can be taken along of a round. Pure."""

from __future__ import annotations

from datetime import datetime

from apps.common.decision import ALLOWED, Decision, denied


def can_export(opened_at: datetime | None) -> Decision:
    """From its beginning on; before, there are no lines."""
    return ALLOWED if opened_at else denied("StateRule", "It has not begun: there is nothing to export.")
