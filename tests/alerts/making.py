"""Scans for tests, by the real service."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from apps.alerts.models import Finding
from apps.alerts.services.scanning import run_scans

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def scan(*, now: datetime = NOW) -> int:
    """What the worker does at `now`, until nothing is left to do."""
    return run_scans(clock=lambda: now, until=now + timedelta(seconds=1))


def open_findings(rule: str, *, now: datetime = NOW) -> list[str]:
    """What an alert says, in order."""
    return list(Finding.objects.of(rule).open(now).order_by("text").values_list("text", flat=True))
