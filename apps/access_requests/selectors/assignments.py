"""Assignments of one place: who is eligible there, who is active, and what has ended lately."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from inspect import unwrap
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from apps.access_requests.policy.changing import Change, Menu, RowFacts, may_offer, menu_of, offered
from apps.access_requests.selectors.searching import (
    Ending,
    Holder,
    Reach,
    Search,
    Sort,
    Start,
    State,
    Tab,
    Where,
)
from apps.accounts.models import Principal, User
from apps.assignments.membership import sizes_of
from apps.assignments.models import Assignment, AssignmentQuerySet
from apps.assignments.selectors import EXPIRED_SHOWN, without_ground
from apps.common.access import Access, Permission
from apps.common.counting import Counts
from apps.common.decision import Decision
from apps.common.paging import (
    Column,
    Page,
    by_text,
    counted_rows,
    counts_by,
    found_behind,
    newest_first,
    page_by,
    rows_behind,
    soonest_first,
)
from apps.common.prepared import prepared, prepared_part
from apps.roles.models import Resource, RoleDefinition, where_permitted, where_within

ENDING_SOON = timedelta(days=14)
NEW = timedelta(days=30)
_NEVER = datetime(9999, 12, 31, tzinfo=UTC)


_STATES: dict[State, dict[str, str]] = {
    State.ASSIGNED: {"origin": Assignment.Origin.ASSIGNED},
    State.ACTIVATED: {"origin": Assignment.Origin.ACTIVATED},
    State.ELIGIBLE: {"kind": Assignment.Kind.ELIGIBLE},
    State.ACTIVE: {"kind": Assignment.Kind.ACTIVE},
}
_HOLDERS: dict[Holder, dict[str, str]] = {
    Holder.PEOPLE: {"principal__kind": Principal.Kind.USER},
    Holder.GUESTS: {"principal__user__type": User.Type.GUEST},
    Holder.GROUPS: {"principal__kind": Principal.Kind.GROUP},
}
_ORDERS = {
    Sort.NAME: by_text("holder", "role_name"),
    Sort.ROLE: by_text("role_name", "holder"),
    Sort.END: soonest_first("until"),
}
_IN_FILES: tuple[str, ...] = ("holder", "role_name", "id")
_LATEST_END_FIRST = newest_first("until")


@dataclass(frozen=True)
class Line:
    """One assignment as the list of a place shows it to one reader. `members`: of a group that holds it."""

    item: Assignment
    where: Where
    access: Access
    members: int | None
    now: datetime

    @cached_property
    def name(self) -> str:
        """As who does not see its row knows it from the others."""
        return f"{self.item.principal.name}, {self.item.role.name}"

    @property
    def membership(self) -> str:
        """Entra's word for how the principal holds it, seen from here."""
        if self.held_above:
            return "Inherited"
        return "Group" if self.item.rests_on_a_group else "Direct"

    @cached_property
    def held_above(self) -> Resource | None:
        here, there = self.where.resource, self.item.resource
        return there if here is not None and here.id != there.id and there.covers(here) else None

    @property
    def via(self) -> str:
        """The group whose eligible assignment the holder activated."""
        return self.item.parent.principal.name if self.item.parent and self.item.rests_on_a_group else ""

    @property
    def may_read_above(self) -> bool:
        """Whether the place where it is held can be opened."""
        resource = self.item.resource
        return self.access.may(Permission.ASSIGNMENTS_READ, resource.provider, resource.path)

    @property
    def starts_later(self) -> bool:
        return self.item.starts_at > self.now

    @cached_property
    def ended_at(self) -> datetime | None:
        """When it ended, by somebody or by the clock; nothing while it has not."""
        end = self.item.ended_at or self.item.ends_at
        return end if end is not None and end <= self.now else None

    @property
    def ends_soon(self) -> bool:
        return self.item.ends_at is not None and self.item.ends_at - self.now <= ENDING_SOON

    @cached_property
    def menu(self) -> Menu:
        changes = offered(self.item.kind, has_ended=self.ended_at is not None)
        return menu_of(changes, self._facts(changes[0]))

    def can(self, change: Change) -> Decision:
        """Whether the button for this leads on."""
        return may_offer(self._facts(change))

    def _facts(self, change: Change) -> RowFacts:
        resource = self.item.resource
        return RowFacts(
            change=change,
            may_manage=self.access.may(Permission.ASSIGNMENTS_MANAGE, resource.provider, resource.path),
            is_activated=self.item.is_activated,
            is_permanent=self.item.is_permanent,
            held_above=self.held_above.name if self.held_above else "",
        )


