"""Lines that are commands of administration. Checking runs them once and takes all of it back: what a plan
says is what applying does, also where lines rest on one another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from apps.access_requests.asks import Actor
from apps.administration.services.imports.acting import actor_of
from apps.administration.services.imports.telling import tell_done
from apps.common.errors import DomainError
from apps.jobs.models import Job, JobLine
from apps.jobs.states import NOTHING_TO_DO, Verdict
from apps.jobs.work import Effect, Plan

Cells = Mapping[str, str]
Todo = dict[str, Any]

# What a line of a reversal does, by the word its `todo` begins with.
_REVERSALS = {"change": Verdict.CHANGED, "end": Verdict.ENDED, "create": Verdict.NEW}


class CommandHandler(ABC):
    """A `jobs.work.Handler`. A `todo` names under "do" what is done: create, change, or end."""

    @abstractmethod
    def plan(self, cells: Cells, *, actor: Actor, now: datetime) -> Plan:
        """What a line means, before anybody has tried it. Raises `DomainError` where it means nothing."""

    @abstractmethod
    def run(self, todo: Todo, *, actor: Actor, now: datetime) -> Effect:
        """Do it. Raises `DomainError` with a sentence where it cannot be done."""

    @abstractmethod
    def resting_on(self, lines: Sequence[Cells]) -> Q:
        """Which lines of the same file must come first, by their data."""

    def check(self, job: Job, lines: Sequence[JobLine], *, now: datetime) -> Sequence[Plan]:
        actor = actor_of(job, now=now)
        with _taken_back():
            if job.reverses_id is not None:
                return [self._tried(_reversing(line.todo), actor, now) for line in lines]
            self._bring_about(job, lines, actor, now)
            return list(self._try_each(lines, actor, now))

    def apply(self, job: Job, line: JobLine, *, now: datetime) -> Effect:
        return self.run(line.todo, actor=actor_of(job, now=now), now=now)

    def finish(self, job: Job, *, now: datetime) -> None:
        tell_done(job, now=now)

    def _bring_about(self, job: Job, lines: Sequence[JobLine], actor: Actor, now: datetime) -> None:
        """What earlier lines will have made when these have their turn."""
        first = lines[0].number
        earlier = job.lines.filter(self.resting_on([line.data for line in lines]), verdict=Verdict.NEW)
        for line in earlier.filter(number__lt=first).order_by("number"):
            with suppress(DomainError):  # then those that rest on it say so
                self.run(line.todo, actor=actor, now=now)

    def _try_each(self, lines: Sequence[JobLine], actor: Actor, now: datetime) -> Iterator[Plan]:
        """Each on what those before it have left."""
        for line in lines:
            try:
                plan = self.plan(line.data, actor=actor, now=now)
            except DomainError as error:
                yield Plan(Verdict.WRONG, str(error))
            else:
                yield self._tried(plan, actor, now)

    def _tried(self, plan: Plan, actor: Actor, now: datetime) -> Plan:
        if plan.verdict in NOTHING_TO_DO:
            return plan
        try:
            self.run(plan.todo, actor=actor, now=now)
        except DomainError as error:
            return Plan(Verdict.WRONG, str(error))
        return plan


def _reversing(todo: Todo) -> Plan:
    return Plan(_REVERSALS[todo["do"]], todo=todo)


@contextmanager
def _taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
