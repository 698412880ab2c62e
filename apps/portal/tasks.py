"""The one background entry point of periodic jobs: does one of the table's, and says when it is due again."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from apps.portal import pulse, timetable

PAUSE_AFTER_FAILURE = timedelta(seconds=30)


def run_job(name: str) -> None:
    """A job that fails is due again after a pause; the failure goes to the log and the queue's table."""
    job = next(job for job in settings.PERIODIC_JOBS if job.name == name)
    pulse.beat()
    pause = PAUSE_AFTER_FAILURE
    try:
        import_string(job.task)()
        pause = job.every
    finally:
        timetable.set_due(name, at=timezone.now() + pause)
        pulse.beat()
