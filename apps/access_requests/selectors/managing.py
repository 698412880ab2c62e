"""Who may give and take roles somewhere: the other admins who can decide, and what one can decide on."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from uuid import UUID

from apps.access_requests.models import AccessRequest
from apps.access_requests.policy.assigning import may_manage
from apps.access_requests.policy.power import NO_POWER, Power
from apps.access_requests.selectors.approvers import ApproverLine, Approvers, reachable
from apps.access_requests.selectors.lately import NOTHING, Lately, lately_done_by, places_before
from apps.access_requests.selectors.power import powers_of
from apps.accounts.models import User
from apps.assignments.membership import people_within, within_reach_of
from apps.assignments.models import Assignment
from apps.assignments.policy import access_from
from apps.assignments.selectors import access_of, holdings_of_many
from apps.common.access import DIRECTORY_ID, Access
from apps.common.decision import Decision
from apps.roles.models import Resource, RoleDefinition
from apps.roles.policy.paths import ancestor_ids


@dataclass(frozen=True)
class ManagedResource:
    """A resource as the right to give roles on it sees it."""

    resource: Resource
    power: Power = NO_POWER

    def may_manage(self, access: Access) -> Decision:
        return may_manage(access, self.resource.provider, self.resource.path, self.power)


def managed_resource(resource: Resource, *, now: datetime) -> ManagedResource:
    return managed_resources([resource], now=now)[resource.id]


def managed_resources(resources: Iterable[Resource], *, now: datetime) -> dict[UUID, ManagedResource]:
    """By the id of the resource. Three queries for each step of nesting, where groups are among them."""
    by_id = {resource.id: resource for resource in resources}
    groups = {id_: row.group_id for id_, row in by_id.items() if row.group_id is not None}
    powers = powers_of(groups.values(), now=now) if groups else {}
    return {
        id_: ManagedResource(row, powers[groups[id_]] if id_ in groups else NO_POWER)
        for id_, row in by_id.items()
    }


@dataclass(frozen=True)
class Admins:
    """Everybody who may give roles on a resource, with the right in force or only within their reach."""

    active: frozenset[UUID]
    could: frozenset[UUID]


def admins_on(where: ManagedResource, *, now: datetime, lately: Lately = NOTHING) -> Admins:
    """Those who may give roles there now, and those who could: they are eligible, or disabled, or had it
    before what somebody did `lately`."""
    rows = [lately.undone(row) for row in (*_giving_rights(where, lately, now), *lately.taken)]
    people = _people_of(rows, lately.taken, now)
    users = list(User.objects.filter(id__in=frozenset[UUID]().union(*people.values())))
    held = holdings_of_many(users, now=now)

    def could(user: User) -> Access:
        return access_from(user.id, (row for row in rows if user.id in people[row.principal_id]))

    return Admins(
        frozenset(user.id for user in users if where.may_manage(access_of(user.id, held[user.id]))),
        frozenset(user.id for user in users if where.may_manage(could(user))),
    )


def _people_of(
    rows: Collection[Assignment], taken: Collection[Assignment], now: datetime
) -> dict[UUID, frozenset[UUID]]:
    """The people behind the holder of each row; of a group also those who were taken out of it."""
    people = people_within({row.principal_id for row in rows}, now=now)
    for row in taken:
        if row.resource.group_id is not None:
            for group in within_reach_of(row.resource.group_id, now=now) & people.keys():
                people[group] |= people[row.principal_id]
    return people


def _giving_rights(where: ManagedResource, lately: Lately, now: datetime) -> Iterable[Assignment]:
    """Rows of roles with portal permissions, or that had some, which reach there: above it, above what a
    group with power leads to, or on the directory."""
    roles = [
        role for role in RoleDefinition.objects.all() if role.permissions or role.pk in lately.given_before
    ]
    paths = {where.resource.path, *(path for _, path in where.power.scopes)}
    above = {id_ for path in paths for id_ in ancestor_ids(path)}
    reaching = {*above, DIRECTORY_ID}
    return Assignment.objects.current(now).filter(role__in=roles, resource_id__in=reaching).with_names()


def other_admins(
    resource: Resource,
    *,
    principal_id: UUID,
    actor: User,
    now: datetime,
    where: ManagedResource | None = None,
) -> Approvers:
    """The reachable people who can decide there on what `actor` asks for this principal, and gain nothing by
    it; when nobody of them is active, those who would have to activate a role first."""
    found = admins_on(where or managed_resource(resource, now=now), now=now)
    return _approvers(found, people_within({principal_id}, now=now)[principal_id] | {actor.id})


def _approvers(found: Admins, gaining: Collection[UUID]) -> Approvers:
    people = reachable((found.active | found.could) - frozenset(gaining))
    active = tuple(user for id_, user in people.items() if id_ in found.active)
    could = tuple(user for id_, user in people.items() if id_ not in found.active)
    lines = [ApproverLine.of(user) for user in active] or [ApproverLine.must_activate(user) for user in could]
    return Approvers(active, () if active else could, tuple(lines))


def has_another_admin(resource: Resource, *, principal_id: UUID, actor: User, now: datetime) -> bool:
    """Whether somebody else could decide. Whoever the actor kept from it lately counts: nobody disables,
    resets or removes the other admin first, takes their role's permissions or their place, and then helps
    themself."""
    where = managed_resource(resource, now=now)
    if other_admins(resource, principal_id=principal_id, actor=actor, now=now, where=where):
        return True
    lately = lately_done_by(actor, now=now)
    gaining = people_within({principal_id}, now=now)[principal_id] | {actor.id}
    places = [where, *(replace(where, resource=before) for before in places_before(resource, lately.left))]
    found = [admins_on(place, now=now, lately=lately) for place in places]
    return any(_approvers(each, gaining) or each.could & (lately.kept_away - gaining) for each in found)


# ---- From an admin to what they can decide on --------------------------------------------------------------


@dataclass(frozen=True)
class AdminStanding:
    """What makes one person an admin who decides: what they may do now, and what they would gain by."""

    user: User
    access: Access
    now: datetime

    @cached_property
    def within_reach(self) -> frozenset[UUID]:
        """Themself, and the groups they are or may come to be in."""
        return within_reach_of(self.user.id, now=self.now)

    def gains_by(self, request: AccessRequest) -> bool:
        """Whether they asked for it, or would come to hold what is asked for."""
        return request.requester_id == self.user.id or request.principal_id in self.within_reach

    def manages(self, request: AccessRequest) -> bool:
        """Whether they may give roles where this is asked for."""
        return self.user.is_enabled and bool(
            managed_resource(request.resource, now=self.now).may_manage(self.access)
        )

    def decides_on(self, requests: Iterable[AccessRequest]) -> list[AccessRequest]:
        """Those of these requests that this person can decide. A fixed number of queries for each step of
        nesting, however many there are."""
        rows = list(requests)
        managed = managed_resources([row.resource for row in rows], now=self.now)
        return [
            row
            for row in rows
            if self.user.is_enabled
            and managed[row.resource_id].may_manage(self.access)
            and not self.gains_by(row)
        ]
