"""Loading what the rules of the door ask for. Pages, `assess` and `submit` load the same facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from apps.access_requests.asks import Actor, Ask
from apps.access_requests.models import AccessRequest
from apps.access_requests.policy.activation import ActivationFacts
from apps.access_requests.policy.reading import Reading, access_has_ended, state_now
from apps.access_requests.selectors.approvers import Approvers, approvers_for
from apps.access_requests.selectors.situation import Situation, situation_of
from apps.access_requests.selectors.terms import terms_of
from apps.access_requests.states import WAITING, Family, State
from apps.accounts.models import User
from apps.accounts.policy import zone_of
from apps.assignments.membership import Memberships, memberships_of
from apps.assignments.models import Assignment, AssignmentQuerySet
from apps.assignments.policy import holds_since
from apps.common.errors import Invalid
from apps.common.lookup import find
from apps.common.period import Period
from apps.common.prepared import prepared
from apps.roles.models import Resource
from apps.roles.policy.rules import RoleRules

NO_SUCH_ROLE = "There is no such role to activate."


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
    user = actor.somebody
    eligible = _eligible(ask.assignment_id)
    situation = situation_of([(user, eligible)], now=now)
    if not situation.is_theirs(eligible, user):
        raise Invalid(NO_SUCH_ROLE)
    resource = _resource(ask.resource_id, eligible)
    extends = _extended(ask, eligible, resource, user, situation)
    rules = terms_of(user.id, eligible.role, eligible.resource, now=now)
    approvers = Approvers()
    if rules.requires_approval:
        approvers = approvers_for(rules, resource=eligible.resource, requester=user, now=now)
    facts = ActivationFacts(
        rules=rules,
        eligible=eligible.period if situation.is_eligible(eligible, user) else None,
        minutes=ask.minutes,
        starts_at=ask.starts_at,
        justification=ask.said.justification,
        ticket_number=ask.said.ticket_number,
        second_factor=actor.second_factor,
        second_factor_max_age=settings.SECOND_FACTOR_MAX_AGE,
        overlapping=situation.overlapping(
            asked_period(ask.starts_at, ask.minutes, now), user, eligible.role_id, resource, but=extends
        ),
        extends_until=extends.ends_at if extends else None,
        is_waiting=waits_already(user.id, eligible.role_id, resource.id, Family.ACTIVATION, now=now),
        has_approver=bool(approvers),
        zone=zone_of(user),
        now=now,
    )
    return ActivationCase(user, eligible, resource, extends, approvers, facts)


def load_granting(request: AccessRequest, rules: RoleRules, *, now: datetime) -> ActivationCase:
    """The facts of a stored request as they are now, for the moment of the decision."""
    return load_granting_many([(request, rules)], now=now)[0]


def load_granting_many(
    asked: Iterable[tuple[AccessRequest, RoleRules]], *, now: datetime
) -> list[ActivationCase]:
    """`load_granting` each, in their order. Two queries, however many."""
    rows = list(asked)
    situation = situation_of(((request.person, request.ground) for request, _ in rows), now=now)
    return [_granting(request, rules, situation) for request, rules in rows]


def _granting(request: AccessRequest, rules: RoleRules, situation: Situation) -> ActivationCase:
    user, eligible, now = request.person, request.ground, situation.now
    facts = ActivationFacts(
        rules=rules,
        eligible=eligible.period if situation.is_eligible(eligible, user) else None,
        minutes=request.minutes,
        starts_at=request.starts_at,
        overlapping=situation.overlapping(
            asked_period(request.starts_at, request.minutes, now),
            user,
            request.role_id,
            request.resource,
            but=request.extends,
        ),
        extends_until=_still_running_until(request.extends, now),
        zone=zone_of(user),
        now=now,
    )
    return ActivationCase(user, eligible, request.resource, request.extends, Approvers(), facts)


def asked_period(starts_at: datetime | None, minutes: int, now: datetime) -> Period:
    """The time that is asked for, before anything shortens it."""
    start = max(starts_at or now, now)
    return Period(start, start + timedelta(minutes=max(minutes, 1)))


def waits_already(
    principal_id: UUID, role_id: UUID, resource_id: UUID, family: Family, *, now: datetime
) -> bool:
    """Whether a request of this kind waits for an answer, as the clock has it."""
    waiting = with_names(_waiting(principal_id, role_id, resource_id, family))
    return any(state in WAITING for state in states_now(waiting, now=now).values())


@prepared
def _waiting(
    principal_id: UUID, role_id: UUID, resource_id: UUID, family: Family
) -> QuerySet[AccessRequest, UUID]:
    of_key = AccessRequest.objects.for_key(principal_id, role_id, resource_id)
    return of_key.waiting().filter(family=family).values_list("id", flat=True)


def with_names(ids: Sequence[UUID]) -> list[AccessRequest]:
    """For where mostly there is none: to ask for ids costs a tenth of loading names."""
    return list(AccessRequest.objects.filter(pk__in=ids).with_names()) if ids else []


def states_now(requests: Iterable[AccessRequest], *, now: datetime) -> dict[UUID, State]:
    """What each request reads as at `now`, by id. One query more than none, however many there are."""
    return {id_: reading.state for id_, reading in readings_now(requests, now=now).items()}


def readings_now(requests: Iterable[AccessRequest], *, now: datetime) -> dict[UUID, Reading]:
    """`states_now`, each with whether what the request gave is over."""
    rows = list(requests)
    people = {row.principal_id for row in rows if row.rests_on_a_group}
    since = min((_judged_at(row, now) for row in rows), default=now)
    memberships = memberships_of(people, since=since)
    return {row.id: _reading(row, memberships, now) for row in rows}


def _reading(row: AccessRequest, memberships: Memberships, now: datetime) -> Reading:
    begins_at = row.result.starts_at if row.result else row.starts_at
    never_begins = _ended_unbegun(row)
    state = state_now(
        row.state,
        deadline_at=row.deadline_at,
        starts_at=None if never_begins else begins_at,
        ground_stands=not never_begins and _ground_stands(row, memberships, _judged_at(row, now)),
        now=now,
    )
    return Reading(state, _has_ended(row.result, state, _ground_stands(row, memberships, now), now))


def _judged_at(row: AccessRequest, now: datetime) -> datetime:
    """The instant whose facts say what a request reads as: for what begins later its start, once that has
    passed. What happens afterwards does not change that it has begun."""
    if row.state == State.GRANTED and row.result is not None:
        return min(row.result.starts_at, now)
    return now


def _has_ended(result: Assignment | None, state: State, ground_stands: bool, now: datetime) -> bool:
    return result is not None and access_has_ended(
        state, ends_at=result.ends_at, ended_at=result.ended_at, ground_stands=ground_stands, now=now
    )


def _ended_unbegun(row: AccessRequest) -> bool:
    """Whether what was granted for later was ended before its start: that never comes now."""
    result = row.result
    return result is not None and result.ended_at is not None and result.ended_at < result.starts_at


def _ground_stands(row: AccessRequest, memberships: Memberships, at: datetime) -> bool:
    """Whether a request rests on something, and has ever since it was sent, or what came of it was given.
    One about an assignment rests, while it waits, on whoever asked being enabled."""
    if row.eligible is None:
        return row.state not in WAITING or row.requester is None or row.requester.is_enabled
    if not row.eligible.resource.covers(row.resource):
        return False  # what was moved since then has left it behind
    since = row.result.created_at if row.result else row.created_at
    groups = memberships.groups_of(row.principal_id, now=at) if row.rests_on_a_group else {}
    return row.person.is_enabled and holds_since(since, row.eligible, row.principal_id, groups=groups, now=at)


def _eligible(id_: UUID | None) -> Assignment:
    found = _eligible_with_names(id_) if id_ else []
    if not found:
        raise Invalid(NO_SUCH_ROLE)
    return found[0]


@prepared
def _eligible_with_names(id_: UUID) -> AssignmentQuerySet:
    return Assignment.objects.eligible().filter(pk=id_).select_related("role", "resource")


def assignment_of(ask: Ask) -> Assignment:
    """The row that an ask is about, whose ever it is."""
    row = find(Assignment.objects.with_names(), ask.assignment_id)
    if row is None:
        raise Invalid("There is no such assignment.")
    return row


def _resource(id_: UUID | None, eligible: Assignment) -> Resource:
    if id_ is None or id_ == eligible.resource_id:
        return eligible.resource
    resource = Resource.objects.in_use().filter(pk=id_).first()
    if resource is None or not eligible.resource.covers(resource):
        raise Invalid(f"Choose {eligible.resource.name} or something below it.")
    return resource


def _extended(
    ask: Ask, eligible: Assignment, resource: Resource, user: User, situation: Situation
) -> Assignment | None:
    if ask.extends_id is None:
        return None
    if ask.starts_at is not None:
        raise Invalid("An extension counts from the decision. It has no start of its own.")
    row = (
        Assignment.objects.activated()
        .filter(pk=ask.extends_id, principal_id=user.id, parent=eligible, resource=resource)
        .select_related("resource", "parent__resource")
        .first()
    )
    if row is None or not (row.is_current(situation.now) and situation.gives(row, user)):
        raise Invalid("This is not active any more. Activate it anew.")
    return row


def _still_running_until(extends: Assignment | None, now: datetime) -> datetime | None:
    return extends.ends_at if extends is not None and extends.is_current(now) else None
