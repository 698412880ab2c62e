"""Loading what decides on giving, changing, extending and renewing an assignment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings

from apps.access_requests.asks import Actor, Ask
from apps.access_requests.models import AccessRequest
from apps.access_requests.policy.assigning import (
    AssignmentFacts,
    GroupFacts,
    RemovalFacts,
    can_assign,
    can_update,
)
from apps.access_requests.policy.gaining import Terms, widens
from apps.access_requests.policy.mandate import may_take
from apps.access_requests.policy.prolonging import ProlongingFacts, can_renew_for
from apps.access_requests.selectors.approvers import Sought, approvers_for_many
from apps.access_requests.selectors.around import Around, around
from apps.access_requests.selectors.facts import waits_already
from apps.access_requests.selectors.managing import has_another_admin, managed_resource
from apps.access_requests.services.last_one import last_of
from apps.access_requests.states import Action, Family
from apps.accounts.models import Group, Principal, User
from apps.assignments.membership import people_within, within_reach_of
from apps.assignments.models import Assignment
from apps.common.decision import ALLOWED, Decision
from apps.common.period import Period
from apps.roles.built_in import GROUP_MEMBER
from apps.roles.models import Resource, RoleDefinition
from apps.roles.policy.rules import RoleRules
from apps.roles.selectors import rules_for_many


@dataclass(frozen=True)
class AssignmentCase:
    """One assignment as it is asked for. `row` is the one to change, which runs; without it, a new one is
    opened. `about` is the row that was asked about, running or over. `is_gain`: the actor is, or becomes, a
    holder of more than before; such a thing `waits` for another admin, if there is one."""

    principal: Principal
    role: RoleDefinition
    resource: Resource
    about: Assignment | None
    row: Assignment | None
    starts_at: datetime
    facts: AssignmentFacts
    present: RemovalFacts | None
    window: Decision = ALLOWED
    is_gain: bool = False
    waits: bool = False

    @property
    def rules(self) -> RoleRules:
        return self.facts.rules

    @property
    def kind(self) -> Assignment.Kind:
        return self.facts.kind

    @property
    def period(self) -> Period:
        """As it is asked for; only what the rules allow has one."""
        return Period(self.starts_at, self.facts.ends_at)

    @property
    def decision(self) -> Decision:
        """May it be given?"""
        given = can_update(self.facts, self.present) if self.present else can_assign(self.facts)
        return Decision((*given.refusals, *self.window.refusals))


def load_assignment(ask: Ask, *, actor: Actor, now: datetime) -> AssignmentCase:
    """The case of what an admin asks for. Raises `Invalid` for what is not there, or not theirs to change."""
    return case_among(ask, around([ask], actor=actor, now=now))


def case_among(ask: Ask, scene: Around) -> AssignmentCase:
    """`load_assignment` for one of many, around which everything is loaded already."""
    now = scene.now
    about = None if ask.action == Action.ADMIN_ASSIGN else scene.assigned_row(ask)
    case = _case(ask, about, scene)
    if about is not None and ask.action == Action.ADMIN_RENEW:
        case = replace(case, window=can_renew_for(ended_facts(about, now=now)))
    user = scene.actor.user
    if user is None or not _is_gain(case, scene):
        return case
    case = replace(case, is_gain=True)
    has_another = has_another_admin(case.resource, principal_id=case.principal.id, actor=user, now=now)
    return _as_waiting(case, now) if has_another else case


def load_decided(request: AccessRequest, terms: Ask, *, actor: Actor, now: datetime) -> AssignmentCase:
    """The case of a stored request as `actor`, who decides, would grant it on the facts of now."""
    return _case(terms, request.extends, around([terms], actor=actor, now=now))


def removal_facts(row: Assignment, *, actor: Actor, now: datetime) -> RemovalFacts:
    return RemovalFacts(
        right=_right_to_take(row, actor, now),
        has_ended=row.ended_at is not None or (row.ends_at is not None and row.ends_at <= now),
        last_of=last_of(row, now=now),
        needs_factor=actor.user is not None,
        second_factor=actor.second_factor,
        second_factor_max_age=settings.SECOND_FACTOR_MAX_AGE,
        now=now,
    )


def ended_facts(row: Assignment, *, now: datetime) -> ProlongingFacts:
    """Whether and how a row has ended, by the clock or by somebody, as the rules to prolong it see it."""
    has_lapsed = row.ended_at is None and row.ends_at is not None and row.ends_at <= now
    return ProlongingFacts(
        period=row.period,
        is_activated=row.is_activated,
        ended_how=Assignment.End.EXPIRED if has_lapsed else row.ended_how,
        ended_at=row.ends_at if has_lapsed else row.ended_at,
        retired=next((each.name for each in (row.role, row.resource) if each.retired_at), ""),
        now=now,
    )


# ---- Parts -------------------------------------------------------------------------------------------------


def _case(ask: Ask, about: Assignment | None, scene: Around) -> AssignmentCase:
    actor, now = scene.actor, scene.now
    row = _row_to_change(ask, about, now)
    principal, role, resource = scene.target(ask)
    kind = ask.kind or Assignment.Kind(about.kind if about else Assignment.Kind.ELIGIBLE)
    rules = scene.rules[role.id, resource.id]
    stays = row is not None and row.kind == kind
    opens = [] if stays or actor.is_console else list(_opened(role, resource, kind, scene))
    starts_at = _start(ask, row if stays else None, now)
    facts = AssignmentFacts(
        rules=rules,
        kind=kind,
        role_provider=role.provider,
        resource_provider=resource.provider,
        starts_at=max(starts_at, now),
        ends_at=ask.ends_at,
        outlives=row.ends_at if row and ask.action == Action.ADMIN_EXTEND else None,
        exists=scene.is_assigned(ask, kind, but=row),
        right=scene.right_on(resource),
        is_console=actor.is_console,
        closes_loop=_closes_loop(principal, role, resource, now),
        has_approvers=all(_has_approvers(each, principal, now) for each in opens),
        justification=ask.said.justification,
        second_factor=actor.second_factor,
        second_factor_max_age=settings.SECOND_FACTOR_MAX_AGE,
        holder_group=_group_facts(principal.group) if principal.is_group else None,
        on_group=_group_facts(resource.group) if resource.group else None,
        now=now,
    )
    removal = removal_facts(row, actor=actor, now=now) if row else None
    return AssignmentCase(principal, role, resource, about, row, starts_at, facts, removal)


def _is_gain(case: AssignmentCase, scene: Around) -> bool:
    """Also through a group that the actor is, or may come to be, in."""
    if case.facts.ends_at is not None and case.facts.ends_at <= case.starts_at:
        return False  # that is refused anyway
    before = Terms(Assignment.Kind(case.row.kind), case.row.period) if case.row else None
    gains = widens(before, Terms(case.kind, case.period))
    return gains and case.principal.id in scene.within_reach


def _as_waiting(case: AssignmentCase, now: datetime) -> AssignmentCase:
    """Only what would wait itself is kept out by what waits already; an admin's change closes it."""
    key = (case.principal.id, case.role.id, case.resource.id)
    is_waiting = waits_already(*key, Family(case.kind), now=now)
    return replace(case, waits=True, facts=replace(case.facts, is_waiting=is_waiting))


