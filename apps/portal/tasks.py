"""The one background entry point of periodic jobs: does one of the table's, and says when it is due again.

And the portal's own job."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.db import OperationalError, connection
from django.utils import timezone
from django.utils.module_loading import import_string

from apps.common.origin import Origin, coming_from
from apps.portal import heartbeat, timetable

PAUSE_AFTER_FAILURE = timedelta(seconds=30)


def run_job(name: str) -> None:
    """Each run has an id, which its events, mails and lines of the log carry. A job that fails is due again
    after a pause, or without one where the database failed it, which may be back at once; the failure goes to
    the log and the queue's table."""
    job = next(job for job in settings.PERIODIC_JOBS if job.name == name)
    pause = PAUSE_AFTER_FAILURE
    try:
        with coming_from(Origin(trace_id=uuid4().hex)):
            import_string(job.task)()
        pause = job.every
    except OperationalError:
        pause = job.every
        raise
    finally:
        if connection.errors_occurred:  # over one that was cut, nobody would hear of what comes next
            connection.close_if_unusable_or_obsolete()
        timetable.set_due(name, at=timezone.now() + pause)


def tidy() -> int:
    """Delete what nobody asks for any more; answers how many rows. May run twice, may be killed anywhere."""
    now = timezone.now()
    return timetable.forget_failures(now=now) + heartbeat.forget_silent(now=now)
