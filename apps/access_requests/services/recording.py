"""How a request comes to be written, moves from state to state, and is told of in the audit log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models.expressions import Combinable

from apps.access_requests.asks import Actor, Ask
from apps.access_requests.models import AccessRequest
from apps.access_requests.policy.assigning import maximum_days
from apps.access_requests.policy.reading import digest_of
from apps.access_requests.states import CLOSED, TRANSITIONS, Action, Family, State, Step
from apps.accounts.models import Principal
from apps.assignments.models import Assignment
from apps.assignments.services import Why
from apps.audit import services as audit
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction, Outcome, Party
from apps.common.errors import Conflict
from apps.common.transition import next_state
from apps.common.writing import change, insert
from apps.roles.models import Resource, RoleDefinition
from apps.roles.policy.rules import RoleRules

FASTER = "Somebody was faster. This request has changed meanwhile."


def draft_request(
    ask: Ask,
    *,
    actor: Actor,
    principal: Principal,
    role: RoleDefinition,
    resource: Resource,
    family: Family,
    state: State,
    now: datetime,
    shown: RoleRules | None = None,
    **columns: Any,
) -> AccessRequest:
    """What was asked, in the state it begins in, not written yet. Where somebody will decide on it, `shown`
    are the rules that they are shown with it."""
    request = AccessRequest(
        action=ask.action,
        family=family,
        state=state,
        principal=principal,
        role=role,
        resource=resource,
        requester=actor.user,
        requester_name=actor.party.name,
        starts_at=ask.starts_at,
        justification=ask.said.justification,
        ticket_number=ask.said.ticket_number,
        ticket_system=ask.said.ticket_system,
        second_factor_at=actor.second_factor.verified_at,
        created_at=now,
        closed_at=now if state in CLOSED else None,
        **columns,
    )
    if shown is not None:
        request.snapshot = snapshot_of(request, shown, now=now)
        request.digest = digest_of(request.snapshot)
    return request


def write_request(request: AccessRequest, *, actor: Actor, now: datetime) -> None:
    """With its event."""
    insert([request])
    record(AuditAction.REQUEST_SUBMITTED, request, by=actor.party, now=now)


def write_request_about(
    row: Assignment, ask: Ask, *, actor: Actor, state: State, now: datetime, **columns: Any
) -> AccessRequest:
    """Write what was asked for the holder, role and resource of an assignment that there is."""
    request = draft_request(
        ask,
        actor=actor,
        principal=row.principal,
        role=row.role,
        resource=row.resource,
        family=family_of(ask.action, row.kind),
        state=state,
        now=now,
        **columns,
    )
    write_request(request, actor=actor, now=now)
    return request


def move(request: AccessRequest, step: Step, *, at: datetime, reason: str = "", **columns: Any) -> None:
    """Take a request to its next state, once: whoever comes second finds it moved. Raises `Conflict`. `at` is
    when it happened, which for what the clock does is before anybody writes it down. The evidence that the
    request carries is written with it."""
    columns |= _turned(request, step, at, reason)
    evidence = {"snapshot": request.snapshot, "digest": request.digest}
    if not change(request, columns | evidence, still={"state": request.state}):
        raise Conflict(FASTER)
    _set(request, columns)


def turn(draft: AccessRequest, step: Step, *, at: datetime, **columns: Any) -> None:
    """`move` a request that is not written yet, so that nobody can be faster."""
    _set(draft, columns | _turned(draft, step, at))


def _turned(request: AccessRequest, step: Step, at: datetime, reason: str = "") -> dict[str, Any]:
    state = next_state(TRANSITIONS, State(request.state), step)
    return {"state": state, "closing_reason": reason, "closed_at": at if state in CLOSED else None}


def _set(request: AccessRequest, columns: dict[str, Any]) -> None:
    for name, value in columns.items():
        setattr(request, name, value)


def move_all(requests: Iterable[AccessRequest], step: Step, *, at: Combinable, reason: str = "") -> None:
    """`move` many that change nothing else, with a statement for each state that they are in. Raises
    `Conflict` where somebody was faster with one of them."""
    by_state = defaultdict(list)
    for request in requests:
        by_state[State(request.state)].append(request)
    for before, rows in by_state.items():
        state = next_state(TRANSITIONS, before, step)
        still = AccessRequest.objects.filter(pk__in=[row.pk for row in rows], state=before)
        closed_at = at if state in CLOSED else None
        if still.update(state=state, closing_reason=reason, closed_at=closed_at) < len(rows):
            raise Conflict(FASTER)
        for row in rows:
            row.state, row.closing_reason = state, reason


def record(action: AuditAction, request: AccessRequest, *, by: Party, now: datetime, **facts: Any) -> None:
    """Write one event about a request (`event_of`)."""
    audit.record_all([event_of(action, request, by=by, now=now, **facts)])


def event_of(
    action: AuditAction,
    request: AccessRequest,
    *,
    by: Party,
    now: datetime,
    justification: str | None = None,
    approver: str = "",
    outcome: Outcome = Outcome.SUCCESS,
    **details: Any,
) -> AuditEvent:
    """What happened to it. The justification is the actor's own: the requester's, or the approver's."""
    return audit.event_of(
        action,
        actor=by,
        at=now,
        target=request.principal.party,
        role=request.role.name,
        place=request.resource.place,
        justification=request.justification if justification is None else justification,
        ticket=request.ticket_number,
        approver=approver,
        request_id=str(request.id),
        outcome=outcome,
        details={"request": str(request.id), "number": request.number, "action": request.action, **details},
    )


def why(request: AccessRequest, *, approver: str = "") -> Why:
    """What was asked with, for the events of what is done because of it."""
    return Why(request.justification, request.ticket_number, approver, str(request.id))


def snapshot_of(request: AccessRequest, rules: RoleRules, *, now: datetime) -> dict[str, Any]:
    """Exactly what an approver is shown: who, what, where, how long, why, and the rules and facts of now."""
    return {
        "request": str(request.id),
        "principal": [str(request.principal_id), request.principal.name],
        "role": [str(request.role_id), request.role.name],
        "resource": [request.resource.path, request.resource.name],
        "starts_at": _text(request.starts_at),
        "extends": _extended(request.extends, now),
        "justification": request.justification,
        "ticket": [request.ticket_number, request.ticket_system],
        **(_of_assignment(request, rules) if request.is_about_assignment else _of_activation(request, rules)),
    }


def _of_activation(request: AccessRequest, rules: RoleRules) -> dict[str, Any]:
    return {
        "minutes": request.duration_minutes,
        "eligible_until": _text(request.eligible.ends_at if request.eligible else None),
        "rules": rules.evidence(),
    }


def _of_assignment(request: AccessRequest, rules: RoleRules) -> dict[str, Any]:
    present = request.extends
    return {
        "kind": request.family,
        "ends_at": _text(request.ends_at),
        "present": [present.kind, *map(_text, (present.starts_at, present.ends_at))] if present else None,
        "limits": {str(kind): maximum_days(rules, kind) for kind in Assignment.Kind},
    }


def digest_now(request: AccessRequest, rules: RoleRules, *, now: datetime) -> str:
    return digest_of(snapshot_of(request, rules, now=now))


def family_of(action: Action, kind: str) -> Family:
    if action in (Action.SELF_ACTIVATE, Action.SELF_DEACTIVATE):
        return Family.ACTIVATION
    return Family(kind)


def _extended(assignment: Assignment | None, now: datetime) -> list[Any] | None:
    """Whether it still runs decides what a yes would do: move its end, or open a new one."""
    return None if assignment is None else [str(assignment.id), assignment.is_current(now)]


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
