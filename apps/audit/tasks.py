"""Background entry points."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from apps.audit.models import Unsealed, Verification
from apps.audit.retention import first_kept, remove_stretch
from apps.audit.sealing import seal_waiting
from apps.audit.verifying import go_on
from apps.common.turns import in_turns

_AT_MOST = timedelta(seconds=10)  # the next run goes on


def has_unsealed(_now: datetime) -> bool:
    """Whether an event waits for its place."""
    return Unsealed.objects.exists()


def seal() -> int:
    """Give what was written since the last run its place in the chain; answers how many events."""
    has_time, sealed = in_turns(_AT_MOST), 0
    while has_time() and (more := seal_waiting(now=timezone.now(), batches=1)):
        sealed += more
    return sealed


def is_verifying(_now: datetime) -> bool:
    """Whether somebody has begun a verification that is not over."""
    return Verification.objects.filter(finished_at=None).exists()


def verify() -> int:
    """Go on with the verification that somebody began; answers how many steps."""
    has_time, steps = in_turns(_AT_MOST), 0
    while has_time() and go_on(now=timezone.now()):
        steps += 1
    return steps


def trim() -> int:
    """Remove what is older than events are kept; answers how many."""
    if not settings.AUDIT_MONTHS:
        return 0
    has_time, removed = in_turns(_AT_MOST), 0
    before = first_kept(months=settings.AUDIT_MONTHS, now=timezone.now())
    while has_time() and (more := remove_stretch(before=before, now=timezone.now())):
        removed += more
    return removed
