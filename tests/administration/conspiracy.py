"""A small organisation in which some conspire, and what they have between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from apps.access_requests.policy.power import Power, can_change_group
from apps.access_requests.selectors.power import path_of_seat, powers_of
from apps.accounts.models import Group, User
from apps.assignments.membership import within_reach_of
from apps.assignments.models import Assignment
from apps.assignments.policy import access_from
from apps.audit.vocabulary import CONSOLE
from apps.common.access import Access, Permission, Provider
from apps.roles import built_in
from apps.roles.models import Approver, Resource
from apps.roles.policy.rules import Seat, SeatKind
from apps.roles.selectors import directory
from apps.roles.services.custom_roles import create_role
from tests.factories import assign, join, make_active, make_group, make_resource, make_user, save_rules

START = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
MONTH = timedelta(days=30)
UNA, OLGA, KAY, CY = range(4)  # the crew, by number

Thing = tuple[Any, ...]  # what can be held, in one place


@dataclass(frozen=True)
class World:
    """Those who conspire, all people, groups and resources, the (role, resource) pairs there are, and those
    of the groups that have no power: that is said here, and not asked of what is tested."""

    conspirators: list[User]
    people: list[User]
    groups: list[Group]
    resources: list[Resource]
    grants: list[tuple[UUID, Resource]]
    powerless: list[Group]


def make_world() -> World:
    """Una may become User Administrator (`make_user_administrator`), Olga owns the club and the operators,
    Kay owns the shop, Cy keeps settings of the farm by a custom role, Pam has nothing. Alma, Pat and Vic
    have power, Mia decides as Vic's manager, and owns the choir; Wes has none."""
    who, where = _people(), _estate()
    settings_keeper = _settings_keeper()
    _give(who, where, settings_keeper)
    save_rules(requires_approval=True, approvers=(Seat(SeatKind.MANAGER),), now=START)
    save_rules(built_in.CONTRIBUTOR, requires_approval=True, approvers=_seats(who.vic), now=START)

    conspirators = [who.una, who.olga, who.kay, who.cy, who.pam]
    resources = [where.platform, where.shop, where.farm, where.cart, where.yard]
    groups = [where.club, where.choir, where.nest, where.operators, where.admins]
    root = directory()
    return World(
        conspirators=conspirators,
        people=[*conspirators, who.alma, who.pat, who.vic, who.mia, who.wes],
        groups=groups,
        resources=resources,
        grants=[
            *((role_id, root) for role_id in _DIRECTORY_ROLES),
            *((role_id, each) for role_id in (*_RESOURCE_ROLES, settings_keeper) for each in resources),
            *((role_id, each.resource) for role_id in _GROUP_ROLES for each in groups),
        ],
        powerless=[where.club, where.choir],
    )


def _people() -> SimpleNamespace:
    names = ("una", "olga", "kay", "cy", "pam", "alma", "pat", "wes", "mia")
    who = SimpleNamespace(**{name: make_user(name.capitalize(), now=START) for name in names})
    who.vic = make_user("Vic", now=START, manager=who.mia)
    return who


def _estate() -> SimpleNamespace:
    where = SimpleNamespace()
    where.platform, where.yard = (make_resource(name, now=START) for name in ("Platform", "Yard"))
    where.shop = make_resource("Shop", parent=where.platform, now=START)
    where.farm = make_resource("Farm", parent=where.platform, now=START)
    where.cart = make_resource("Cart", parent=where.shop, now=START)
    for name in ("club", "choir", "nest", "operators"):
        setattr(where, name, make_group(name.capitalize(), now=START))
    where.admins = make_group("Admins", is_role_assignable=True, now=START)
    return where


def _give(who: SimpleNamespace, where: SimpleNamespace, settings_keeper: UUID) -> None:
    until = {"now": START, "ends_at": START + 3 * MONTH}
    make_active(who.alma, built_in.GLOBAL_ADMINISTRATOR, now=START)
    assign(who.pat, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=START)
    for group in (where.club, where.operators):
        make_active(who.olga, built_in.GROUP_OWNER, group.resource, **until)
    make_active(who.mia, built_in.GROUP_OWNER, where.choir.resource, **until)
    make_active(who.kay, built_in.RESOURCE_OWNER, where.shop, **until)
    make_active(who.cy, settings_keeper, where.farm, **until)
    assign(who.cy, built_in.CONTRIBUTOR, where.farm, **until)
    assign(who.vic, now=START)
    for resource in (where.farm, where.shop):
        assign(where.operators, built_in.CONTRIBUTOR, resource, **until)
    assign(where.admins, built_in.SECURITY_ADMINISTRATOR, now=START)
    join(who.vic, where.admins, now=START)
    join(who.wes, where.club, now=START)
    join(where.nest, where.operators, now=START)


