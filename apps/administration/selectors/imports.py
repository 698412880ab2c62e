"""One job as its page shows it, and as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.accounts.models import User
from apps.administration.policy.imports import TEMPLATES, Kind, Template
from apps.common.access import Access
from apps.common.decision import Decision
from apps.common.paging import Page
from apps.jobs.models import Job, JobLine
from apps.jobs.policy import can_reverse, can_start, can_stop
from apps.jobs.selectors import Progress, facts_of, lines_of, progress_of
from apps.jobs.states import JobState, LineState, Verdict

_READ_AT_ONCE = 500  # lines that a report holds in memory
_ALL = ("", "All")


@dataclass(frozen=True)
class LineRow:
    """One line: what it is about, then the other cells. `badge` says what it will do, or did."""

    line: JobLine
    main: str
    rest: tuple[tuple[str, str], ...]

    @property
    def badge(self) -> str:
        over = self.line.state in (LineState.DONE, LineState.FAILED)
        is_asked = (self.line.state, self.line.verdict) == (LineState.DONE, Verdict.WAITS)
        return str(self.line.state if over and not is_asked else self.line.verdict or LineState.UNCHECKED)

    @property
    def is_fault(self) -> bool:
        return self.line.verdict == Verdict.WRONG or self.line.state == LineState.FAILED


@dataclass(frozen=True)
class JobPage:
    """A job, how far it is, what may be done with it, and a page of its lines."""

    job: Job
    progress: Progress
    page: Page[JobLine]
    rows: list[LineRow]
    filters: list[tuple[str, str, int]]
    can_start: Decision
    can_stop: Decision
    can_reverse: Decision

    @property
    def handled(self) -> int:
        """Of `to_handle`, for the bar."""
        if self.job.state == JobState.CHECKING:
            return self.progress.checked
        return self.progress.done + self.progress.failed

    @property
    def to_handle(self) -> int:
        return self.progress.total if self.job.state == JobState.CHECKING else self.progress.to_apply


def job_page(
    job: Job, *, reader: User, access: Access, only: str = "", after: str = "", now: datetime
) -> JobPage:
    """A fixed number of queries, however many lines."""
    facts = facts_of(job, reader=reader, access=access, now=now)
    progress = progress_of([job])[job.id]
    page = lines_of(job, only=only, after=after)
    return JobPage(
        job=job,
        progress=progress,
        page=page,
        rows=[_row(line, template_of(job)) for line in page.rows],
        filters=list(_filters(progress)),
        can_start=can_start(facts),
        can_stop=can_stop(facts),
        can_reverse=can_reverse(facts),
    )


def template_of(job: Job) -> Template:
    return TEMPLATES[Kind(job.kind)]


def report_cells(job: Job) -> tuple[Sequence[str], Iterator[tuple[str, ...]]]:
    """The heading and the lines of a job's report: what was given, and what became of it."""
    names = template_of(job).names
    lines = job.lines.order_by("number").iterator(chunk_size=_READ_AT_ONCE)
    return ("line", *names, "plan", "result", "reason"), _report(lines, names)


def _report(lines: Iterable[JobLine], names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for line in lines:
        cells = (str(line.data.get(name, "")) for name in names)
        verdict = Verdict(line.verdict).label if line.verdict else ""
        yield str(line.number), *cells, verdict, LineState(line.state).label, line.reason


def _filters(progress: Progress) -> Iterator[tuple[str, str, int]]:
    """Only what there is."""
    yield *_ALL, progress.total
    for verdict, count in progress.verdicts:
        if count:
            yield str(verdict), str(verdict.label), count
    for state in (LineState.DONE, LineState.FAILED):
        if count := progress.of_state(state):
            yield str(state), str(state.label), count


def _row(line: JobLine, template: Template) -> LineRow:
    main = template.key[0]
    rest = ((name, str(line.data[name])) for name in template.names if name != main and line.data.get(name))
    return LineRow(line, str(line.data.get(main, "")), tuple(rest))