def _row_to_change(ask: Ask, about: Assignment | None, now: datetime) -> Assignment | None:
    """Updating and extending change the row that there is; what its holder asked to extend and has ended
    meanwhile is opened anew."""
    if ask.action in (Action.ADMIN_UPDATE, Action.ADMIN_EXTEND):
        return about
    is_running = about is not None and not ended_facts(about, now=now).ended_how
    return about if ask.action == Action.SELF_EXTEND and is_running else None


def _start(ask: Ask, row: Assignment | None, now: datetime) -> datetime:
    """A start that has passed moves nothing that runs already, and begins nothing before now."""
    if row is None:
        return max(ask.starts_at or now, now)
    if ask.starts_at is None:
        return row.starts_at
    return ask.starts_at if ask.starts_at > now else min(row.starts_at, now)


def _right_to_take(row: Assignment, actor: Actor, now: datetime) -> Decision:
    if actor.is_console:
        return ALLOWED
    if actor.mandate is None:
        return managed_resource(row.resource, now=now).may_manage(actor.access)
    path = row.resource.ancestor_ids
    return may_take(actor.mandate, role_id=row.role_id, path=path, is_activated=row.is_activated)


def _closes_loop(principal: Principal, role: RoleDefinition, resource: Resource, now: datetime) -> bool:
    if role.id != GROUP_MEMBER or resource.group_id is None or not principal.is_group:
        return False
    return principal.id in within_reach_of(resource.group_id, now=now)


Opened = tuple[RoleDefinition, Resource, RoleRules]


def _opened(
    role: RoleDefinition, resource: Resource, kind: Assignment.Kind, scene: Around
) -> Iterator[Opened]:
    """What somebody could ask an approver for with this: the role, and whoever comes into a group, what the
    group is eligible for."""
    if kind == Assignment.Kind.ELIGIBLE and scene.rules[role.id, resource.id].requires_approval:
        yield role, resource, scene.rules[role.id, resource.id]
    if role.id != GROUP_MEMBER or resource.group_id is None or not scene.managed[resource.id].power:
        return
    holders = within_reach_of(resource.group_id, now=scene.now)
    rows = Assignment.objects.eligible().not_ended(scene.now).filter(principal_id__in=holders).with_names()
    rules = rules_for_many((row.role, row.resource) for row in rows)
    for row in rows:
        if rules[row.role_id, row.resource_id].requires_approval:
            yield row.role, row.resource, rules[row.role_id, row.resource_id]


def _has_approvers(opened: Opened, principal: Principal, now: datetime) -> bool:
    """Whether everybody who becomes eligible finds somebody else to approve; and so does that one, should
    there be only one, who may be eligible as well."""
    role, resource, rules = opened
    within = people_within({principal.id}, now=now)[principal.id]
    people = User.objects.filter(id__in=within, is_enabled=True)
    found = approvers_for_many([Sought(rules, resource, person) for person in people], now=now)
    told = {user for each in found for user in each.told}
    if len(told) != 1:
        return all(found)
    (only,) = told
    return all(found) and (
        not _is_eligible(only, role, resource, now)
        or bool(approvers_for_many([Sought(rules, resource, only)], now=now)[0])
    )


def _is_eligible(user: User, role: RoleDefinition, resource: Resource, now: datetime) -> bool:
    holders = within_reach_of(user.id, now=now)
    rows = Assignment.objects.eligible().not_ended(now).filter(role=role, principal_id__in=holders)
    return any(row.resource.covers(resource) for row in rows.select_related("resource"))


def _group_facts(group: Group) -> GroupFacts:
    return GroupFacts(group.is_role_assignable, group.is_managed)
