"""Groups for their pages: the list, and one of them with its people and with what it holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, TextChoices

from apps.access_requests.models import AccessRequest, ReviewSeat
from apps.access_requests.policy.power import Power
from apps.access_requests.selectors.power import path_of_seat, power_of, powers_of
from apps.accounts.models import Group, User
from apps.administration.policy.groups import Bound, InTheWay
from apps.assignments.membership import members_of
from apps.assignments.models import Assignment, AssignmentQuerySet
from apps.assignments.selectors import without_ground
from apps.common.access import Access, Permission, Provider
from apps.common.lookup import every_word
from apps.common.paging import Page, by_text, count_of, counts_of, in_batches, page_of
from apps.roles.built_in import GROUP_MEMBER, GROUP_OWNER
from apps.roles.models import Approver, Resource, RoleDefinition
from apps.roles.policy.rules import RoleRules
from apps.roles.selectors import rules_for_many

_BY_NAME = by_text("name")
_BY_HOLDER = by_text("holder")
_READ = Permission.ASSIGNMENTS_READ
_ACTIVE, _ELIGIBLE = Assignment.Kind.ACTIVE, Assignment.Kind.ELIGIBLE
# Disabled people own nothing.
_ENABLED = Q(principal__user__isnull=True) | Q(principal__user__is_enabled=True)
_MEMBERS = Q(role_id=GROUP_MEMBER, kind=_ACTIVE)
_OWNERS = Q(role_id=GROUP_OWNER, kind=_ACTIVE)
SHOWN_INSIDE = 50
_READ_AT_ONCE = 500  # groups that an export holds in memory


class Tab(TextChoices):
    ALL = "all", "All"
    MANAGED = "managed", "Managed"
    NOT_MANAGED = "not-managed", "Not managed"
    OWNERLESS = "ownerless", "Without owner"


@dataclass(frozen=True)
class Search:
    """What is looked for; what is empty leaves nothing out."""

    tab: Tab = Tab.ALL
    q: str = ""

    @property
    def chosen(self) -> dict[str, str]:
        """For the audit log and for the form that exports the same groups."""
        return {"tab": str(self.tab), "q": self.q} if self.q else {"tab": str(self.tab)}


@dataclass(frozen=True)
class Line:
    """One group in the list. Members and owners are those of now, a group among them as one."""

    group: Group
    members: int
    owners: int
    has_power: bool


@dataclass(frozen=True)
class Found:
    page: Page[Group]
    lines: list[Line]
    counts: dict[Tab, str]


def find_groups(access: Access, search: Search, *, after: str = "", now: datetime) -> Found:
    """The groups that `access` sees, by name. A fixed number of queries for each step of nesting."""
    tabs = _tabs(_fitting(access, search), now)
    page = page_of(tabs[search.tab].select_related("resource"), _BY_NAME, after=after)
    return Found(page, _lines(page.rows, now), counts_of(tabs))


def whole_list(access: Access, search: Search, *, now: datetime) -> Iterator[Line]:
    """All of what `find_groups` shows a page at a time, by name; nothing of it is kept."""
    rows = _tabs(_fitting(access, search), now)[search.tab].order_by("name", "pk")
    for some in in_batches(rows.iterator(chunk_size=_READ_AT_ONCE), _READ_AT_ONCE):
        yield from _lines(some, now)


def visible_groups(access: Access) -> QuerySet[Group]:
    resources = Resource.objects.in_use().filter(provider=Provider.GROUPS).visible_to(access, _READ)
    return Group.objects.filter(resource__in=resources)


def _fitting(access: Access, search: Search) -> QuerySet[Group]:
    return visible_groups(access).filter(every_word(search.q.split(), "name", "description"))


def _tabs(rows: QuerySet[Group], now: datetime) -> dict[Tab, QuerySet[Group]]:
    owned = Assignment.objects.current(now).filter(_OWNERS, _ENABLED).values("resource__group_id")
    return {
        Tab.ALL: rows,
        Tab.MANAGED: rows.filter(is_managed=True),
        Tab.NOT_MANAGED: rows.filter(is_managed=False),
        Tab.OWNERLESS: rows.exclude(pk__in=owned),
    }


def _lines(groups: Sequence[Group], now: datetime) -> list[Line]:
    ids = [group.pk for group in groups]
    powers = powers_of(ids, now=now)
    held = (
        Assignment.objects.current(now)
        .filter(resource__group_id__in=ids)
        .values("resource__group_id")
        .annotate(members=Count("pk", filter=_MEMBERS), owners=Count("pk", filter=_OWNERS & _ENABLED))
        .order_by()
    )
    counts = {row["resource__group_id"]: (row["members"], row["owners"]) for row in held}
    return [Line(group, *counts.get(group.pk, (0, 0)), bool(powers[group.pk])) for group in groups]


# ---- One group ---------------------------------------------------------------------------------------------


class Part(TextChoices):
    """What the page of a group lists, one at a time."""

    MEMBERS = "members", "Members"
    OWNERS = "owners", "Owners"
    HOLDS = "holds", "What it holds"


_ROLES = {Part.MEMBERS: GROUP_MEMBER, Part.OWNERS: GROUP_OWNER}


@dataclass(frozen=True)
class Detail:
    """What the page of one group shows beside its lists."""

    group: Group
    power: Power
    why: list[str]
    owners: int
    counts: dict[Part, str]


def group_detail(group: Group, access: Access, *, now: datetime) -> Detail:
    power = power_of(group.pk, now=now)
    listed = {part: count_of(_people_rows(group, part, now)) for part in _ROLES}
    holds = count_of(_held_by(group, access, now))
    owners = Assignment.objects.current(now).filter(_OWNERS, _ENABLED, resource=group.resource).count()
    return Detail(group, power, power.seen_by(access), owners, listed | {Part.HOLDS: holds})


def people_of(group: Group, part: Part, *, after: str = "", now: datetime) -> Page[Assignment]:
    """Members or owners, also eligible ones and those that begin later, by name; without activations that
    have lost their ground. Two or three queries."""
    rows = _people_rows(group, part, now).with_names().select_related("principal__user")
    page = page_of(rows.annotate(holder=F("principal__name")), _BY_HOLDER, after=after)
    activated = [row for row in page.rows if row.is_activated]
    lost = {row.pk for row in without_ground(activated, now=now)} if activated else set()
    return Page([row for row in page.rows if row.pk not in lost], page.following, page.is_first)


def rules_of(group: Group) -> dict[UUID, RoleRules]:
    """The rules of membership and ownership, by role."""
    pairs = [(role, group.resource) for role in RoleDefinition.objects.filter(pk__in=_ROLES.values())]
    return {role_id: rules for (role_id, _), rules in rules_for_many(pairs).items()}


def inside(group_id: UUID, *, now: datetime) -> list[User]:
    """The first people, by name, who are in a group now, however nested."""
    ids = members_of({group_id}, now=now)[group_id]
    return list(User.objects.filter(pk__in=ids).order_by("name", "pk")[: SHOWN_INSIDE + 1])


def held_by(group: Group, access: Access, *, after: str = "", now: datetime) -> Page[Assignment]:
    """The roles that the group itself holds or may activate, as far as `access` sees them."""
    rows = _held_by(group, access, now).with_names().annotate(holder=F("role__name"))
    return page_of(rows, _BY_HOLDER, after=after)


def whole_part(group: Group, part: Part, access: Access, *, now: datetime) -> AssignmentQuerySet:
    """What a part of the group's page lists of what admins gave, as far as `access` sees it."""
    held = part == Part.HOLDS
    rows = _held_by(group, access, now) if held else _people_rows(group, part, now).visible_to(access)
    given = rows.filter(origin=Assignment.Origin.ASSIGNED).with_names().select_related("principal__user")
    return given.order_by("principal__name", "role__name", "pk")


