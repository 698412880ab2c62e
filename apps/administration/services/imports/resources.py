"""Files of resources: the tree, each line one path of names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from apps.access_requests.asks import Actor
from apps.administration.selectors.names import joined, resource_at, steps_of
from apps.administration.services.imports.commands import Cells, CommandHandler, Todo
from apps.administration.services.resources import create_resource, rename_resource, retire_resource
from apps.common.errors import Conflict, Invalid
from apps.jobs.states import Verdict
from apps.jobs.work import Effect, Plan
from apps.roles.models import Resource


class Resources(CommandHandler):
    def resting_on(self, lines: Sequence[Cells]) -> Q:
        """What lies above comes before what lies below."""
        above = {joined(steps[:end]) for steps in _paths(lines) for end in range(1, len(steps))}
        return Q(data__path__in=above)

    def plan(self, cells: Cells, *, actor: Actor, now: datetime) -> Plan:  # noqa: ARG002
        steps = steps_of(cells["path"])
        there = resource_at(steps, actor.access)
        if there is None:
            return Plan(Verdict.NEW, todo={"do": "create", "path": steps, "kind": cells["kind"]})
        if there.kind == cells["kind"]:
            return Plan(Verdict.SAME)
        todo = {"do": "change", "resource": str(there.id), "kind": cells["kind"], "expected": there.kind}
        return Plan(Verdict.CHANGED, f"{there.kind} so far.", todo)

    def run(self, todo: Todo, *, actor: Actor, now: datetime) -> Effect:
        if todo["do"] == "create":
            return _create(todo, actor, now)
        id_ = UUID(todo["resource"])
        if todo["do"] == "end":
            retire_resource(id_, actor=actor, now=now)
            return Effect("It cannot be put back in use.")
        return _rename(id_, todo, actor, now)


def _create(todo: Todo, actor: Actor, now: datetime) -> Effect:
    *above, name = todo["path"]
    parent = resource_at(above, actor.access) if above else None
    if above and parent is None:
        raise Invalid(f"There is no resource “{joined(above)}”. Put it on an earlier line.")
    parent_id = parent.id if parent else None
    row = create_resource(parent_id=parent_id, name=name, kind=todo["kind"], actor=actor, now=now)
    return Effect(undo={"do": "end", "resource": str(row.id)})


def _rename(id_: UUID, todo: Todo, actor: Actor, now: datetime) -> Effect:
    row = Resource.objects.get(pk=id_)
    if row.kind != todo["expected"]:
        raise Conflict("This resource was changed meanwhile.")
    rename_resource(id_, name=row.name, kind=todo["kind"], actor=actor, now=now)
    return Effect(undo=todo | {"kind": todo["expected"], "expected": todo["kind"]})


def _paths(lines: Sequence[Cells]) -> list[list[str]]:
    return [steps_of(cells["path"]) for cells in lines]
