"""Background entry points."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from apps.administration.services.audit_log import send_checkpoint
from apps.administration.services.imports.handlers import HANDLERS
from apps.jobs.models import Job
from apps.jobs.running import run_jobs

# Shorter than a queued job counts as under way (`portal.timetable.LEASE`): a large file is many runs.
_AT_MOST = timedelta(seconds=15)


def has_jobs(now: datetime) -> bool:
    """Whether one is under way that nobody is at."""
    return Job.objects.to_work_on(now).exists()


def work_on_jobs() -> int:
    """Go on with what was planned or started. May run twice, may be killed anywhere."""
    return run_jobs(HANDLERS, clock=timezone.now, until=timezone.now() + _AT_MOST)


def note_checkpoint() -> None:
    """Mail where the audit log ends, once a day however often it runs."""
    send_checkpoint(now=timezone.now())
