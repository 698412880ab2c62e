"""Jobs to test with: what their lines do is to count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from apps.accounts.models import User
from apps.accounts.policy import SecondFactor
from apps.common.access import NO_ACCESS
from apps.common.errors import Invalid
from apps.jobs.models import Job, JobLine
from apps.jobs.running import run_jobs
from apps.jobs.services import GivenLine, plan_job, start_job
from apps.jobs.states import Verdict
from apps.jobs.work import Effect, Plan

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


@dataclass
class Counting:
    """Says about a line what stands in it, and remembers what it was asked to apply."""

    applied: list[int] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)

    def check(self, job: Job, lines: Sequence[JobLine], *, now: datetime) -> list[Plan]:  # noqa: ARG002
        verdicts = [Verdict(line.data.get("verdict", "new")) for line in lines]
        pairs = zip(verdicts, lines, strict=True)
        return [Plan(verdict, todo={"number": line.number}) for verdict, line in pairs]

    def apply(self, job: Job, line: JobLine, *, now: datetime) -> Effect:  # noqa: ARG002
        if "refuse" in line.data:
            raise Invalid(line.data["refuse"])
        if "raise" in line.data:
            raise RuntimeError(line.data["raise"])
        self.applied.append(line.number)
        return Effect(undo={"back": line.number})

    def finish(self, job: Job, *, now: datetime) -> None:  # noqa: ARG002
        self.finished.append(job.title)


def plan(user: User, *lines: dict, title: str = "Some lines") -> Job:
    given = [GivenLine(number, data) for number, data in enumerate(lines, 2)]
    return plan_job(kind="counting", title=title, lines=given, actor=user, now=NOW)


def work(handler: Counting, *, now: datetime = NOW) -> int:
    """What a worker does at one instant, which does not pass."""
    return run_jobs({"counting": handler}, clock=lambda: now, until=now + timedelta(seconds=15))


def start(job: Job, user: User, *, now: datetime = NOW, proven_at: datetime | None = NOW) -> None:
    job.refresh_from_db()
    factor = SecondFactor(proven_at, device="Phone")
    start_job(job=job, actor=user, access=NO_ACCESS, second_factor=factor, now=now)


def states(job: Job) -> list[str]:
    return list(job.lines.order_by("number").values_list("state", flat=True))
