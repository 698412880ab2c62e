"""Who can decide on an activation. Two directions of one idea: from the seats of a role down to the people
who fill them (to tell them), and from a person up to the seats they fill (to let them decide)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from apps.access_requests.models import AccessRequest
from apps.accounts.models import User
from apps.accounts.selectors import IS_ENROLLED
from apps.assignments.membership import members_of
from apps.assignments.models import Assignment
from apps.assignments.selectors import Holdings, held_as, holders_on
from apps.common.access import DIRECTORY_PATH, Provider
from apps.common.prepared import prepared
from apps.roles.built_in import (
    GLOBAL_ADMINISTRATOR,
    GROUP_OWNER,
    PRIVILEGED_ROLE_ADMINISTRATOR,
    RESOURCE_OWNER,
)
from apps.roles.models import Resource
from apps.roles.policy.rules import RoleRules, Seat, SeatKind

# Who decides on directory roles that name no approvers (Entra behaviour).
DEFAULT_APPROVER_ROLES = (GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR)
OWNER_ROLES = (RESOURCE_OWNER, GROUP_OWNER)


@dataclass(frozen=True)
class ApproverLine:
    """One line of "Who can approve": a person, or several who share a seat."""

    name: str
    detail: str
    ids: frozenset[UUID]
    is_group: bool = False

    @classmethod
    def of(cls, user: User, detail: str = "") -> ApproverLine:
        return cls(user.name, detail or user.email, frozenset([user.id]))

    @classmethod
    def must_activate(cls, user: User) -> ApproverLine:
        return cls.of(user, "activates a role first")


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

    def lines_beside(self, reader: User) -> list[ApproverLine]:
        """The lines that stand for anybody but the reader."""
        return [line for line in self.lines if line.ids - {reader.id}]

    @property
    def told(self) -> tuple[User, ...]:
        return self.people or self.must_activate


@dataclass(frozen=True)
class Sought:
    """Somebody asks for a role with these rules on this resource: who can decide?"""

    rules: RoleRules
    resource: Resource
    requester: User


def approvers_for(rules: RoleRules, *, resource: Resource, requester: User, now: datetime) -> Approvers:
    """Who can decide when `requester` asks for a role with these rules on this resource."""
    return approvers_for_many([Sought(rules, resource, requester)], now=now)[0]


def approvers_for_many(sought: Sequence[Sought], *, now: datetime) -> list[Approvers]:
    """`approvers_for` each, in their order. A fixed number of queries, however many."""
    seated = _seats(sought, now)
    people = reachable(id_ for seats in seated for seat in seats for id_ in seat.ids)
    found = [
        _approvers(asked, seats, people) if asked.rules.approvers else Approvers()
        for asked, seats in zip(sought, seated, strict=True)
    ]
    return _with_defaults(sought, found, now)


@dataclass(frozen=True)
class _Seat:
    """One line of an approver list with everybody who sits on it."""

    name: str
    ids: frozenset[UUID]
    is_shared: bool = True


def _seats(sought: Sequence[Sought], now: datetime) -> list[list[_Seat]]:
    every = [(asked, seat) for asked in sought for seat in asked.rules.approvers]
    members = members_of({seat.named_id for _, seat in every if seat.is_group}, now=now)
    owned = {asked.resource.path for asked, seat in every if seat.kind == SeatKind.RESOURCE_OWNERS}
    owners = holders_on(held_as(Assignment.Kind.ACTIVE, OWNER_ROLES), owned, now=now)

    def filled(asked: Sought, seat: Seat) -> _Seat:
        if seat.kind == SeatKind.MANAGER:
            return _Seat(seat.name, frozenset(filter(None, [asked.requester.manager_id])))
        if seat.kind == SeatKind.RESOURCE_OWNERS:
            return _Seat(seat.name, frozenset(user.id for user in owners[asked.resource.path]))
        if seat.is_group:
            return _Seat(seat.name, frozenset(members[seat.named_id]))
        return _Seat(seat.name, frozenset([seat.named_id]), is_shared=False)

    return [[filled(asked, seat) for seat in asked.rules.approvers] for asked in sought]


def _approvers(asked: Sought, seats: list[_Seat], seated: Mapping[UUID, User]) -> Approvers:
    wanted = {id_ for seat in seats for id_ in seat.ids} - {asked.requester.id}
    people = {id_: user for id_, user in seated.items() if id_ in wanted}
    return Approvers(people=tuple(people.values()), lines=tuple(_lines(seats, people)))


def _lines(seats: Iterable[_Seat], people: Mapping[UUID, User]) -> Iterable[ApproverLine]:
    for seat in seats:
        sitting = [people[id_] for id_ in seat.ids if id_ in people]
        ids = frozenset(user.id for user in sitting)
        if seat.is_shared and sitting:
            count = "one person" if len(sitting) == 1 else f"{len(sitting)} people, any one of them"
            yield ApproverLine(seat.name, count, ids, is_group=True)
        elif sitting:
            yield ApproverLine.of(sitting[0])


def _with_defaults(sought: Sequence[Sought], found: list[Approvers], now: datetime) -> list[Approvers]:
    """Directory roles that name nobody are decided by whoever holds a default role, the requester aside; when
    nobody else does, by who is eligible for one."""
    for kind in (Assignment.Kind.ACTIVE, Assignment.Kind.ELIGIBLE):
        nobody = [at for at, asked in enumerate(sought) if _takes_defaults(asked) and not found[at]]
        if not nobody:
            break
        what = held_as(kind, DEFAULT_APPROVER_ROLES)
        holders = holders_on(what, [DIRECTORY_PATH], now=now)[DIRECTORY_PATH]
        people = reachable(user.id for user in holders)
        for at in nobody:
            found[at] = _default(kind, [user for user in people.values() if user != sought[at].requester])
    return found


def _takes_defaults(asked: Sought) -> bool:
    return not asked.rules.approvers and asked.resource.provider == Provider.DIRECTORY


def _default(kind: Assignment.Kind, people: Sequence[User]) -> Approvers:
    if kind == Assignment.Kind.ACTIVE:
        lines = tuple(map(ApproverLine.of, people))
        return Approvers(people=tuple(people), lines=lines)
    lines = tuple(map(ApproverLine.must_activate, people))
    return Approvers(must_activate=tuple(people), lines=lines)


def reachable(ids: Iterable[UUID]) -> dict[UUID, User]:
    """Those who are enabled and have a second factor and an address, by name."""
    return {user.id: user for user in _reachable(tuple(set(ids)))}


@prepared
def _reachable(ids: tuple[UUID, ...]) -> QuerySet[User]:
    users = User.objects.filter(IS_ENROLLED, id__in=ids, is_enabled=True).exclude(email="")
    return users.order_by("name", "id")


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
            return request.resource.provider == Provider.DIRECTORY and self.holds(DEFAULT_APPROVER_ROLES)
        return any(self._fills(seat.kind, seat.principal_id, request) for seat in rules.approvers)

    def _fills(self, kind: SeatKind, principal_id: UUID | None, request: AccessRequest) -> bool:
        if kind == SeatKind.MANAGER:
            return request.requester is not None and request.requester.manager_id == self.user.id
        if kind == SeatKind.RESOURCE_OWNERS:
            return any(map(request.ground.resource.path.startswith, self.paths_of(OWNER_ROLES)))
        return principal_id == self.user.id or principal_id in self.holdings.groups

    def holds(self, role_ids: Collection[UUID]) -> bool:
        """Whether one of these roles is active for them, wherever."""
        return bool(self.paths_of(role_ids))

    def paths_of(self, role_ids: Collection[UUID]) -> set[str]:
        """Where one of these roles is active for them."""
        return {
            held.assignment.resource.path
            for held in self.holdings.active
            if held.assignment.role_id in role_ids
        }