@dataclass(frozen=True)
class Found:
    """One page of the tab that was asked for, how many there are in each, and the roles to choose from."""

    page: Page[Assignment]
    lines: list[Line]
    counts: dict[Tab, str]
    roles: list[tuple[UUID, str]]


def assignments_of(
    where: Where, access: Access, search: Search, counts: Counts, *, after: str = "", now: datetime
) -> Found:
    """Who holds what at this place, as far as the reader may see. A fixed number of queries."""
    asked = _asked(where, access, search, now)
    page = page_by(partial(asked.by, _by_name if asked.is_walked else _shown), _order(search), after=after)
    return Found(
        page,
        _lines(page.rows, where, access, now),
        counts_by({tab: asked.by(_counted, tab) for tab in Tab}, counts),
        _roles(where.provider),
    )


def _roles(provider: str) -> list[tuple[UUID, str]]:
    rows = RoleDefinition.objects.filter(provider=provider).order_by("name", "id")
    return list(rows.values_list("id", "name"))


def all_assignments_of(
    where: Where, access: Access, search: Search, *, now: datetime
) -> QuerySet[Assignment]:
    """Every assignment of the tab that was asked for, in its order: for a file."""
    asked = _asked(where, access, search, now)
    rows = _in_columns(asked.by(_everything), search)
    return rows.with_ground().select_related("role", "principal__user").order_by(*_IN_FILES)


def assignments_to_change(ids: list[UUID], access: Access, *, now: datetime) -> list[Line]:
    """Those of these assignments that the reader may see, by name, each as its own place lists it."""
    found = Assignment.objects.visible_to(access).filter(pk__in=ids).with_names()
    rows = list(found.select_related(*_OF_ROWS).order_by("principal__name", "role__name", "id"))
    return [_line(row, Where(row.resource.provider, row.resource), access, {}, now) for row in rows]


_OF_ROWS = ("principal__user", "principal__group")
_OF_LISTS = ("principal__user", "role", "resource", "parent__principal")
_IN_LISTS = (
    *("kind", "origin", "starts_at", "ends_at", "ended_at", "ended_how", "ended_by"),
    *("principal__kind", "principal__name"),
    *("principal__user__email", "principal__user__type", "principal__user__is_enabled"),
    *("role__name", "role__is_privileged"),
    *("resource__provider", "resource__kind", "resource__name", "resource__path"),
    *("parent__principal__name",),
)


@dataclass(frozen=True)
class _Asked:
    """What the list is asked of the places for which `at` holds. Its queries of a whole provider, before
    anybody searches, are prepared; what else it is asked is another query nearly each time."""

    at: Q
    search: Search
    is_common: bool
    now: datetime
    over: tuple[UUID, ...] = ()  # activations that have lost their ground

    @property
    def is_walked(self) -> bool:
        """Whether going by the names of holders fills a page sooner than sorting everything does."""
        by_name = self.search.sorted_by == Sort.NAME and self.search.tab != Tab.EXPIRED
        return self.is_common and by_name

    def by(self, query: Callable[..., Any], *first: object) -> Any:
        values = (*first, self.at, self.search, self.over, self.now - EXPIRED_SHOWN, self.now)
        return query(*values) if self.is_common else unwrap(query)(*values)


def _asked(where: Where, access: Access, search: Search, now: datetime) -> _Asked:
    is_common = where.resource is None and not search.narrows
    asked = _Asked(_places(where, access, search.reach), search, is_common, now)
    if search.tab != Tab.ACTIVE:  # its number holds what has just lost its ground, until that is written down
        return asked
    lost = without_ground(asked.by(_doubtful), now=now)
    return replace(asked, over=tuple(row.id for row in lost))


@prepared
def _doubtful(
    at: Q, search: Search, _over: tuple[UUID, ...], _since: datetime, now: datetime
) -> AssignmentQuerySet:
    held = _narrowed(_held(at), search, now)
    return held.not_ended(now).on_doubtful_ground(now).with_holder()


@prepared
def _shown(
    key: tuple[Any, ...], at: Q, search: Search, over: tuple[UUID, ...], since: datetime, now: datetime
) -> QuerySet[Assignment]:
    """The page behind this key. What is prepared may pad it."""
    order = _order(search)
    rows = _in_columns(_in_tab(_held(at), search.tab, search, over, since, now), search)
    return rows_behind(key[: len(order)], rows, order, loaded=_loaded(search))


