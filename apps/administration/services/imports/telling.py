"""One summary when a job is done. Each holder hears of their own role from the door."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from apps.access_requests.notices import told_of_many
from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.common.text import counted
from apps.jobs.models import Job
from apps.jobs.selectors import progress_of
from apps.jobs.states import LineState
from apps.notifications import services as notifications
from apps.notifications.messages import Message, NoticeEvent


def tell_done(job: Job, *, now: datetime) -> None:
    """Whoever started it hears how it went."""
    user = User.objects.get(pk=job.actor_id)
    notifications.notify(
        key=f"job:{job.id}:done",
        message=_done(job),
        recipients=[user.recipient],
        now=now,
    )


def tell_admins(job: Job, *, now: datetime) -> None:
    """Each admin of a place where the job gave something hears of all of it together."""
    given = job.lines.filter(state=LineState.DONE, undo__has_key="assignment_id")
    ids = given.values_list("undo__assignment_id", flat=True)
    rows = Assignment.objects.filter(pk__in=[UUID(id_) for id_ in ids if id_])
    told = told_of_many(rows.select_related("role", "resource"), now=now)
    others = ((who, count) for who, count in told.items() if who.principal_id != job.actor_id)
    letters = [(who, _given(job, count)) for who, count in others]
    key = f"job:{job.id}:given"
    notifications.notify_each(key=key, letters=letters, announced=None, now=now)  # the job is


def _given(job: Job, count: int) -> Message:
    what = counted(count, "assignment")
    return Message(
        event=NoticeEvent.JOB_DONE,
        subject=f"PIM: {job.actor_name} changed {what} from a file",
        text=f"{job.actor_name} gave or changed {what} of roles that you manage: {job.title}.",
        link="",
    )


def _done(job: Job) -> Message:
    progress = progress_of([job])[job.id]
    asked = f" {progress.asked:,} of them for another admin to decide." if progress.asked else ""
    failed = f" {progress.failed:,} failed; the report says why." if progress.failed else ""
    return Message(
        event=NoticeEvent.JOB_DONE,
        subject=f"PIM: {job.title} is done",
        text=f"Applied: {progress.done:,} of {counted(progress.to_apply, 'line')}.{asked}{failed}",
        facts=(("Job", job.title), ("By", job.actor_name)),
        link=job.get_absolute_url(),
    )