def seats_of(group: Group, access: Access) -> list[Approver]:
    """Where the group approves, as far as `access` sees role settings there."""
    seats = (
        Approver.objects.in_use()
        .filter(principal_id=group.pk)
        .select_related("settings__role", "settings__resource")
    )
    return [
        seat
        for seat in seats.order_by("settings__role__name", "pk")
        if access.may(Permission.SETTINGS_READ, seat.settings.role.provider, path_of_seat(seat))
    ]


def review_seats_of(group: Group, access: Access) -> list[ReviewSeat]:
    """What the group reviews, as far as `access` sees reviews there."""
    return list(ReviewSeat.objects.in_use().visible_to(access).filter(principal=group.pk).with_names())


def bound_by(group: Group, *, now: datetime) -> Bound:
    """What keeps a group from being taken out of management."""
    rows = Assignment.objects.not_ended(now).filter(resource=group.resource)
    return Bound(
        eligible=rows.eligible().count(),
        ending=rows.active().filter(ends_at__isnull=False).count(),
        waiting=AccessRequest.objects.open().filter(resource=group.resource).count(),
    )


def in_the_way(group: Group, *, now: datetime) -> InTheWay:
    """What keeps a group from being retired. Five queries."""
    rows = Assignment.objects.not_ended(now)
    about = Q(resource=group.resource) | Q(principal=group.pk)
    return InTheWay(
        inside=rows.filter(resource=group.resource, role_id=GROUP_MEMBER).count(),
        held=rows.filter(principal_id=group.pk).count(),
        seats=Approver.objects.in_use().filter(principal_id=group.pk).count(),
        reviews=ReviewSeat.objects.filter(principal=group.pk).values("source_id").distinct().count(),
        waiting=AccessRequest.objects.open().filter(about).count(),
    )


def is_taken(name: str, *, but: Group | None = None) -> bool:
    """Whether another group has this name, in whatever case."""
    rows = Group.objects.in_use().filter(name__iexact=name)
    return rows.exclude(pk=but.pk).exists() if but else rows.exists()


def _people_rows(group: Group, part: Part, now: datetime) -> AssignmentQuerySet:
    return Assignment.objects.not_ended(now).filter(resource=group.resource, role_id=_ROLES[part])


def _held_by(group: Group, access: Access, now: datetime) -> AssignmentQuerySet:
    return Assignment.objects.not_ended(now).visible_to(access).filter(principal_id=group.pk)
