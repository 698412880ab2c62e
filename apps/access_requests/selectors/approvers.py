"""Who can decide on an activation. Two directions of one idea: from the seats of a role down to the people
who fill them (to tell them), and from a person up to the seats they fill (to let them decide)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from apps.access_requests.models import AccessRequest
from apps.accounts.models import User
from apps.accounts.selectors import enrolled_user_ids
from apps.assignments.membership import members_of
from apps.assignments.models import Assignment
from apps.assignments.selectors import Holdings, holders_of
from apps.common.access import Provider
from apps.roles.built_in import (
    GLOBAL_ADMINISTRATOR,
    GROUP_OWNER,
    PRIVILEGED_ROLE_ADMINISTRATOR,
    RESOURCE_OWNER,
)
from apps.roles.models import Resource
from apps.roles.policy import RoleRules, SeatKind
from apps.roles.selectors import directory

# Who decides on directory roles that name no approvers (Entra behaviour).
DEFAULT_APPROVER_ROLES = (GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR)
OWNER_ROLES = (RESOURCE_OWNER, GROUP_OWNER)


@dataclass(frozen=True)
class ApproverLine:
    """One line of "Who can approve"."""

    name: str
    detail: str
    is_group: bool = False


@dataclass(frozen=True)
class Approvers:
    """The reachable people who can decide: enabled, with a second factor and an address, not the requester.

    `must_activate`: nobody holds the default roles now; these people are eligible for one, are told, and can
    decide once they have activated it.
    """

    people: tuple[User, ...] = ()
    must_activate: tuple[User, ...] = ()
    lines: tuple[ApproverLine, ...] = field(default=())

    def __bool__(self) -> bool:
        return bool(self.people or self.must_activate)

    @property
    def told(self) -> tuple[User, ...]:
        return self.people or self.must_activate


def approvers_for(rules: RoleRules, *, resource: Resource, requester: User, now: datetime) -> Approvers:
    """Who can decide when `requester` asks for a role with these rules on this resource."""
    if not rules.approvers:
        return _default_approvers(resource, requester, now)
    members = members_of({seat.principal_id for seat in rules.approvers if seat.is_group}, now=now)
    seats: list[tuple[str, bool, frozenset[UUID]]] = []
    for seat in rules.approvers:
        if seat.kind == SeatKind.MANAGER:
            ids = frozenset(filter(None, [requester.manager_id]))
        elif seat.kind == SeatKind.RESOURCE_OWNERS:
            ids = holders_of(OWNER_ROLES, resource, kind=Assignment.Kind.ACTIVE, now=now)
        else:
            ids = members[seat.principal_id] if seat.is_group else frozenset([seat.principal_id])
        seats.append((seat.name, seat.kind != SeatKind.PRINCIPAL or seat.is_group, ids))
    people = _reachable({id_ for _, _, ids in seats for id_ in ids}, requester)
    return Approvers(people=people, lines=tuple(_lines(seats, people)))


def _default_approvers(resource: Resource, requester: User, now: datetime) -> Approvers:
    if resource.provider != Provider.DIRECTORY:
        return Approvers()
    ids = holders_of(DEFAULT_APPROVER_ROLES, directory(), kind=Assignment.Kind.ACTIVE, now=now)
    people = _reachable(ids, requester)
    if people:
        return Approvers(people=people, lines=tuple(_person_lines(people)))
    ids = holders_of(DEFAULT_APPROVER_ROLES, directory(), kind=Assignment.Kind.ELIGIBLE, now=now)
    eligible = _reachable(ids, requester)
    return Approvers(must_activate=eligible, lines=tuple(_person_lines(eligible, "activates a role first")))


def _reachable(ids: Iterable[UUID], requester: User) -> tuple[User, ...]:
    wanted = set(ids) - {requester.id}
    users = User.objects.filter(id__in=wanted, is_enabled=True).exclude(email="").order_by("name", "id")
    enrolled = enrolled_user_ids(wanted)
    return tuple(user for user in users if user.id in enrolled)


def _person_lines(people: Iterable[User], detail: str = "") -> Iterable[ApproverLine]:
    return (ApproverLine(user.name, detail or user.email) for user in people)


def _lines(
    seats: Iterable[tuple[str, bool, frozenset[UUID]]], people: tuple[User, ...]
) -> Iterable[ApproverLine]:
    by_id = {user.id: user for user in people}
    for name, is_group, ids in seats:
        reachable = [by_id[id_] for id_ in ids if id_ in by_id]
        if is_group and reachable:
            count = "one person" if len(reachable) == 1 else f"{len(reachable)} people, any one of them"
            yield ApproverLine(name, count, is_group=True)
        elif reachable:
            yield ApproverLine(reachable[0].name, reachable[0].email)


# ---- From a person up to their seats -----------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """What makes one person an approver: themself, their groups and the roles active for them now."""

    user: User
    holdings: Holdings

    def fills_a_seat(self, rules: RoleRules, request: AccessRequest) -> bool:
        """Whether this person sits on the approver list of what is asked; never on their own request."""
        if not self.user.is_enabled or self.user.id in (request.principal_id, request.requester_id):
            return False
        if not rules.approvers:
            return request.resource.provider == Provider.DIRECTORY and self._holds(DEFAULT_APPROVER_ROLES)
        return any(self._fills(seat.kind, seat.principal_id, request) for seat in rules.approvers)

    def _fills(self, kind: SeatKind, principal_id: UUID | None, request: AccessRequest) -> bool:
        if kind == SeatKind.MANAGER:
            return request.requester is not None and request.requester.manager_id == self.user.id
        if kind == SeatKind.RESOURCE_OWNERS:
            return self._holds(OWNER_ROLES, on=request.eligible.resource)
        return principal_id == self.user.id or principal_id in self.holdings.groups

    def _holds(self, role_ids: Iterable[UUID], on: Resource | None = None) -> bool:
        return any(
            held.assignment.role_id in role_ids and (on is None or held.assignment.resource.covers(on))
            for held in self.holdings.active
        )
