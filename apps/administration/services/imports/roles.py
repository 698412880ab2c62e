"""Files of custom roles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from apps.access_requests.asks import Actor
from apps.administration.policy.cells import choice_in
from apps.administration.policy.roles import Granted
from apps.administration.selectors.roles import change_of
from apps.administration.services.imports.commands import Cells, CommandHandler, Todo
from apps.administration.services.roles import change_role, create_role, delete_role
from apps.common.access import Permission, Provider
from apps.common.errors import Conflict, Invalid
from apps.common.text import one_line
from apps.jobs.states import Verdict
from apps.jobs.work import Effect, Plan
from apps.roles.models import RoleDefinition

_TEXTS = ("description", "link", "usage", "enforced_by")
NOTHING = Q(pk__in=[])


class Roles(CommandHandler):
    def resting_on(self, lines: Sequence[Cells]) -> Q:  # noqa: ARG002
        """Roles rest on nothing."""
        return NOTHING

    def plan(self, cells: Cells, *, actor: Actor, now: datetime) -> Plan:
        provider = choice_in(cells["provider"], Provider, column="provider")
        name = one_line(cells["name"])
        given = _given(cells)
        visible = RoleDefinition.objects.in_use().visible_to(actor.access)
        role = visible.filter(provider=provider, name__iexact=name).first()
        if role is None:
            todo = {"do": "create", "provider": provider.value, "name": name, "values": given}
            return Plan(Verdict.NEW, todo=todo)
        before = _facts(role)
        wanted = {column: value for column, value in given.items() if value != before[column]}
        if not wanted:
            return Plan(Verdict.SAME)
        reason = f"Changes {', '.join(wanted)}."
        return Plan(Verdict.CHANGED, reason, _change(role, before | wanted, before, now))

    def run(self, todo: Todo, *, actor: Actor, now: datetime) -> Effect:
        if todo["do"] == "create":
            texts, granted = _arguments({**dict.fromkeys(_TEXTS, ""), "permissions": [], **todo["values"]})
            provider = Provider(todo["provider"])
            role = create_role(
                provider=provider, name=todo["name"], granted=granted, actor=actor, now=now, **texts
            )
            return Effect(undo={"do": "end", "role": str(role.id)})
        id_ = UUID(todo["role"])
        if todo["do"] == "end":
            delete_role(id_, actor=actor, now=now)
            return Effect("It can be brought in again.")
        return _run_change(id_, todo, actor, now)


def _run_change(id_: UUID, todo: Todo, actor: Actor, now: datetime) -> Effect:
    role = RoleDefinition.objects.get(pk=id_)
    if _facts(role) != todo["expected"]:
        raise Conflict("This role was changed meanwhile.")
    texts, granted = _arguments(todo["values"])
    change_role(id_, name=role.name, granted=granted, seen=todo["seen"], actor=actor, now=now, **texts)
    role.refresh_from_db()
    return Effect(undo=_change(role, todo["expected"], todo["values"], now))


def _change(role: RoleDefinition, values: Todo, expected: Todo, now: datetime) -> Todo:
    """With the digest of who would gain what: an import is refused where that has changed since."""
    _, granted = _arguments(values)
    seen = change_of(role, granted, now=now).digest
    return {"do": "change", "role": str(role.id), "values": values, "expected": expected, "seen": seen}


def _given(cells: Cells) -> Todo:
    """What the line gives; an empty cell leaves what there is."""
    given: Todo = {name: cells[name] for name in _TEXTS if cells[name]}
    if cells["permissions"]:
        given["permissions"] = sorted(map(_permission, cells["permissions"].split()))
    return given


def _permission(text: str) -> str:
    """One of `directory:audit.read`, checked."""
    provider, _, name = text.partition(":")
    if provider not in Provider.values or name not in Permission.values:
        raise Invalid(f"“{text}” is no permission. Write directory:audit.read, with spaces between several.")
    return text


def _facts(role: RoleDefinition) -> Todo:
    texts: Todo = {name: getattr(role, name) for name in _TEXTS}
    return texts | {"permissions": sorted(f"{provider}:{name}" for provider, name in role.granted)}


def _arguments(values: Todo) -> tuple[dict[str, str], Granted]:
    pairs = (text.partition(":") for text in values["permissions"])
    granted = frozenset((Provider(provider), Permission(name)) for provider, _, name in pairs)
    return {name: values[name] for name in _TEXTS}, granted
