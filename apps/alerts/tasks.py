"""The background entry point of alerts."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from apps.alerts.services.scanning import run_scans

AT_MOST = timedelta(seconds=8)  # in one go; other jobs of the worker have their turn in between


def scan() -> int:
    """Go on with a scan that was asked for, or that is due. May run twice, may be killed anywhere."""
    return run_scans(clock=timezone.now, until=timezone.now() + AT_MOST)
