"""Commands on jobs: plan, start, stop, and plan the reverse. The work itself is `running`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.accounts.models import User
from apps.accounts.policy import SecondFactor
from apps.audit import services as audit
from apps.audit.vocabulary import AuditAction
from apps.common.access import Access
from apps.common.errors import Conflict
from apps.common.lookup import present
from apps.common.text import one_line
from apps.common.transition import next_state
from apps.jobs.models import Job, JobLine
from apps.jobs.policy import can_reverse, can_start, can_stop
from apps.jobs.selectors import facts_of, reversible_lines
from apps.jobs.states import TRANSITIONS, JobState, LineState, Step, Verdict

_AT_ONCE = 1000  # rows per INSERT


@dataclass(frozen=True)
class GivenLine:
    """One line as it came. With a `fault` nothing is asked about it any more: it is wrong."""

    number: int
    data: dict[str, Any]
    fault: str = ""


@transaction.atomic
def plan_job(*, kind: str, title: str, lines: Iterable[GivenLine], actor: User, now: datetime) -> Job:
    """Write down what was given. A worker checks it; nothing changes before `start_job`."""
    job = _new_job(kind, title, actor, now)
    JobLine.objects.bulk_create((_line(job, given) for given in lines), batch_size=_AT_ONCE)
    return job


@transaction.atomic
def plan_reversal(*, job: Job, actor: User, access: Access, now: datetime) -> Job:
    """A job that takes back what can be taken back of `job`, the last line first. It is a plan like any
    other."""
    can_reverse(facts_of(job, reader=actor, access=access, now=now)).require()
    reversal = _new_job(job.kind, f"Reversal of {job.title}", actor, now, reverses=job)
    JobLine.objects.bulk_create(
        (
            JobLine(job=reversal, number=number, data=line.data, todo=line.undo)
            for number, line in enumerate(reversible_lines(job).order_by("-number"), 1)
        ),
        batch_size=_AT_ONCE,
    )
    return reversal


@transaction.atomic
def start_job(*, job: Job, actor: User, access: Access, second_factor: SecondFactor, now: datetime) -> None:
    """Apply the plan. The worker goes on by itself, with what the actor may do at each line. Raises
    `Conflict` where it is applied already."""
    facts = facts_of(job, reader=actor, access=access, now=now, second_factor=second_factor)
    if facts.is_own and facts.state != JobState.PLANNED:
        raise Conflict(f"This is {facts.state.label.lower()}.")
    can_start(facts).require()
    move(
        job,
        Step.START,
        started_at=now,
        factor_at=present(second_factor.verified_at),
        factor_device=second_factor.device,
    )
    audit.record(
        AuditAction.JOB_STARTED,
        actor=actor.party,
        at=now,
        target=job.party,
        details={"kind": job.kind, "lines": facts.to_apply},
    )


@transaction.atomic
def stop_job(*, job: Job, actor: User, access: Access, now: datetime) -> None:
    """Apply no further line. What is done stays done."""
    can_stop(facts_of(job, reader=actor, access=access, now=now)).require()
    move(job, Step.STOP, finished_at=now)
    audit.record(
        AuditAction.JOB_STOPPED, actor=actor.party, at=now, target=job.party, details={"kind": job.kind}
    )


@transaction.atomic
def forget_jobs(*, now: datetime) -> int:
    """Delete what has been over for long, with its lines: they hold what files said about people. A job that
    another one reverses stays as long as that does. What was done stands in the audit log."""
    over = Job.objects.over_since(now - timedelta(days=settings.IMPORT_DAYS)).select_for_update(of=("self",))
    ids = list(over.values_list("pk", flat=True))
    JobLine.objects.filter(job__in=ids).delete()
    Job.objects.filter(pk__in=ids).delete()
    return len(ids)


def move(job: Job, step: Step, **columns: Any) -> None:
    """Take a job to its next state, once. Raises `Conflict` where somebody, or a worker, was faster."""
    state = next_state(TRANSITIONS, JobState(job.state), step)
    columns |= {"state": state, "leased_until": None}
    if not Job.objects.filter(pk=job.pk, state=job.state).update(**columns):
        raise Conflict("This has moved on meanwhile. Look at it again.")
    for name, value in columns.items():
        setattr(job, name, value)


def _new_job(kind: str, title: str, actor: User, now: datetime, **columns: Any) -> Job:
    return Job.objects.create(
        kind=kind,
        title=one_line(title, 200),
        actor_id=actor.id,
        actor_name=actor.name,
        created_at=now,
        **columns,
    )


def _line(job: Job, given: GivenLine) -> JobLine:
    line = JobLine(job=job, number=given.number, data=given.data)
    if given.fault:
        line.state, line.verdict, line.reason = LineState.LEFT, Verdict.WRONG, one_line(given.fault, 500)
    return line
