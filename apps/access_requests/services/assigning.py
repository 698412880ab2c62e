"""What admins do: give a role, and take it away. The console uses it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from apps.access_requests import notices
from apps.access_requests.asks import Actor, Ask
from apps.access_requests.models import AccessRequest
from apps.access_requests.policy.assigning import (
    AssignmentFacts,
    GroupFacts,
    RemovalFacts,
    can_assign,
    can_remove,
    can_update,
)
from apps.access_requests.selectors.facts import assignment_of
from apps.access_requests.services.last_one import last_of, lock_guards
from apps.access_requests.services.recording import family_of, why, write_request
from apps.access_requests.services.settling import close_waiting_on, settle_locked
from apps.access_requests.states import OPEN, State
from apps.accounts.models import Group, Principal
from apps.assignments import services as assignments
from apps.assignments.membership import members_of
from apps.assignments.models import Assignment
from apps.common.access import Permission
from apps.common.decision import Decision
from apps.common.errors import Invalid
from apps.common.lookup import find
from apps.common.period import Period
from apps.roles.models import Resource, RoleDefinition
from apps.roles.selectors import rules_for


@dataclass(frozen=True)
class _Case:
    principal: Principal
    role: RoleDefinition
    resource: Resource
    facts: AssignmentFacts


def assess_assignment(ask: Ask, *, actor: Actor, now: datetime) -> Decision:
    return can_assign(_load(ask, actor, now).facts)


@transaction.atomic
def assign(ask: Ask, *, actor: Actor, now: datetime) -> AccessRequest:
    """Give a role, eligible or active, now or from a later start, until an end or permanently."""
    if ask.principal_id is not None:
        _settle_holders(ask.principal_id, now)
    case = _load(ask, actor, now)
    can_assign(case.facts).require()
    request = _write(ask, actor, case.principal, case.role, case.resource, ask.kind, now, ends_at=ask.ends_at)
    result = assignments.assign(
        principal=case.principal,
        role=case.role,
        resource=case.resource,
        kind=ask.kind,
        period=Period(case.facts.starts_at, ask.ends_at),
        by=actor.party,
        now=now,
        why=why(request),
    )
    AccessRequest.objects.filter(pk=request.pk).update(result=result)
    request.result = result
    notices.tell_assigned(request, by=actor.party, rules=case.facts.rules, now=now)
    return request


def _settle_holders(principal_id: UUID, now: datetime) -> None:
    """Write down what has ended for whoever is about to get something: what they get must revive nothing
    that is over. For a group that is everybody in it with something open. All are locked before anything is
    written, ids ascending."""
    members = members_of({principal_id}, now=now)[principal_id]
    busy = Q(assignments__ended_at__isnull=True) | Q(requests__state__in=OPEN) | Q(pk=principal_id)
    holders = Principal.objects.filter(busy, pk__in={principal_id, *members}).distinct()
    ids = list(holders.order_by("pk").values_list("pk", flat=True))
    for id_ in ids:
        assignments.lock_principal(id_)
    for id_ in ids:
        settle_locked(principal_id=id_, now=now)


def assess_removal(ask: Ask, *, actor: Actor, now: datetime) -> Decision:
    return can_remove(_removal(assignment_of(ask), actor, now))


@transaction.atomic
def remove(ask: Ask, *, actor: Actor, now: datetime) -> AccessRequest:
    """End an assignment, and everything that was activated from it."""
    _lock(assignment_of(ask))
    row = assignment_of(ask)
    can_remove(_removal(row, actor, now)).require()
    request = _write(
        ask, actor, row.principal, row.role, row.resource, row.kind, now, state=State.REVOKED, result=row
    )
    assignments.end(row, how=Assignment.End.REMOVED, by=actor.party, now=now, why=why(request))
    close_waiting_on(row, by=actor.party, now=now)
    return request


def assess_update(ask: Ask, *, actor: Actor, now: datetime) -> Decision:
    row = _assigned_row(ask)
    return can_update(_load(_as_assignment(ask, row, now), actor, now).facts, _removal(row, actor, now))


@transaction.atomic
def update(ask: Ask, *, actor: Actor, now: datetime) -> AccessRequest:
    """Give an assignment another period. What waits on it is closed: it was asked under the old one. What
    rested on a membership that now begins later ends, or it would come back with it."""
    before = _assigned_row(ask)
    lock_guards([before.role_id])
    _settle_holders(before.principal_id, now)
    row = _assigned_row(ask)
    assess_update(ask, actor=actor, now=now).require()
    request = _write(ask, actor, row.principal, row.role, row.resource, row.kind, now, result=row)
    period = Period(_start(ask, row, now), ask.ends_at)
    assignments.change_period(row, period=period, by=actor.party, now=now, why=why(request))
    close_waiting_on(row, by=actor.party, now=now)
    _settle_holders(row.principal_id, now)
    return request


def _as_assignment(ask: Ask, row: Assignment, now: datetime) -> Ask:
    return replace(
        ask,
        principal_id=row.principal_id,
        role_id=row.role_id,
        resource_id=row.resource_id,
        kind=Assignment.Kind(row.kind),
        starts_at=_start(ask, row, now),
    )


def _start(ask: Ask, row: Assignment, now: datetime) -> datetime:
    """A start that has passed moves nothing that runs already."""
    if ask.starts_at is None:
        return row.starts_at
    return ask.starts_at if ask.starts_at > now else min(row.starts_at, now)


def _lock(row: Assignment) -> None:
    """The guards of the last one, then the holder: always in this order."""
    lock_guards([row.role_id])
    assignments.lock_principal(row.principal_id)


def _load(ask: Ask, actor: Actor, now: datetime) -> _Case:
    principal = find(Principal.objects.select_related("group"), ask.principal_id)
    role = find(RoleDefinition.objects.all(), ask.role_id)
    resource = find(Resource.objects.in_use().select_related("group"), ask.resource_id)
    if principal is None or role is None or resource is None:
        raise Invalid("There is no such person, role or resource.")
    facts = AssignmentFacts(
        rules=rules_for(role, resource),
        kind=ask.kind,
        role_provider=role.provider,
        resource_provider=resource.provider,
        starts_at=max(ask.starts_at or now, now),
        ends_at=ask.ends_at,
        may_manage=_may_manage(actor, resource),
        exists=_exists(principal, role, resource, ask.kind, now),
        is_console=actor.is_console,
        justification=ask.said.justification,
        second_factor=actor.second_factor,
        second_factor_max_age=settings.SECOND_FACTOR_MAX_AGE,
        holder_group=_group_facts(principal.group) if principal.is_group else None,
        on_group=_group_facts(resource.group) if resource.group else None,
        now=now,
    )
    return _Case(principal, role, resource, facts)


def _removal(row: Assignment, actor: Actor, now: datetime) -> RemovalFacts:
    return RemovalFacts(
        may_manage=_may_manage(actor, row.resource),
        has_ended=row.ended_at is not None or (row.ends_at is not None and row.ends_at <= now),
        last_of=last_of(row, now=now),
        is_console=actor.is_console,
        second_factor=actor.second_factor,
        second_factor_max_age=settings.SECOND_FACTOR_MAX_AGE,
        now=now,
    )


def _write(
    ask: Ask,
    actor: Actor,
    principal: Principal,
    role: RoleDefinition,
    resource: Resource,
    kind: str,
    now: datetime,
    *,
    state: State = State.PROVISIONED,
    **columns: Any,
) -> AccessRequest:
    return write_request(
        ask,
        actor=actor,
        principal=principal,
        role=role,
        resource=resource,
        family=family_of(ask.action, kind),
        state=state,
        now=now,
        **columns,
    )


def _exists(principal: Principal, role: RoleDefinition, resource: Resource, kind: str, now: datetime) -> bool:
    rows = Assignment.objects.filter(
        principal=principal, role=role, resource=resource, kind=kind, origin=Assignment.Origin.ASSIGNED
    )
    return rows.not_ended(now).exists()


def _may_manage(actor: Actor, resource: Resource) -> bool:
    """Whoever is in a role-assignable group may come to hold directory roles: its keeper is not enough."""
    needed = [Permission.ASSIGNMENTS_MANAGE]
    if resource.group is not None and resource.group.is_role_assignable:
        needed.append(Permission.PRIVILEGED_PEOPLE_MANAGE)
    return actor.is_console or all(
        actor.access.may(permission, resource.provider, resource.path) for permission in needed
    )


def _group_facts(group: Group) -> GroupFacts:
    return GroupFacts(group.is_role_assignable, group.is_managed)


def _assigned_row(ask: Ask) -> Assignment:
    row = assignment_of(ask)
    if row.is_activated:
        raise Invalid("What its holder activated, only its holder extends.")
    return row
