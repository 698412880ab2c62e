"""What is handed in for a kind of job: how its lines are checked and applied."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from apps.jobs.models import Job, JobLine
from apps.jobs.states import Verdict

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Plan:
    """What applying a line would do, and what `apply` is to know of it again: ids, so that what was shown is
    what is done, whatever things are called meanwhile."""

    verdict: Verdict
    reason: str = ""
    todo: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Effect:
    """What applying a line did. `undo` is the `todo` of one that takes it back; empty where nothing does.
    `verdict` says what it was after all, where that may differ from the plan."""

    note: str = ""
    undo: dict[str, Any] = field(default_factory=dict)
    verdict: Verdict | None = None


class Handler(Protocol):
    """The meaning of one kind of line. Both may be called again for a line whose worker died."""

    def check(self, job: Job, lines: Sequence[JobLine], *, now: datetime) -> Sequence[Plan]:
        """What each line would do, in their order. Changes nothing. A line that carries a `todo` already is
        one of a reversal."""

    def apply(self, job: Job, line: JobLine, *, now: datetime) -> Effect:
        """Do it, with what the actor may do now. Raises `DomainError` with a sentence where it cannot be
        done. It runs in the transaction that notes its result, so it is done once or not at all."""

    def finish(self, job: Job, *, now: datetime) -> None:
        """Tell whom it concerns, in the transaction that ends the job."""


Handlers = Mapping[str, Handler]
