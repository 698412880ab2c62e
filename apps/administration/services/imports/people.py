"""Files of people: who is new gets an invitation; of who is there already, what the line gives changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from apps.access_requests.asks import Actor
from apps.accounts.models import User
from apps.accounts.selectors import user_by_email
from apps.administration.policy.cells import choice_in
from apps.administration.policy.people import can_create_person
from apps.administration.services.imports.commands import Cells, CommandHandler, Todo
from apps.administration.services.people import change_person, invite_person
from apps.common.errors import Conflict, Invalid
from apps.common.text import one_line
from apps.jobs.states import Verdict
from apps.jobs.work import Effect, Plan

_TEXTS = ("name", "job_title", "department", "time_zone")


class People(CommandHandler):
    def resting_on(self, lines: Sequence[Cells]) -> Q:
        """Managers may come before those whom they manage."""
        return Q(data__email__in={cells["manager"] for cells in lines if cells["manager"]})

    def plan(self, cells: Cells, *, actor: Actor, now: datetime) -> Plan:  # noqa: ARG002
        can_create_person(actor.access).require()  # whoever may invite nobody learns nothing of who is there
        given = _given(cells)
        user = user_by_email(cells["email"])
        if user is None:
            return Plan(Verdict.NEW, todo={"do": "create", "email": cells["email"], "values": given})
        before = _facts(user)
        wanted = {name: value for name, value in given.items() if value != before[name]}
        if not wanted:
            return Plan(Verdict.SAME)
        expected = {name: before[name] for name in wanted}
        todo = {"do": "change", "user": str(user.id), "values": wanted, "expected": expected}
        return Plan(Verdict.CHANGED, _says(expected, wanted), todo)

    def run(self, todo: Todo, *, actor: Actor, now: datetime) -> Effect:
        values = _columns(todo["values"])
        if todo["do"] == "create":
            invite_person(email=todo["email"], actor=actor, now=now, **values)
            return Effect("Invited by mail.")
        user = User.objects.get(pk=UUID(todo["user"]))
        before = _facts(user)
        if any(before[name] != value for name, value in todo["expected"].items()):
            raise Conflict("This person was changed meanwhile.")
        change_person(user.id, actor=actor, now=now, **values)
        back = {"do": "change", "user": todo["user"], "values": todo["expected"], "expected": todo["values"]}
        return Effect(undo=back)


def _given(cells: Cells) -> dict[str, str]:
    """What the line gives; an empty cell leaves what there is."""
    given = {name: one_line(cells[name]) for name in _TEXTS if cells[name]}
    if cells["type"]:
        given["type"] = choice_in(cells["type"], User.Type, column="type").value
    if cells["manager"]:
        given["manager"] = cells["manager"].lower()
    return given


def _facts(user: User) -> dict[str, str]:
    """The same of a person, as they are now."""
    texts = {name: getattr(user, name) for name in (*_TEXTS, "type")}
    return texts | {"manager": user.manager.email.lower() if user.manager else ""}


def _columns(values: dict[str, str]) -> dict[str, Any]:
    """As the commands take them: the manager is a person. No address means no manager."""
    columns: dict[str, Any] = dict(values)
    if "manager" in values:
        columns["manager"] = _manager(values["manager"])
    return columns


def _manager(address: str) -> User | None:
    manager = user_by_email(address) if address else None
    if address and manager is None:
        raise Invalid(f"There is no manager “{address}”. Put them on an earlier line.")
    return manager


def _says(before: dict[str, str], wanted: dict[str, str]) -> str:
    changes = (f"{name}: {before[name] or '–'} → {value}" for name, value in wanted.items())
    return "; ".join(changes)
