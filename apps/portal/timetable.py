"""When each periodic job is due next, so that any number of workers together queue it once.

Kept in django-q2's own table of schedules, whose scheduler is switched off in the settings because it looks
every 30 seconds only. The rows have no repeats left, so that scheduler would leave them alone anyway.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q
from django_q.models import Failure, OrmQ, Schedule
from django_q.tasks import async_task

from apps.portal.jobs import Job

# A queued job counts as under way for that long; then its worker must have died, and it is queued again.
LEASE = timedelta(seconds=20)
_TAKEN_WITHIN = timedelta(seconds=10)
_DONE_WITHIN = timedelta(seconds=50)  # longer than a task may take
_CLOCKS_DIFFER = timedelta(seconds=60)  # at most: what a fast one has put there waits in the future
FAILURES_KEPT = timedelta(days=30)


def put_in_place(jobs: Iterable[Job], *, now: datetime) -> None:
    """Enter the jobs that have no row yet. Two rows of one name, from two workers at once, act as one."""
    known = set(Schedule.objects.values_list("name", flat=True))
    Schedule.objects.bulk_create(
        Schedule(name=job.name, func=job.task, repeats=0, next_run=now)
        for job in jobs
        if job.name not in known
    )


def queue_due(jobs: Iterable[Job], *, now: datetime) -> list[str]:
    """Queue what is due, not under way, and has something to do; answers the names. Of several workers, the
    first one does it. Where nothing is due it asks one thing and writes nothing."""
    names = set(Schedule.objects.filter(next_run__lte=now).values_list("name", flat=True))
    due = [job for job in jobs if job.name in names]
    wanted = [job for job in due if job.is_wanted(now)]
    _pass_over((job for job in due if job not in wanted), now=now)
    return [job.name for job in wanted if _queue_if_due(job, now=now)]


def _pass_over(jobs: Iterable[Job], *, now: datetime) -> None:
    """They are asked again when they would have been had they run."""
    by_pause = defaultdict(list)
    for job in jobs:
        by_pause[job.every].append(job.name)
    for every, names in by_pause.items():
        Schedule.objects.filter(name__in=names, next_run__lte=now).update(next_run=now + every)


@transaction.atomic
def _queue_if_due(job: Job, *, now: datetime) -> bool:
    claimed = Schedule.objects.filter(name=job.name, next_run__lte=now).update(next_run=now + LEASE)
    if claimed:
        options = {"task_name": job.name, "save": False, "ack_failure": True}
        async_task("apps.portal.tasks.run_job", job.name, q_options=options)
    return bool(claimed)


def lies_undone(*, now: datetime) -> bool:
    """Whether something in the queue should have been taken by now, or was taken and should have been ticked
    off. What was taken is its taker's until the queue's `lock`; what was not waits since then."""
    until = now + timedelta(seconds=settings.Q_CLUSTER["retry"])
    waits = Q(lock__lt=now - _TAKEN_WITHIN)
    is_taken = Q(lock__gt=now + _CLOCKS_DIFFER, lock__lt=until - _DONE_WITHIN)
    return OrmQ.objects.filter(waits | is_taken).exists()


def set_due(name: str, *, at: datetime) -> None:
    Schedule.objects.filter(name=name).update(next_run=at)


def due_times(jobs: Iterable[Job]) -> dict[str, datetime]:
    """When each of them is due next, or has been due since: one that runs is due when its lease is over. What
    no worker has ever entered is missing."""
    rows = Schedule.objects.filter(name__in=[job.name for job in jobs])
    return dict(rows.order_by("-next_run").values_list("name", "next_run"))


def failures_since(instant: datetime) -> dict[str, int]:
    """How often each job has failed since then, of those that have."""
    failed = Failure.objects.filter(stopped__gte=instant).order_by()
    return dict(failed.values_list("name").annotate(Count("pk")))


def forget_failures(*, now: datetime) -> int:
    """The queue keeps what failed for ever; the log has it, too."""
    return Failure.objects.filter(stopped__lt=now - FAILURES_KEPT).delete()[0]
