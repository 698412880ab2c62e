"""Loading what the rules of the door ask for. Pages, `assess` and `submit` load the same facts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from apps.access_requests.asks import Actor, Ask
from apps.access_requests.models import AccessRequest
from apps.access_requests.policy.activation import ActivationFacts
from apps.access_requests.policy.reading import Reading, access_has_ended, state_now
from apps.access_requests.selectors.approvers import Approvers, approvers_for
from apps.access_requests.states import WAITING, Family, State
from apps.accounts.models import User
from apps.accounts.policy import zone_of
from apps.assignments.membership import groups_of_user, members_of
from apps.assignments.models import Assignment
from apps.assignments.policy import ground_stands
from apps.common.errors import Invalid
from apps.common.period import Period
from apps.roles.models import Resource
from apps.roles.selectors import rules_for


@dataclass(frozen=True)
class ActivationCase:
    """One activation that is asked for: the rows it is about, and the facts the rules judge by."""

    user: User
    eligible: Assignment
    resource: Resource
    extends: Assignment | None
    approvers: Approvers
    facts: ActivationFacts


def load_activation(ask: Ask, *, actor: Actor, now: datetime) -> ActivationCase:
    """Everything `can_activate` asks for. Raises `Invalid` for ids that are not this person's."""
    user = actor.user
    eligible = _eligible(ask.assignment_id, user, now)
    resource = _resource(ask.resource_id, eligible)
    extends = _extended(ask, eligible, resource, user, now)
    rules = rules_for(eligible.role, eligible.resource)
    facts = ActivationFacts(
        rules=rules,
        eligible=eligible.period if is_eligible(eligible, user, now) else None,
        minutes=ask.minutes,
        starts_at=ask.starts_at,
        justification=ask.said.justification,
        ticket_number=ask.said.ticket_number,
        second_factor=actor.second_factor,
        second_factor_max_age=settings.SECOND_FACTOR_MAX_AGE,
        extends_until=extends.ends_at if extends else None,
        is_waiting=waits_already(user, eligible, resource, now),
        zone=zone_of(user),
        now=now,
    )
    facts = replace(facts, overlapping=overlapping(facts, user, eligible, resource, extends))
    approvers = Approvers()
    if rules.requires_approval:
        approvers = approvers_for(rules, resource=eligible.resource, requester=user, now=now)
    facts = replace(facts, has_approver=bool(approvers))
    return ActivationCase(user, eligible, resource, extends, approvers, facts)


def load_granting(request: AccessRequest, *, now: datetime) -> ActivationCase:
    """The facts of a stored request as they are now, for the moment of the decision."""
    user, eligible = request.requester, request.eligible
    facts = ActivationFacts(
        rules=rules_for(request.role, eligible.resource),
        eligible=eligible.period if is_eligible(eligible, user, now) else None,
        minutes=request.duration_minutes,
        starts_at=request.starts_at,
        extends_until=_still_running_until(request.extends, now),
        zone=zone_of(user),
        now=now,
    )
    facts = replace(facts, overlapping=overlapping(facts, user, eligible, request.resource, request.extends))
    return ActivationCase(user, eligible, request.resource, request.extends, Approvers(), facts)


def is_eligible(eligible: Assignment, user: User, now: datetime) -> bool:
    """Whether this eligible assignment is in force for this person, directly or through a group."""
    if not (user.is_enabled and eligible.is_current(now)):
        return False
    return eligible.principal_id == user.id or eligible.principal_id in groups_of_user(user.id, now=now)


def overlapping(
    facts: ActivationFacts, user: User, eligible: Assignment, resource: Resource, extends: Assignment | None
) -> Period | None:
    """What is active already for this person in the asked period, on this resource or a wider one."""
    start = max(facts.starts_at or facts.now, facts.now)
    asked = Period(start, start + timedelta(minutes=max(facts.minutes, 1)))
    rows = (
        Assignment.objects.active()
        .not_ended(facts.now)
        .filter(principal_id=user.id, role=eligible.role, resource_id__in=resource.ancestor_ids)
        .exclude(pk=extends.pk if extends else None)
        .select_related("parent")
        .order_by("starts_at")
    )
    overlapping_rows = [row for row in rows if row.period.overlaps(asked)]
    return next((row.period for row in overlapping_rows if _gives(row, user, facts.now)), None)


