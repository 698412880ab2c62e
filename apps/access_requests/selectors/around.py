"""What asks for assignments name, and what stands around it: loaded for all of them together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from apps.access_requests.asks import Actor, Ask
from apps.access_requests.selectors.managing import ManagedResource, managed_resources
from apps.accounts.models import Principal
from apps.assignments.membership import within_reach_of
from apps.assignments.models import Assignment
from apps.common.decision import ALLOWED, Decision
from apps.common.errors import Invalid
from apps.common.lookup import present
from apps.roles.models import Resource, RoleDefinition
from apps.roles.policy.rules import RoleRules
from apps.roles.selectors import rules_for_many

Key = tuple[UUID, UUID, UUID]  # principal, role, resource


@dataclass(frozen=True)
class Around:
    """True for as long as nothing is written."""

    rows: Mapping[UUID, Assignment]
    principals: Mapping[UUID, Principal]
    roles: Mapping[UUID, RoleDefinition]
    resources: Mapping[UUID, Resource]
    rules: Mapping[tuple[UUID, UUID], RoleRules]
    managed: Mapping[UUID, ManagedResource]
    assigned: Mapping[tuple[Key, str], set[UUID]]
    actor: Actor
    now: datetime

    def assigned_row(self, ask: Ask) -> Assignment:
        """The assignment that an ask is about. Raises `Invalid` for an activation."""
        row = self.rows.get(ask.assignment_id) if ask.assignment_id else None
        if row is None:
            raise Invalid("There is no such assignment.")
        if row.is_activated:
            raise Invalid("What its holder activated, only its holder extends.")
        return row

    def target(self, ask: Ask) -> tuple[Principal, RoleDefinition, Resource]:
        """Whose, of what and where. Raises `Invalid` where one of them is not there, or no longer."""
        try:
            principal_id, role_id, resource_id = present(_key(ask, self.rows))
            return self.principals[principal_id], self.roles[role_id], self.resources[resource_id]
        except LookupError:
            raise Invalid("There is no such person, role or resource.") from None

    def right_on(self, resource: Resource) -> Decision:
        """Whether the actor may give roles there."""
        if self.actor.is_console:
            return ALLOWED
        return self.managed[resource.id].may_manage(self.actor.access)

    def is_assigned(self, ask: Ask, kind: Assignment.Kind, *, but: Assignment | None) -> bool:
        """Whether another assignment of this kind stands for the same, now or later."""
        there = self.assigned.get((present(_key(ask, self.rows)), kind), set())
        return bool(there - {but and but.id})

    @cached_property
    def within_reach(self) -> frozenset[UUID]:
        """The actor, and the groups that they are or may come to be in."""
        return within_reach_of(self.actor.somebody.id, now=self.now)


def around(asks: Iterable[Ask], *, actor: Actor, now: datetime) -> Around:
    """A fixed number of queries; where groups are among the resources, more for each step of nesting."""
    asks = list(asks)
    named = {ask.assignment_id for ask in asks if ask.assignment_id and ask.principal_id is None}
    rows = Assignment.objects.with_names().in_bulk(named)
    keys = [key for ask in asks if (key := _key(ask, rows))]
    principal_ids, role_ids, resource_ids = ({key[at] for key in keys} for at in range(3))
    holders = Principal.objects.filter(group__retired_at__isnull=True).select_related("group", "user")
    roles = RoleDefinition.objects.in_use().in_bulk(role_ids)
    resources = Resource.objects.in_use().select_related("group").in_bulk(resource_ids)
    pairs = [(roles[role], resources[at]) for _, role, at in keys if role in roles and at in resources]
    return Around(
        rows=rows,
        principals=holders.in_bulk(principal_ids),
        roles=roles,
        resources=resources,
        rules=rules_for_many(pairs) if pairs else {},
        managed={} if actor.is_console else managed_resources(resources.values(), now=now),
        assigned=assigned_among(keys, now=now),
        actor=actor,
        now=now,
    )


def assigned_among(keys: Sequence[Key], *, now: datetime) -> dict[tuple[Key, str], set[UUID]]:
    """The ids of what is assigned for these keys, now or later, by key and kind. One query."""
    principals, roles, resources = ({key[at] for key in keys} for at in range(3))
    rows = Assignment.objects.not_ended(now).filter(
        origin=Assignment.Origin.ASSIGNED,
        principal_id__in=principals,
        role_id__in=roles,
        resource_id__in=resources,
    )
    found: dict[tuple[Key, str], set[UUID]] = defaultdict(set)
    names = "principal_id", "role_id", "resource_id", "kind", "id"
    for principal_id, role_id, resource_id, kind, id_ in rows.values_list(*names):
        found[(principal_id, role_id, resource_id), kind].add(id_)
    return found


def _key(ask: Ask, rows: Mapping[UUID, Assignment]) -> Key | None:
    """An ask that names a row says nothing more of what it is about."""
    row = rows.get(ask.assignment_id) if ask.assignment_id else None
    if row is not None:
        return row.principal_id, row.role_id, row.resource_id
    if ask.principal_id is None or ask.role_id is None or ask.resource_id is None:
        return None
    return ask.principal_id, ask.role_id, ask.resource_id