@prepared
def _by_name(
    key: tuple[Any, ...], at: Q, search: Search, over: tuple[UUID, ...], since: datetime, now: datetime
) -> QuerySet[Assignment]:
    """The same page, from the holders on, whom an index has by name. In an outer join they come first, and
    what is asked of each thing they hold is asked of it by itself: so no database takes another way."""
    order = _order(search)
    one = _in_tab(_held(at), search.tab, search, over, since, now).filter(pk=OuterRef("held"))
    holders = Principal.objects.annotate(
        holder=F("name"), role_name=F("assignments__role__name"), held=F("assignments__pk")
    )
    by_name = (*order[:-1], replace(order[-1], name="held"))
    found = found_behind(key[: len(order)], holders.filter(Exists(one)), by_name)
    shown = _loaded(search).filter(pk__in=found.values("held"))
    return shown.order_by(*(column.name for column in order))


def _loaded(search: Search) -> AssignmentQuerySet:
    """What a row of the list shows, and no more."""
    return _in_columns(Assignment.objects.select_related(*_OF_LISTS).only(*_IN_LISTS), search)


def _everything(
    at: Q, search: Search, over: tuple[UUID, ...], since: datetime, now: datetime
) -> AssignmentQuerySet:
    return _in_tab(_held(at), search.tab, search, over, since, now)


@prepared_part
def _counted(
    tab: Tab, at: Q, search: Search, over: tuple[UUID, ...], since: datetime, now: datetime
) -> QuerySet[Assignment]:
    return counted_rows(_in_tab(_held(at), tab, search, over, since, now))


def _in_tab(
    held: AssignmentQuerySet,
    tab: Tab,
    search: Search,
    over: tuple[UUID, ...],
    since: datetime,
    now: datetime,
) -> AssignmentQuerySet:
    held = _narrowed(held, search, now)
    if search.state and tab == search.tab:
        held = held.filter(**_STATES[search.state])
    if tab == Tab.EXPIRED:
        return held.filter(origin=Assignment.Origin.ASSIGNED).ended_since(since, now=now)
    running = held.not_ended(now)
    return running.eligible() if tab == Tab.ELIGIBLE else running.active().exclude(pk__in=over)


def _held(at: Q) -> AssignmentQuerySet:
    """What is held at these places. They are found first: there are far fewer of them."""
    return Assignment.objects.filter(resource__in=Resource.objects.filter(at))


def _places(where: Where, access: Access, reach: Reach | None) -> Q:
    here = where.resource
    if here is None or reach == Reach.BELOW:
        read = where_permitted(access, Permission.ASSIGNMENTS_READ, prefix="")
        return read & where_within(where.provider, here.path if here else "", prefix="")
    if access.may(Permission.ASSIGNMENTS_READ, here.provider, here.path):
        return Q(pk__in=here.ancestor_ids)
    return Q(pk__in=[])


def _narrowed(rows: AssignmentQuerySet, search: Search, now: datetime) -> AssignmentQuerySet:
    found = rows.containing(search.q.split())
    if search.role:
        found = found.filter(role_id=search.role)
    if search.holder:
        found = found.filter(**_HOLDERS[search.holder])
    if search.ending == Ending.PERMANENT:
        found = found.filter(ends_at__isnull=True)
    if search.ending == Ending.LIMITED:
        found = found.filter(ends_at__isnull=False)
    if search.ending == Ending.SOON:
        found = found.filter(ends_at__lte=now + ENDING_SOON)
    if search.start == Start.NEW:
        found = found.filter(origin=Assignment.Origin.ASSIGNED, created_at__gt=now - NEW)
    return found


def _in_columns(rows: AssignmentQuerySet, search: Search) -> AssignmentQuerySet:
    """With what the list can be sorted by."""
    ended = search.tab == Tab.EXPIRED
    until = Coalesce("ended_at", "ends_at") if ended else Coalesce("ends_at", Value(_NEVER))
    return rows.annotate(holder=F("principal__name"), role_name=F("role__name"), until=until)


def _order(search: Search) -> Sequence[Column]:
    if search.tab == Tab.EXPIRED and search.sorted_by == Sort.END:
        return _LATEST_END_FIRST
    return _ORDERS[search.sorted_by]


def _lines(rows: list[Assignment], where: Where, access: Access, now: datetime) -> list[Line]:
    groups = {row.principal_id for row in rows if row.principal.is_group}
    sizes = sizes_of(groups, now=now)
    return [_line(row, where, access, sizes, now) for row in rows]


def _line(row: Assignment, where: Where, access: Access, sizes: Mapping[UUID, int], now: datetime) -> Line:
    return Line(row, where, access, sizes.get(row.principal_id), now)


def activations_under(ids: list[UUID], *, now: datetime) -> dict[UUID, int]:
    """How many activations rest on each of these eligible assignments; those with none are missing."""
    resting = Assignment.objects.activated().not_ended(now).filter(parent_id__in=ids)
    counted = resting.order_by().values("parent_id").annotate(count=Count("pk"))
    return dict(counted.values_list("parent_id", "count"))
