"""One summary when a job is done. Each holder hears of their own role from the door."""

from __future__ import annotations

from datetime import datetime

from apps.accounts.models import User
from apps.jobs.models import Job
from apps.jobs.selectors import progress_of
from apps.notifications import services as notifications
from apps.notifications.messages import Message, NoticeEvent, Recipient


def tell_done(job: Job, *, now: datetime) -> None:
    """Whoever started it hears how it went."""
    user = User.objects.get(pk=job.actor_id)
    notifications.notify(
        key=f"job:{job.id}:done",
        message=_done(job),
        recipients=[Recipient(user.email, user.name, user.id)],
        now=now,
    )


def _done(job: Job) -> Message:
    progress = progress_of([job])[job.id]
    failed = f" {progress.failed:,} failed; the report says why." if progress.failed else ""
    return Message(
        event=NoticeEvent.JOB_DONE,
        subject=f"PIM: {job.title} is done",
        text=f"{progress.done:,} of {progress.to_apply:,} lines are applied.{failed}",
        facts=(("Job", job.title), ("By", job.actor_name)),
        link=job.get_absolute_url(),
    )
