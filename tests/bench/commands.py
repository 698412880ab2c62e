"""The commands of every day, beside the same rows written by plain SQL in one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median
from uuid import UUID

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.access_requests.models import AccessRequest
from apps.access_requests.selectors.deciding import evidence_on
from apps.access_requests.services.deciding import decide
from apps.access_requests.services.door import submit
from apps.access_requests.services.verdicts import Verdict
from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.common.access import Provider
from apps.roles.models import Resource, RoleDefinition
from tests.bench.asking import Spent
from tests.bench.figures import Figure
from tests.bench.ground import Ground, Grounds
from tests.bench.replay import Recorder, for_another, write
from tests.factories import acting, activation_of, assign, set_rules

REPEATS = 20
_TRANSACTION = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET ", "PRAGMA")


@dataclass(frozen=True)
class Subject:
    """Somebody who is eligible, with the request that waits where one is to be decided."""

    eligible: Assignment
    user: User
    request: AccessRequest | None = None

    @property
    def ids(self) -> list[UUID]:
        return [self.eligible.pk, self.user.pk, *([self.request.pk] if self.request else [])]


@dataclass
class Costs(Spent):
    """Of one command; milliseconds of its floor, too, and the commits of one run."""

    floor: list[float] = field(default_factory=list)
    commits: int = 0


def measure(grounds: Grounds, size: int) -> list[Figure]:
    costs = costs_of_commands(grounds.of(size))
    return [figure for name, each in costs.items() for figure in _figures(name, each, size)]


def costs_of_commands(ground: Ground) -> dict[str, Costs]:
    stage = _Stage(ground)
    return {
        "activate": _costs(stage.ask, stage.subjects(stage.role())),
        "ask": _costs(stage.ask, stage.subjects(stage.role(approved=True))),
        "approve": _costs(stage.approve, stage.asked(stage.role(approved=True))),
        "deny": _costs(stage.deny, stage.asked(stage.role(approved=True))),
    }


class _Stage:
    """People of the organisation, newly eligible for new roles. None of those makes an admin, who would be
    told of all that follows: later commands, and those of the next stage here, would have more to do."""

    def __init__(self, ground: Ground) -> None:
        self.administrator = ground.estate.administrator
        self.place = Resource.objects.get(pk=ground.estate.resource)

    def role(self, *, approved: bool = False) -> UUID:
        number = RoleDefinition.objects.filter(name__startswith="Measured").count()
        row = RoleDefinition.objects.create(provider=Provider.RESOURCES, name=f"Measured {number}")
        approvers = (self.administrator.principal,) if approved else ()
        set_rules(row.pk, resource=self.place, approvers=approvers, now=timezone.now())
        return row.pk

    def subjects(self, role: UUID) -> list[Subject]:
        people = User.objects.filter(is_enabled=True, name__startswith="Person")
        found = list(people[: 2 * (REPEATS + 1)])
        return [self._subject(user, role) for user in found[: len(found) // 2 * 2]]

    def asked(self, role: UUID) -> list[Subject]:
        found = self.subjects(role)
        for one in found:
            self.ask(one)()
        waiting = {request.eligible_id: request for request in AccessRequest.objects.filter(role=role)}
        return [Subject(one.eligible, one.user, waiting[one.eligible.pk]) for one in found]

    def ask(self, subject: Subject) -> Callable[[], object]:
        now = timezone.now()
        actor = acting(subject.user, now=now)
        return lambda: submit(activation_of(subject.eligible), actor=actor, now=now)

    def approve(self, subject: Subject) -> Callable[[], object]:
        return self._decide(subject, approve=True)

    def deny(self, subject: Subject) -> Callable[[], object]:
        return self._decide(subject, approve=False)

    def _subject(self, user: User, role: UUID) -> Subject:
        now = timezone.now() - timedelta(minutes=1)
        return Subject(assign(user, role, self.place, now=now), user)

    def _decide(self, subject: Subject, *, approve: bool) -> Callable[[], object]:
        now = timezone.now()
        request = AccessRequest.objects.with_names().get(pk=subject.request.pk)
        digest = evidence_on(request, reader=self.administrator, now=now).digest
        verdict = Verdict(request.id, approve, digest, "Agreed")
        actor = acting(self.administrator, now=now)
        return lambda: decide(verdict, actor=actor, now=now)


def _costs(prepare: Callable[[Subject], Callable[[], object]], subjects: list[Subject]) -> Costs:
    """One subject of each pair goes through the command, the other through its floor, by turns."""
    first, _, *rest = subjects
    recorder, command = Recorder(), prepare(first)
    with CaptureQueriesContext(connection) as captured, connection.execute_wrapper(recorder):
        command()
    said = [query["sql"].upper() for query in captured.captured_queries]
    costs = Costs(
        statements=sum(not sql.startswith(_TRANSACTION) for sql in said),
        commits=sum(sql.startswith("COMMIT") for sql in said),
    )
    for one, other in zip(rest[::2], rest[1::2], strict=True):
        costs.cpu.append(_cpu(prepare(one)))
        statements = for_another(recorder.written, dict(zip(first.ids, other.ids, strict=True)))
        costs.floor.append(_cpu(lambda these=statements: write(these)))
    return costs


def _cpu(do: Callable[[], object]) -> float:
    began = time.thread_time()
    do()
    return (time.thread_time() - began) * 1000


def _figures(name: str, costs: Costs, size: int) -> list[Figure]:
    part = f"Commands, at {size:,} assignments"
    return [
        Figure(part, f"{name}: CPU, least", costs.least, "ms", min(costs.floor), at_most=5),
        Figure(part, f"{name}: CPU, median", costs.middle, "ms", median(costs.floor), at_most=5),
        Figure(part, f"{name}: statements", costs.statements, "", at_most=20),
        Figure(part, f"{name}: commits", costs.commits, "", at_most=1),
    ]
