"""One summary when a job is done. Each holder hears of their own role from the door."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from apps.access_requests.notices import tell_admins_of_many
from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.audit.vocabulary import Party
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
    """Each admin of a place where the job gave or took something hears of all of it together."""
    done = job.lines.filter(state=LineState.DONE, undo__has_key="assignment_id")
    ids = done.values_list("undo__assignment_id", flat=True)
    rows = Assignment.objects.filter(pk__in=[UUID(id_) for id_ in ids if id_])
    by = Party("user", str(job.actor_id), job.actor_name)
    tell_admins_of_many(
        rows.with_names(),
        key=f"job:{job.id}:given",
        by=by,
        did=lambda what: f"changed {what} from a file",
        more=(("Job", job.title),),
        now=now,
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
