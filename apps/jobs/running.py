"""Works on jobs, line by line. Any number of workers may, and any may be killed anywhere.

A job is claimed by one conditional update with a lease, which only keeps two workers from walking over the
same lines. What keeps a line from being applied twice is its own transaction: the update that takes it, what
it does and what is noted of it are written together, or not at all. Attempts are counted before, so a line
that takes its worker down is tried alone the next time, and given up after a few.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from apps.audit import services as audit
from apps.audit.vocabulary import AuditAction
from apps.common.errors import Conflict, DomainError
from apps.common.isolation import each_on_its_own
from apps.common.text import one_line
from apps.jobs.models import Job, JobLine
from apps.jobs.selectors import progress_of
from apps.jobs.services import move
from apps.jobs.states import NOTHING_TO_DO, JobState, LineState, Step, Verdict
from apps.jobs.work import Clock, Handler, Handlers, Plan

LEASE = timedelta(seconds=30)
MOST_ATTEMPTS = 3
_CHECKED_AT_ONCE = 200
_APPLIED_AT_ONCE = 20
_GIVEN_UP = "This line could not be handled. The log of the portal says why."

log = logging.getLogger(__name__)


def run_jobs(handlers: Handlers, *, clock: Clock, until: datetime) -> int:
    """Go on with what is under way, the oldest first, until there is nothing left or the time is over.
    Answers how many lines were handled."""
    handled = 0
    while clock() < until and (job := _claim_next(clock())):
        handled += _work_on(job, handlers[job.kind], clock, until)
        Job.objects.filter(pk=job.pk).update(leased_until=None)
    return handled


def _claim_next(now: datetime) -> Job | None:
    """The next job, if this worker may work on it; nothing if there is none, or another one was faster."""
    job = Job.objects.to_work_on(now).order_by("created_at", "id").first()
    if job is None or not _lease(job, now):
        return None
    job.refresh_from_db()
    return job


def _lease(job: Job, now: datetime) -> bool:
    free = Job.objects.to_work_on(now).filter(pk=job.pk, state=job.state)
    return bool(free.update(leased_until=now + LEASE))


def _work_on(job: Job, handler: Handler, clock: Clock, until: datetime) -> int:
    handled = 0
    while (now := clock()) < until and _still_wanted(job, now):
        lines = _next_lines(job)
        if not lines:
            with suppress(Conflict):  # another worker ended it, or somebody stopped it just now
                _end_of(job, handler, now)
            return handled
        handled += _handle(job, lines, handler, now)
    return handled


def _still_wanted(job: Job, now: datetime) -> bool:
    """Renews the lease; false once somebody has stopped the job."""
    return bool(Job.objects.filter(pk=job.pk, state=job.state).update(leased_until=now + LEASE))


def _next_lines(job: Job) -> list[JobLine]:
    """Those never tried, many at once; then those whose worker died or that raised, each alone."""
    is_check = job.state == JobState.CHECKING
    state = LineState.UNCHECKED if is_check else LineState.WAITING
    size = _CHECKED_AT_ONCE if is_check else _APPLIED_AT_ONCE
    lines = list(job.lines.filter(state=state).order_by("attempts", "number")[:size])
    return lines[:1] if lines and lines[0].attempts else [line for line in lines if not line.attempts]


def _handle(job: Job, lines: Sequence[JobLine], handler: Handler, now: datetime) -> int:
    JobLine.objects.filter(pk__in=[line.pk for line in lines]).update(attempts=F("attempts") + 1)
    if lines[0].attempts >= MOST_ATTEMPTS:
        return _give_up(lines[0])
    if job.state == JobState.CHECKING:
        return each_on_its_own([lines], lambda some: _check(job, some, handler, now), what="Lines checked")
    return each_on_its_own(lines, lambda line: _apply(job, line, handler, now), what="Line applied")


# ---- Checking ----------------------------------------------------------------------------------------------


@transaction.atomic
def _check(job: Job, lines: Sequence[JobLine], handler: Handler, now: datetime) -> bool:
    for line, plan in zip(lines, handler.check(job, lines, now=now), strict=True):
        _note_plan(line, plan)
    JobLine.objects.bulk_update(lines, ["state", "verdict", "reason", "todo", "attempts"])
    return True


def _note_plan(line: JobLine, plan: Plan) -> None:
    line.state = LineState.LEFT if plan.verdict in NOTHING_TO_DO else LineState.WAITING
    line.verdict, line.reason, line.todo = plan.verdict, one_line(plan.reason, 500), plan.todo
    line.attempts = 0


# ---- Applying ----------------------------------------------------------------------------------------------


@transaction.atomic
def _apply(job: Job, line: JobLine, handler: Handler, now: datetime) -> bool:
    """False where another worker was faster, or the job was stopped."""
    if not _waiting(line).filter(job__in=_running()).update(state=LineState.DONE):
        return False
    try:
        effect = handler.apply(job, line, now=now)
    except DomainError as error:
        _note(line, state=LineState.FAILED, reason=one_line(str(error), 500))
    else:
        reason = one_line(effect.note or line.reason, 500)
        _note(line, verdict=effect.verdict or line.verdict, reason=reason, undo=effect.undo)
    return True


def _running() -> QuerySet[Job]:
    """To ask for in a subquery. A join would put the line's own state into one, too, and PostgreSQL does not
    ask that again of a line that another worker has just done."""
    return Job.objects.filter(state=JobState.RUNNING)


def _waiting(line: JobLine) -> QuerySet[JobLine]:
    return JobLine.objects.filter(pk=line.pk, state=LineState.WAITING)


def _note(line: JobLine, **outcome: object) -> None:
    JobLine.objects.filter(pk=line.pk).update(**outcome)


def _give_up(line: JobLine) -> int:
    log.error("Line %d of job %s: given up after %d attempts.", line.number, line.job_id, MOST_ATTEMPTS)
    if line.state == LineState.WAITING:
        return _waiting(line).update(state=LineState.FAILED, reason=_GIVEN_UP)
    unchecked = JobLine.objects.filter(pk=line.pk, state=LineState.UNCHECKED)
    return unchecked.update(state=LineState.LEFT, verdict=Verdict.WRONG, reason=_GIVEN_UP, attempts=0)


# ---- The end -----------------------------------------------------------------------------------------------


@transaction.atomic
def _end_of(job: Job, handler: Handler, now: datetime) -> None:
    """Nothing is left to check, or to apply."""
    if job.state == JobState.CHECKING:
        move(job, Step.PLAN)
        return
    move(job, Step.FINISH, finished_at=now)
    progress = progress_of([job])[job.id]
    details = {"kind": job.kind, "done": progress.done, "failed": progress.failed}
    audit.record(AuditAction.JOB_FINISHED, actor=job.actor, at=now, target=job.party, details=details)
    handler.finish(job, now=now)
