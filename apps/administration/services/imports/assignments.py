"""Files of assignments, and of groups' members: each line is an ask at the door."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

from apps.access_requests.asks import Ask, Said
from apps.access_requests.states import Action
from apps.accounts.policy import zone_of
from apps.administration.policy.cells import Faults, choice_in, instant_in
from apps.administration.policy.imports import LineAction
from apps.administration.selectors.names import Asked, Names, names_in
from apps.administration.services.imports.acting import actor_of
from apps.administration.services.imports.asking import apply_ask, plan_asks, plan_reversals
from apps.administration.services.imports.telling import tell_admins, tell_done
from apps.assignments.models import Assignment
from apps.common.access import Provider
from apps.common.errors import Invalid
from apps.common.lookup import present
from apps.jobs.models import Job, JobLine
from apps.jobs.work import Effect, Plan

Cells = Mapping[str, str]

_ACTIONS = {LineAction.ADD: Action.ADMIN_ASSIGN, LineAction.REMOVE: Action.ADMIN_REMOVE}


class AskHandler(ABC):
    """A `jobs.work.Handler` whose lines give roles. Subclasses say what a line asks for."""

    @abstractmethod
    def names(self, lines: Sequence[Cells]) -> Asked:
        """What is named in these lines."""

    @abstractmethod
    def ask(self, cells: Cells, names: Names, zone: tzinfo) -> Ask:
        """What one line asks for. Raises `Invalid` with everything that is wrong with it."""

    def check(self, job: Job, lines: Sequence[JobLine], *, now: datetime) -> Sequence[Plan]:
        actor = actor_of(job, now=now)
        if job.reverses_id is not None:
            return plan_reversals(lines, actor=actor, now=now)
        names = names_in(self.names([line.data for line in lines]), actor.access)
        zone = zone_of(actor.somebody)
        return plan_asks([self._read(line.data, names, zone) for line in lines], actor=actor, now=now)

    def apply(self, job: Job, line: JobLine, *, now: datetime) -> Effect:
        return apply_ask(line, actor=actor_of(job, now=now), now=now)

    def finish(self, job: Job, *, now: datetime) -> None:
        tell_done(job, now=now)
        tell_admins(job, now=now)

    def _read(self, cells: Cells, names: Names, zone: tzinfo) -> Ask | Invalid:
        try:
            return self.ask(cells, names, zone)
        except Invalid as error:
            return error


class Assignments(AskHandler):
    def names(self, lines: Sequence[Cells]) -> Asked:
        return Asked(
            principals=[cells["principal"] for cells in lines],
            roles=[(cells["provider"], cells["role"]) for cells in lines],
            resources=[(cells["provider"], cells["resource"]) for cells in lines],
        )

    def ask(self, cells: Cells, names: Names, zone: tzinfo) -> Ask:
        faults = Faults()
        action = faults.reading(lambda: _action(cells["action"]))
        provider = faults.reading(lambda: choice_in(cells["provider"], Provider, column="provider"))
        kind = faults.reading(lambda: choice_in(cells["kind"], Assignment.Kind, column="kind"))
        principal = faults.reading(lambda: names.principal(cells["principal"]))
        role = faults.reading(lambda: names.role(provider, cells["role"])) if provider else None
        resource = faults.reading(lambda: names.resource(provider, cells["resource"])) if provider else None
        starts_at = faults.reading(lambda: instant_in(cells["starts_at"], zone, column="starts_at"))
        ends_at = faults.reading(lambda: instant_in(cells["ends_at"], zone, column="ends_at"))
        faults.require_none()
        return Ask(
            present(action),
            principal_id=present(principal).id,
            role_id=present(role).id,
            resource_id=present(resource).id,
            kind=present(kind),
            starts_at=starts_at,
            ends_at=ends_at,
            said=Said(justification=cells["justification"]),
        )


class Members(AskHandler):
    """Active members and owners: the group's own roles, on the resource that it is."""

    def names(self, lines: Sequence[Cells]) -> Asked:
        return Asked(
            principals=[cells["principal"] for cells in lines],
            roles=[(Provider.GROUPS, cells["role"]) for cells in lines],
            resources=[(Provider.GROUPS, cells["group"]) for cells in lines],
        )

    def ask(self, cells: Cells, names: Names, zone: tzinfo) -> Ask:
        faults = Faults()
        action = faults.reading(lambda: _action(cells["action"]))
        group = faults.reading(lambda: names.resource(Provider.GROUPS, cells["group"]))
        principal = faults.reading(lambda: names.principal(cells["principal"]))
        role = faults.reading(lambda: names.role(Provider.GROUPS, cells["role"]))
        ends_at = faults.reading(lambda: instant_in(cells["ends_at"], zone, column="ends_at"))
        faults.require_none()
        return Ask(
            present(action),
            principal_id=present(principal).id,
            role_id=present(role).id,
            resource_id=present(group).id,
            kind=Assignment.Kind.ACTIVE,
            ends_at=ends_at,
            said=Said(justification=cells["justification"]),
        )


def _action(text: str) -> Action:
    return _ACTIONS[choice_in(text or LineAction.ADD, LineAction, column="action")]
