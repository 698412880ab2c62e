"""What principals can reach: their rows and seats, and those of every group that they lead to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Exists

from apps.access_requests.models import ReviewSeat
from apps.access_requests.policy.power import Power, Source, spread
from apps.accounts.models import Group, User
from apps.assignments.models import Assignment
from apps.common.access import DIRECTORY_PATH, Permission, Provider
from apps.common.lookup import present
from apps.roles.built_in import GROUP_MEMBER, GROUP_OWNER
from apps.roles.models import Approver
from apps.roles.policy.rules import SeatKind

# Whoever holds this, by whatever role, changes Global Administrators: only their like changes them.
_MANAGES_GLOBAL_ADMINISTRATORS = Provider.DIRECTORY, Permission.GLOBAL_ADMINISTRATORS_MANAGE
# Being a member or an owner gives what the group has, and nothing beside it.
_WAYS = frozenset({GROUP_MEMBER, GROUP_OWNER})


def power_of(id_: UUID, *, now: datetime) -> Power:
    """`powers_of` one."""
    return powers_of([id_], now=now)[id_]


def powers_of(ids: Iterable[UUID], *, now: datetime) -> dict[UUID, Power]:
    """The power of each of these people and groups. Rows count until they end: eligible ones, activations and
    those that begin later as well; disabled people keep theirs. Three queries for each step of nesting, and
    two more."""
    seeds = set(ids)
    found = _Found()
    ahead = seeds
    while ahead:
        found.seen |= ahead
        _follow_assignments(found, ahead, now)
        _follow_seats(found, ahead)
        _follow_review_seats(found, ahead)
        ahead = {to for id_ in ahead for to in found.ways[id_]} - found.seen
    _mark_role_assignable(found)
    _mark_managers(found, seeds)
    return spread(seeds, found.own, found.ways)


@dataclass
class _Found:
    """What has been read so far: each principal's own sources, and the groups it leads to."""

    own: defaultdict[UUID, set[Source]] = field(default_factory=lambda: defaultdict(set))
    ways: defaultdict[UUID, set[UUID]] = field(default_factory=lambda: defaultdict(set))
    seen: set[UUID] = field(default_factory=set)


def _follow_assignments(found: _Found, holders: Collection[UUID], now: datetime) -> None:
    rows = Assignment.objects.not_ended(now).filter(principal_id__in=holders)
    for row in rows.select_related("role", "resource"):
        if row.resource.group_id is not None:
            found.ways[row.principal_id].add(row.resource.group_id)
        if row.role_id not in _WAYS:
            found.own[row.principal_id].add(_held(row))


def _held(row: Assignment) -> Source:
    return Source(
        Provider(row.resource.provider),
        row.resource.path,
        f"{row.get_kind_display()}: {row.role.name} on {row.resource.name}",
        is_global_administrator=_MANAGES_GLOBAL_ADMINISTRATORS in row.role.granted,
    )


def _follow_seats(found: _Found, sitting: Collection[UUID]) -> None:
    """Who admits people to one group leads to that group; any other seat is power of its own."""
    seats = Approver.objects.in_use().filter(principal_id__in=sitting)
    for seat in seats.select_related("settings__role", "settings__resource"):
        who, where = present(seat.principal_id), seat.settings.resource
        if where is not None and where.group_id is not None:
            found.ways[who].add(where.group_id)
        else:
            found.own[who].add(_seated(seat))


def _seated(seat: Approver) -> Source:
    role, resource = seat.settings.role, seat.settings.resource
    where = f" on {resource.name}" if resource else ""
    return Source(Provider(role.provider), path_of_seat(seat), f"Approves {role.name}{where}")


def _follow_review_seats(found: _Found, sitting: Collection[UUID]) -> None:
    """Who says whether people stay in a group leads to that group, like who admits them."""
    seats = ReviewSeat.objects.in_use().filter(principal_id__in=sitting)
    for seat in seats.select_related("role", "resource"):
        who, where = present(seat.principal_id), seat.resource
        if where.group_id is not None:
            found.ways[who].add(where.group_id)
        else:
            says = f"Reviews {seat.role.name} on {where.name}"
            found.own[who].add(Source(Provider(where.provider), where.path, says))


def path_of_seat(seat: Approver) -> str:
    """Where somebody on this seat decides; empty for everywhere in the provider of the role."""
    if seat.settings.resource is not None:
        return seat.settings.resource.path
    return DIRECTORY_PATH if seat.settings.role.provider == Provider.DIRECTORY else ""


def _mark_role_assignable(found: _Found) -> None:
    groups = Group.objects.filter(pk__in=found.seen, is_role_assignable=True)
    for id_, name in groups.values_list("pk", "name"):
        found.own[id_].add(_in_directory(f"{name} is role-assignable"))


def _mark_managers(found: _Found, seeds: Collection[UUID]) -> None:
    """Managers decide as soon as the settings of any role, or any review, say so."""
    approving = Exists(Approver.objects.in_use().filter(kind=SeatKind.MANAGER))
    reviewing = Exists(ReviewSeat.objects.in_use().filter(principal__isnull=True))
    managers = User.objects.filter(approving | reviewing, pk__in=seeds, reports__isnull=False)
    managers = managers.annotate(approves=approving, reviews=reviewing)
    for id_, approves, reviews in managers.values_list("pk", "approves", "reviews").distinct():
        if approves:
            found.own[id_].add(_in_directory("Approves as a manager"))
        if reviews:
            found.own[id_].add(_in_directory("Reviews as a manager"))


def _in_directory(says: str) -> Source:
    return Source(Provider.DIRECTORY, DIRECTORY_PATH, says)