def make_user_administrator(world: World) -> None:
    make_active(world.conspirators[UNA], built_in.USER_ADMINISTRATOR, now=START)


_DIRECTORY_ROLES = (
    built_in.TEAMS_ADMINISTRATOR,
    built_in.GLOBAL_ADMINISTRATOR,
    built_in.PRIVILEGED_ROLE_ADMINISTRATOR,
    built_in.USER_ADMINISTRATOR,
    built_in.SECURITY_ADMINISTRATOR,
)
_RESOURCE_ROLES = (built_in.CONTRIBUTOR, built_in.RESOURCE_OWNER)
_GROUP_ROLES = (built_in.GROUP_MEMBER, built_in.GROUP_OWNER)


def _settings_keeper() -> UUID:
    granted = frozenset(
        (Provider.RESOURCES, permission)
        for permission in (Permission.SETTINGS_READ, Permission.SETTINGS_MANAGE)
    )
    name = "Settings keeper"
    return create_role(provider=Provider.RESOURCES, name=name, granted=granted, actor=CONSOLE, now=START).id


def _seats(*people: User) -> tuple[Seat, ...]:
    return tuple(Seat(SeatKind.PRINCIPAL, person.id, person.name) for person in people)


# ---- What some people have between them --------------------------------------------------------------------


def have(people: Iterable[User], now: datetime) -> frozenset[Thing]:
    """What they hold or may come to hold, where they decide, which groups they change, and what that allows
    them in the portal, each with one place that it reaches."""
    below, groups = _places(), _groups(now)
    found: set[Thing] = set()
    for user in people:
        reach = within_reach_of(user.id, now=now)
        rows = list(Assignment.objects.not_ended(now).filter(principal_id__in=reach).with_names())
        for row in rows:
            found |= {("holds", row.role_id, id_) for id_ in below(row.resource.provider, row.resource.path)}
        access = access_from(user.id, rows)
        found |= {("changes", at.id) for at, power in groups if can_change_group(access, power, path=at.path)}
        for grant in access.grants:
            found |= {(grant.permission, grant.provider, id_) for id_ in below(grant.provider, grant.path)}
        for seat in Approver.objects.filter(principal_id__in=reach).select_related("settings__role"):
            provider = seat.settings.role.provider
            found |= {("approves", seat.settings.role_id, id_) for id_ in below(provider, path_of_seat(seat))}
    return frozenset(found)


def _places() -> Any:
    rows = list(Resource.objects.values_list("id", "provider", "path"))
    return lambda provider, path: {
        id_ for id_, theirs, at in rows if theirs == provider and at.startswith(path)
    }


def _groups(now: datetime) -> list[tuple[Resource, Power]]:
    rows = list(Resource.objects.filter(provider=Provider.GROUPS))
    powers = powers_of([row.group_id for row in rows], now=now)
    return [(row, powers[row.group_id]) for row in rows]


@dataclass(frozen=True)
class Theirs:
    """The places that were given into their hands in the beginning: where they may give roles, and where they
    may set the rules. What they make themselves is theirs as well."""

    giving: frozenset[UUID]
    ruling: frozenset[UUID]
    tempting: frozenset[UUID]  # where they could give roles, were there no power behind it
    everything: frozenset[UUID]

    @classmethod
    def of(cls, people: Iterable[User], powerless: Iterable[Group], now: datetime) -> Theirs:
        rows = list(Resource.objects.all())
        accesses = [_may_have(user, now) for user in people]

        def may(permission: Permission) -> frozenset[UUID]:
            return frozenset(
                row.id
                for row in rows
                if any(access.may(permission, row.provider, row.path) for access in accesses)
            )

        groups = frozenset(row.id for row in rows if row.group_id)
        with_power = groups - {group.resource.id for group in powerless}
        tempting = may(Permission.ASSIGNMENTS_MANAGE) | (may(Permission.PEOPLE_MANAGE) & groups)
        return cls(
            giving=tempting - with_power,
            ruling=may(Permission.SETTINGS_MANAGE) - with_power,
            tempting=tempting,
            everything=frozenset(row.id for row in rows),
        )

    def allows(self, thing: Thing) -> bool:
        what, *_, where = thing
        is_new = where not in self.everything
        is_ruled = what == "approves" and where in self.ruling
        is_free = what == "changes" and where in self.tempting  # its power has ended
        return is_new or where in self.giving or is_ruled or is_free


def _may_have(user: User, now: datetime) -> Access:
    reach = within_reach_of(user.id, now=now)
    return access_from(user.id, Assignment.objects.not_ended(now).filter(principal_id__in=reach).with_names())
