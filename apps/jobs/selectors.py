"""Reads: jobs, how far they are, and their lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Count, QuerySet

from apps.accounts.models import User
from apps.accounts.policy import SecondFactor
from apps.common.access import Access
from apps.common.paging import Column, Page, newest_first, page_of
from apps.jobs.models import Job, JobLine
from apps.jobs.policy import JobFacts
from apps.jobs.states import JobState, LineState, Verdict


@dataclass(frozen=True)
class Progress:
    """How many lines of a job are in which state, and what they are to do."""

    counts: Mapping[tuple[LineState, str], int]

    def of_state(self, state: LineState) -> int:
        return sum(count for (each, _), count in self.counts.items() if each == state)

    def of_verdict(self, verdict: Verdict) -> int:
        return sum(count for (_, each), count in self.counts.items() if each == verdict)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def unchecked(self) -> int:
        return self.of_state(LineState.UNCHECKED)

    @property
    def checked(self) -> int:
        return self.total - self.unchecked

    @property
    def waiting(self) -> int:
        return self.of_state(LineState.WAITING)

    @property
    def done(self) -> int:
        return self.of_state(LineState.DONE)

    @property
    def failed(self) -> int:
        return self.of_state(LineState.FAILED)

    @property
    def asked(self) -> int:
        """Of those done, what somebody else decides."""
        return self.counts.get((LineState.DONE, Verdict.WAITS), 0)

    @property
    def to_apply(self) -> int:
        """All that Apply is, or was, about."""
        return self.waiting + self.done + self.failed

    @property
    def verdicts(self) -> list[tuple[Verdict, int]]:
        return [(verdict, self.of_verdict(verdict)) for verdict in Verdict]


NO_PROGRESS = Progress({})


@dataclass(frozen=True)
class JobRow:
    job: Job
    progress: Progress


def jobs_for(user_id: UUID, access: Access, *, after: str = "") -> tuple[Page[Job], list[JobRow]]:
    """Those this reader sees, newest first, each with how far it is. Two queries."""
    page = page_of(Job.objects.visible_to(user_id, access), newest_first("created_at"), after=after)
    progress = progress_of(page.rows)
    return page, [JobRow(job, progress[job.id]) for job in page.rows]


def progress_of(jobs: Iterable[Job]) -> dict[UUID, Progress]:
    """One query, however many jobs and lines."""
    counts: dict[UUID, dict[tuple[LineState, str], int]] = defaultdict(dict)
    ids = [job.id for job in jobs]
    rows = JobLine.objects.filter(job__in=ids).order_by().values_list("job_id", "state", "verdict")
    for job_id, state, verdict, count in rows.annotate(count=Count("pk")):
        counts[job_id][LineState(state), verdict] = count
    return {id_: Progress(counts[id_]) for id_ in ids}


def lines_of(job: Job, *, only: str = "", after: str = "") -> Page[JobLine]:
    """Its lines in the order of the file; `only` a verdict, or those that failed."""
    return page_of(narrowed(job.lines.all(), only), (Column("number", int),), after=after)


def narrowed(lines: QuerySet[JobLine], only: str) -> QuerySet[JobLine]:
    if only in LineState.values:
        return lines.filter(state=only)
    return lines.filter(verdict=only) if only in Verdict.values else lines


def reversible_lines(job: Job) -> QuerySet[JobLine]:
    return job.lines.filter(state=LineState.DONE).exclude(undo={})


def facts_of(
    job: Job,
    *,
    reader: User,
    access: Access,
    now: datetime,
    second_factor: SecondFactor | None = None,
) -> JobFacts:
    """What the rules about a job ask for."""
    return JobFacts(
        state=JobState(job.state),
        is_own=job.actor_id == reader.id,
        sees_all=Job.objects.visible_to(reader.id, access).filter(pk=job.pk).exists(),
        to_apply=job.lines.filter(state=LineState.WAITING).count(),
        to_reverse=reversible_lines(job).count(),
        second_factor=second_factor,
        second_factor_max_age=settings.SECOND_FACTOR_MAX_AGE,
        now=now,
    )