def _gives(row: Assignment, user: User, now: datetime) -> bool:
    """Whether a row of this person's still rests on something, whether or not a sweep has met it."""
    if row.parent is None:
        return True
    return user.is_enabled and ground_stands(row, groups=groups_of_user(user.id, now=now), now=now)


def waits_already(user: User, eligible: Assignment, resource: Resource, now: datetime) -> bool:
    waiting = (
        AccessRequest.objects.for_key(user.id, eligible.role_id, resource.id)
        .waiting()
        .filter(family=Family.ACTIVATION)
        .with_names()
    )
    return any(state in WAITING for state in states_now(waiting, now=now).values())


def states_now(requests: Iterable[AccessRequest], *, now: datetime) -> dict[UUID, State]:
    """What each request reads as at `now`, by id. One query more than none, however many there are."""
    return {id_: reading.state for id_, reading in readings_now(requests, now=now).items()}


def readings_now(requests: Iterable[AccessRequest], *, now: datetime) -> dict[UUID, Reading]:
    """`states_now`, each with whether what the request gave is over."""
    rows = list(requests)
    grounds = {row.eligible.principal_id for row in rows if row.eligible and row.eligible.principal.is_group}
    members = members_of(grounds, now=now)
    return {row.id: _reading(row, _ground_stands(row, members, now), now) for row in rows}


def _reading(row: AccessRequest, ground_stands: bool, now: datetime) -> Reading:
    begins_at = row.result.starts_at if row.result else row.starts_at
    never_begins = _ended_unbegun(row)
    state = state_now(
        row.state,
        deadline_at=row.deadline_at,
        starts_at=None if never_begins else begins_at,
        ground_stands=not never_begins and ground_stands,
        now=now,
    )
    return Reading(state, _has_ended(row.result, state, ground_stands, now))


def _has_ended(result: Assignment | None, state: State, ground_stands: bool, now: datetime) -> bool:
    return result is not None and access_has_ended(
        state, ends_at=result.ends_at, ended_at=result.ended_at, ground_stands=ground_stands, now=now
    )


def _ended_unbegun(row: AccessRequest) -> bool:
    """Whether what was granted for later was ended before its start: that never comes now."""
    result = row.result
    return result is not None and result.ended_at is not None and result.ended_at < result.starts_at


def _ground_stands(row: AccessRequest, members: dict[UUID, frozenset[UUID]], now: datetime) -> bool:
    if row.eligible is None:
        return True
    holder = row.eligible.principal_id
    holds = holder == row.principal_id or row.principal_id in members.get(holder, ())
    return row.requester.is_enabled and row.eligible.is_current(now) and holds


def _eligible(id_: UUID | None, user: User, now: datetime) -> Assignment:
    row = Assignment.objects.eligible().filter(pk=id_).with_names().first()
    if row is None or (
        row.principal_id != user.id and row.principal_id not in groups_of_user(user.id, now=now)
    ):
        raise Invalid("There is no such role to activate.")
    return row


def _resource(id_: UUID | None, eligible: Assignment) -> Resource:
    if id_ is None or id_ == eligible.resource_id:
        return eligible.resource
    resource = Resource.objects.filter(pk=id_).first()
    if resource is None or not eligible.resource.covers(resource):
        raise Invalid(f"Choose {eligible.resource.name} or something below it.")
    return resource


def _extended(
    ask: Ask, eligible: Assignment, resource: Resource, user: User, now: datetime
) -> Assignment | None:
    if ask.extends_id is None:
        return None
    if ask.starts_at is not None:
        raise Invalid("An extension counts from the decision. It has no start of its own.")
    row = (
        Assignment.objects.activated()
        .filter(pk=ask.extends_id, principal_id=user.id, parent=eligible, resource=resource)
        .select_related("parent")
        .first()
    )
    if row is None or not (row.is_current(now) and _gives(row, user, now)):
        raise Invalid("This is not active any more. Activate it anew.")
    return row


def _still_running_until(extends: Assignment | None, now: datetime) -> datetime | None:
    return extends.ends_at if extends is not None and extends.is_current(now) else None
