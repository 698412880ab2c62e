"""What admins do: give a role, change it, extend or renew it, and take it away. The console does it, too."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from apps.access_requests import notices
from apps.access_requests.asks import Actor, Ask
from apps.access_requests.models import AccessRequest
from apps.access_requests.policy.assigning import can_remove
from apps.access_requests.selectors.assigning import AssignmentCase, load_assignment, removal_facts
from apps.access_requests.selectors.facts import assignment_of
from apps.access_requests.services.last_one import lock_guards
from apps.access_requests.services.recording import (
    draft_request,
    family_of,
    record,
    why,
    write_request,
    write_request_about,
)
from apps.access_requests.services.settling import close_waiting_on, settle_locked
from apps.access_requests.states import OPEN, Action, State
from apps.accounts.models import Principal
from apps.assignments import services as assignments
from apps.assignments.membership import members_of
from apps.assignments.models import Assignment
from apps.assignments.notices.ending import key_of_end, tell_admins_of_removal
from apps.assignments.services import Why
from apps.audit.vocabulary import AuditAction, Party
from apps.common.commands import command
from apps.common.decision import Decision
from apps.common.lookup import find
from apps.notifications.services import take_back


def assess_assignment(ask: Ask, *, actor: Actor, now: datetime) -> Decision:
    return load_assignment(ask, actor=actor, now=now).decision


@command()
def assign(ask: Ask, *, actor: Actor, now: datetime) -> AccessRequest:
    """Give a role, eligible or active, now or from a later start, until an end or permanently; or change,
    extend or renew what was given. By what an admin would gain themself, another admin decides; with nobody
    else there it is done, and all admins hear of it, whatever the settings say."""
    before = None if ask.action == Action.ADMIN_ASSIGN else assignment_of(ask)
    lock_for_giving(
        principal_id=before.principal_id if before else ask.principal_id,
        role_id=before.role_id if before else ask.role_id,
        now=now,
    )
    case = load_assignment(ask, actor=actor, now=now)
    case.decision.require()
    if case.waits:
        return _leave_waiting(ask, case, actor, now)
    request = _draft(ask, case, actor, State.PROVISIONED, now)
    request.result = carry_out(request, case, by=actor.party, now=now)
    write_request(request, actor=actor, now=now)
    if case.is_gain:
        record(AuditAction.GRANTED_ONESELF, request, by=actor.party, now=now)
        notices.warn_of_own_grant(request, by=actor.party, now=now)
    tell = notices.tell_assigned if ask.batch_id is None else notices.tell_holder
    tell(request, by=actor.party, rules=case.rules, now=now)
    return request


def lock_for_giving(*, principal_id: UUID | None, role_id: UUID | None, now: datetime) -> None:
    """Before anything is given: the guards of the last one, or, where two might close a loop of groups, of
    membership; then the holder, for whom what the clock has ended is written down."""
    principal = find(Principal.objects.all(), principal_id)
    if principal is None:
        return  # what is not there is refused when it is loaded
    lock_guards([role_id] if role_id else [])
    settle_holders(principal, now)


def settle_holders(principal: Principal, now: datetime) -> None:
    """Write down what has ended for whoever is about to get something: what they get must revive nothing
    that is over. For a group that is everybody in it with something open. All are locked before anything is
    written, ids ascending."""
    ids = _busy_members(principal, now) if principal.is_group else [principal.id]
    assignments.lock_principals(ids)
    for id_ in ids:
        settle_locked(principal_id=id_, now=now)


def _busy_members(group: Principal, now: datetime) -> list[UUID]:
    members = members_of({group.id}, now=now)[group.id]
    busy = Q(assignments__ended_at__isnull=True) | Q(requests__state__in=OPEN) | Q(pk=group.id)
    holders = Principal.objects.filter(busy, pk__in={group.id, *members}).distinct()
    return list(holders.order_by("pk").values_list("pk", flat=True))


def carry_out(
    request: AccessRequest, case: AssignmentCase, *, by: Party, now: datetime, approver: str = ""
) -> Assignment:
    """Give what was judged and found right; the answer is the row that came of it. What waits on it is
    closed: it was asked under the old one."""
    row, reason = case.row, why(request, approver=approver)
    if row is None:
        result = _open(case, by, now, reason)
    elif row.kind == case.kind:
        assignments.change_period(row, period=case.period, by=by, now=now, why=reason)
        result = row
    else:
        assignments.end(row, how=Assignment.End.REMOVED, by=by, now=now, why=reason)
        take_back([key_of_end(row)])  # that it is another kind now says so
        close_waiting_on(row, by=by, now=now)
        result = _open(case, by, now, reason)
    close_waiting_on(result, by=by, now=now)
    if row is not None:  # what rested on a membership that now begins later ends, or it would come back
        settle_holders(row.principal, now)
    return result


def _open(case: AssignmentCase, by: Party, now: datetime, reason: Why) -> Assignment:
    return assignments.assign(
        principal=case.principal,
        role=case.role,
        resource=case.resource,
        kind=case.kind,
        period=case.period,
        by=by,
        now=now,
        why=reason,
    )


def assess_removal(ask: Ask, *, actor: Actor, now: datetime) -> Decision:
    return can_remove(removal_facts(assignment_of(ask), actor=actor, now=now))


@command()
def remove(ask: Ask, *, actor: Actor, now: datetime) -> AccessRequest:
    """End an assignment, and everything that was activated from it."""
    row = assignment_of(ask)
    lock_guards([row.role_id])
    assignments.lock_principal(row.principal_id)
    row = assignment_of(ask)
    can_remove(removal_facts(row, actor=actor, now=now)).require()
    request = write_request_about(row, ask, actor=actor, state=State.REVOKED, now=now, result=row)
    assignments.end(row, how=Assignment.End.REMOVED, by=actor.party, now=now, why=why(request))
    if ask.batch_id is None:
        tell_admins_of_removal(row, by=actor.party, reason=ask.said.justification, now=now)
    close_waiting_on(row, by=actor.party, now=now)
    return request


# ---- Granting oneself --------------------------------------------------------------------------------------


def _leave_waiting(ask: Ask, case: AssignmentCase, actor: Actor, now: datetime) -> AccessRequest:
    """Another admin who gains nothing by it decides, as long as the role gives an approver."""
    deadline = now + timedelta(minutes=case.rules.approval_window_minutes)
    waiting = State.PENDING_ADMIN_DECISION
    request = _draft(ask, case, actor, waiting, now, shown=case.rules, deadline_at=deadline)
    write_request(request, actor=actor, now=now)
    notices.ask_admins(request, rules=case.rules, now=now)
    return request


def _draft(
    ask: Ask, case: AssignmentCase, actor: Actor, state: State, now: datetime, **columns: Any
) -> AccessRequest:
    return draft_request(
        ask,
        actor=actor,
        principal=case.principal,
        role=case.role,
        resource=case.resource,
        family=family_of(ask.action, case.kind),
        state=state,
        now=now,
        ends_at=case.facts.ends_at,
        extends=case.about,
        **columns,
    )
