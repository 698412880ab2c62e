"""Lines that are asks at the door: planned, applied, and taken back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any
from uuid import UUID

from apps.access_requests.asks import Actor, Ask, Said
from apps.access_requests.models import AccessRequest
from apps.access_requests.services.door import Foreseen, assess_many, submit
from apps.access_requests.states import WAITING, Action
from apps.accounts.policy import zone_of
from apps.assignments.models import Assignment
from apps.common.access import Access
from apps.common.errors import Invalid
from apps.common.instants import full
from apps.jobs.models import JobLine
from apps.jobs.states import Verdict
from apps.jobs.work import Effect, Plan

# Files keep seconds, and spreadsheets minutes; nobody means a difference of less.
_SAME_MINUTE = timedelta(minutes=1)

_DOES = {
    Action.ADMIN_ASSIGN: Verdict.NEW,
    Action.ADMIN_UPDATE: Verdict.CHANGED,
    Action.ADMIN_REMOVE: Verdict.ENDED,
}

Key = tuple[UUID | None, UUID | None, UUID | None, str | None]


def plan_asks(wanted: Sequence[Ask | Invalid], *, actor: Actor, now: datetime) -> list[Plan]:
    """What each of these would change, judged by the door. What could not be read is wrong. One that asks to
    remove says whose, of what and where, instead of naming a row."""
    there = _there([ask for ask in wanted if isinstance(ask, Ask)], actor.access, now)
    zone = zone_of(actor.somebody)
    drafts = [
        Plan(Verdict.WRONG, str(ask))
        if isinstance(ask, Invalid)
        else _draft(ask, there.get(_key(ask)), zone, now)
        for ask in wanted
    ]
    return _judged(drafts, actor, now)


def plan_reversals(lines: Sequence[JobLine], *, actor: Actor, now: datetime) -> list[Plan]:
    """What taking each line back would do. What has been changed since stays as it is."""
    ids = [line.todo.get("assignment_id") for line in lines]
    rows = Assignment.objects.in_bulk([UUID(id_) for id_ in ids if id_])
    return _judged([_draft_of_reversal(line.todo, rows) for line in lines], actor, now)


def apply_ask(line: JobLine, *, actor: Actor, now: datetime) -> Effect:
    ask = replace(ask_from(line.todo), batch_id=line.job_id)
    before = Assignment.objects.filter(pk=ask.assignment_id).first() if ask.assignment_id else None
    if before is not None and _has_moved(line.todo, before):
        raise Invalid("This was changed meanwhile.")
    request = submit(ask, actor=actor, now=now)
    if request.state in WAITING:
        return Effect(f"Another admin decides: {request.number}.", verdict=Verdict.WAITS)
    return Effect(undo=_undo(ask, request, before), verdict=_DOES[ask.action])


# ---- A plan ------------------------------------------------------------------------------------------------


def _there(asks: Collection[Ask], access: Access, now: datetime) -> dict[Key, Assignment]:
    """What is assigned already of all that is asked for, as far as its reader sees it. One query."""
    rows = (
        Assignment.objects.not_ended(now)
        .visible_to(access)
        .filter(
            origin=Assignment.Origin.ASSIGNED,
            principal_id__in={ask.principal_id for ask in asks},
            role_id__in={ask.role_id for ask in asks},
            resource_id__in={ask.resource_id for ask in asks},
        )
    )
    return {(row.principal_id, row.role_id, row.resource_id, row.kind): row for row in rows}


def _key(ask: Ask) -> Key:
    return ask.principal_id, ask.role_id, ask.resource_id, ask.kind


@dataclass(frozen=True)
class _Draft:
    """What to ask the door for a line. `expects`: the row it is about, as it is now."""

    ask: Ask
    says: str = ""
    expects: Assignment | None = None


def _judged(drafts: Sequence[Plan | _Draft], actor: Actor, now: datetime) -> list[Plan]:
    """The door is asked once for all of them."""
    asks = [draft.ask for draft in drafts if isinstance(draft, _Draft)]
    foreseen = iter(assess_many(asks, actor=actor, now=now))
    return [draft if isinstance(draft, Plan) else _plan(draft, next(foreseen)) for draft in drafts]


def _plan(draft: _Draft, foreseen: Foreseen) -> Plan:
    if not foreseen.decision:
        return Plan(Verdict.WRONG, " ".join(refusal.reason for refusal in foreseen.decision.refusals))
    todo = todo_of(draft.ask, draft.expects)
    if foreseen.waits:
        says = f"{draft.says} You would gain by it, so another admin decides."
        return Plan(Verdict.WAITS, says.lstrip(), todo)
    return Plan(_DOES[draft.ask.action], draft.says, todo)


def _draft(ask: Ask, there: Assignment | None, zone: tzinfo, now: datetime) -> Plan | _Draft:
    if ask.action == Action.ADMIN_REMOVE:
        return _draft_of_removal(ask, there, zone)
    if there is None:
        return _Draft(ask)
    if _is_same(ask, there, now):
        return Plan(Verdict.SAME)
    change = Ask(
        Action.ADMIN_UPDATE,
        assignment_id=there.id,
        kind=ask.kind,
        starts_at=ask.starts_at,
        ends_at=ask.ends_at,
        said=ask.said,
    )
    says = f"{_end(there.ends_at, zone)} so far, then {_end(ask.ends_at, zone).lower()}."
    return _Draft(change, says, expects=there)


def _draft_of_removal(ask: Ask, there: Assignment | None, zone: tzinfo) -> Plan | _Draft:
    if there is None:
        return Plan(Verdict.SAME, "There is no such assignment.")
    removal = Ask(Action.ADMIN_REMOVE, assignment_id=there.id, said=ask.said)
    return _Draft(removal, f"{_end(there.ends_at, zone)} so far.", expects=there)


def _is_same(ask: Ask, there: Assignment, now: datetime) -> bool:
    """A start that has passed moves nothing that runs already."""
    starts_at = ask.starts_at or there.starts_at
    starts_same = _is_near(starts_at, there.starts_at) or (starts_at <= now and there.starts_at <= now)
    return starts_same and _is_near(ask.ends_at, there.ends_at)


def _is_near(one: datetime | None, other: datetime | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) < _SAME_MINUTE


def _end(instant: datetime | None, zone: tzinfo) -> str:
    return f"Until {full(instant, zone)}" if instant else "Permanent"


# ---- Taking back -------------------------------------------------------------------------------------------


def _draft_of_reversal(todo: Mapping[str, Any], rows: Mapping[UUID, Assignment]) -> Plan | _Draft:
    ask = ask_from(todo)
    row = rows.get(ask.assignment_id) if ask.assignment_id else None
    if row is not None and row.ended_at is not None:
        return Plan(Verdict.SAME, "This has ended already.")
    if row is not None and _has_moved(todo, row):
        return Plan(Verdict.WRONG, "This was changed since. It stays as it is.")
    return _Draft(ask, expects=row)


def _undo(ask: Ask, request: AccessRequest, before: Assignment | None) -> dict[str, Any]:
    """The `todo` of a line that takes this one back."""
    said = Said(justification=f"Reversal of {request.number}")
    row = request.result
    if row is None:
        return {}
    if ask.action == Action.ADMIN_ASSIGN:
        return todo_of(Ask(Action.ADMIN_REMOVE, assignment_id=row.id, said=said), row)
    if ask.action == Action.ADMIN_UPDATE and before is not None:
        back = Ask(
            Action.ADMIN_UPDATE,
            assignment_id=row.id,
            kind=Assignment.Kind(before.kind),
            starts_at=before.starts_at,
            ends_at=before.ends_at,
            said=said,
        )
        return todo_of(back, row)
    again = Ask(
        Action.ADMIN_ASSIGN,
        principal_id=row.principal_id,
        role_id=row.role_id,
        resource_id=row.resource_id,
        kind=Assignment.Kind(row.kind),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        said=said,
    )
    return todo_of(again)


# ---- An ask as it is stored with a line --------------------------------------------------------------------


def todo_of(ask: Ask, expects: Assignment | None = None) -> dict[str, Any]:
    """`expects`: the row it is about, as it is now; changed until then, it is left alone."""
    todo: dict[str, Any] = {
        "action": ask.action.value,
        "assignment_id": _text(ask.assignment_id),
        "principal_id": _text(ask.principal_id),
        "role_id": _text(ask.role_id),
        "resource_id": _text(ask.resource_id),
        "kind": ask.kind.value if ask.kind else None,
        "starts_at": _instant(ask.starts_at),
        "ends_at": _instant(ask.ends_at),
        "justification": ask.said.justification,
    }
    if expects is not None:
        todo["expects"] = [_instant(expects.starts_at), _instant(expects.ends_at)]
    return todo


def ask_from(todo: Mapping[str, Any]) -> Ask:
    return Ask(
        Action(todo["action"]),
        assignment_id=_id(todo["assignment_id"]),
        principal_id=_id(todo["principal_id"]),
        role_id=_id(todo["role_id"]),
        resource_id=_id(todo["resource_id"]),
        kind=Assignment.Kind(todo["kind"]) if todo["kind"] else None,
        starts_at=_read(todo["starts_at"]),
        ends_at=_read(todo["ends_at"]),
        said=Said(justification=todo["justification"]),
    )


def _has_moved(todo: Mapping[str, Any], row: Assignment) -> bool:
    return "expects" in todo and todo["expects"] != [_instant(row.starts_at), _instant(row.ends_at)]


def _text(id_: UUID | None) -> str | None:
    return str(id_) if id_ else None


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def _instant(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def _read(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
