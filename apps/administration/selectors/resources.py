"""Resources for their pages: the tree, and one of them with what is held on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Count, F, Q
from django.db.models.functions import Lower

from apps.access_requests.models import AccessRequest
from apps.administration.policy.resources import TOP, InTheWay, Node
from apps.assignments.models import Assignment
from apps.common.access import Access, Permission, Provider
from apps.common.lookup import every_word
from apps.common.paging import Page, by_text, page_of
from apps.roles.models import Resource, ResourceQuerySet, RoleSettings

DRAWN_WHOLE = 300  # a larger tree is drawn level by level
DEEPEST_DRAWN = 8
PLACES_OFFERED = 50
_BY_NAME = by_text("name")
_READ = Permission.ASSIGNMENTS_READ
_ELIGIBLE, _ACTIVE = Q(kind=Assignment.Kind.ELIGIBLE), Q(kind=Assignment.Kind.ACTIVE)


@dataclass(frozen=True)
class Line:
    """A resource in the list: how far it is indented, what is held right there, and, where the tree is not
    drawn, the names of what lies above it."""

    resource: Resource
    depth: int
    eligible: int = 0
    active: int = 0
    above: tuple[str, ...] = ()
    has_more: bool = False

    @property
    def indent(self) -> int:
        """How far to the right it is drawn; what lies deeper is drawn no further."""
        return min(self.depth, DEEPEST_DRAWN)


@dataclass(frozen=True)
class Tree:
    """What the list shows: the whole tree, its uppermost level, or what a search found."""

    lines: list[Line]
    page: Page[Resource]
    is_whole: bool = False


@dataclass(frozen=True)
class Held:
    """A role on a resource: how many hold it there, and how many more from above."""

    role_id: UUID
    role_name: str
    is_privileged: bool
    eligible: int
    active: int
    inherited: int


@dataclass(frozen=True)
class Detail:
    """One resource with what its page shows."""

    resource: Resource
    held: list[Held]
    children: list[Line]
    page: Page[Resource]
    settings: list[RoleSettings]
    in_the_way: InTheWay


def resource_tree(access: Access, *, q: str = "", after: str = "", now: datetime) -> Tree:
    """The resources that `access` sees. A fixed number of queries, however many there are."""
    rows = found_resources(access, q)
    if q:
        page = page_of(rows, _BY_NAME, after=after)
        return Tree(_flat(page.rows, access, now), page)
    drawn = list(rows.select_related("parent").order_by("name", "id")[: DRAWN_WHOLE + 1])
    if len(drawn) <= DRAWN_WHOLE:
        return Tree(_drawn(drawn, now), Page(drawn, "", is_first=True), is_whole=True)
    page = page_of(rows.filter(_uppermost(access)), _BY_NAME, after=after)
    return Tree(_level(page.rows, now), page)


def resource_detail(resource: Resource, *, after: str = "", now: datetime) -> Detail:
    """What is held on one resource, and what lies right below it. A fixed number of queries."""
    page = page_of(Resource.objects.in_use().filter(parent=resource), _BY_NAME, after=after)
    settings = RoleSettings.objects.filter(resource=resource).select_related("role").order_by("role__name")
    return Detail(
        resource,
        _held_on(resource, now),
        _level(page.rows, now),
        page,
        list(settings),
        in_the_way(resource, now=now),
    )


def found_resources(access: Access, q: str) -> ResourceQuerySet:
    """Those that `access` sees with every word of `q` in their name or kind."""
    return visible_resources(access).filter(every_word(q.split(), "name", "kind"))


def visible_resources(access: Access) -> ResourceQuerySet:
    """The trees, as far as `access` sees them."""
    return Resource.objects.in_use().filter(provider=Provider.RESOURCES).visible_to(access, _READ)


def places_to_move(resource: Resource, access: Access, *, q: str = "") -> list[Line]:
    """Where a resource could go, names in order with what lies above each: one more than are offered, where
    there are more. Two queries."""
    rows = found_resources(access, q).exclude(Q(path__startswith=resource.path) | Q(children=resource))
    found = list(rows.order_by("name", "id")[: PLACES_OFFERED + 1])
    above = ways_to(found, access)
    return [Line(row, 0, above=above[row.pk]) for row in found]


def in_the_way(resource: Resource, *, now: datetime) -> InTheWay:
    """What keeps a resource from being retired."""
    return InTheWay(
        held=Assignment.objects.not_ended(now).filter(resource=resource).count(),
        waiting=AccessRequest.objects.open().filter(resource=resource).count(),
        below=Resource.objects.in_use().filter(parent=resource).count(),
    )


def names_beside(parent: Resource | None, *, but: Resource | None = None) -> frozenset[str]:
    """The names, in lower case, of what lies right below a resource, or at the top."""
    rows = Resource.objects.in_use().filter(provider=Provider.RESOURCES, parent=parent)
    if but is not None:
        rows = rows.exclude(pk=but.pk)
    return frozenset(rows.values_list(Lower("name"), flat=True))


def node_of(resource: Resource | None) -> Node:
    return TOP if resource is None else Node(resource.path, resource.name)


def kinds_in_use() -> list[str]:
    """What resources are called here, for whoever names one more."""
    rows = Resource.objects.in_use().filter(provider=Provider.RESOURCES)
    return list(rows.values_list("kind", flat=True).distinct().order_by("kind")[:50])


def ways_to(resources: Iterable[Resource], access: Access) -> dict[UUID, tuple[str, ...]]:
    """The names of what lies above each, uppermost first, as far as `access` sees it. One query."""
    above = {row.pk: row.ancestor_ids[:-1] for row in resources}
    wanted = {id_ for ids in above.values() for id_ in ids}
    names = dict(visible_resources(access).filter(pk__in=wanted).values_list("pk", "name")) if wanted else {}
    return {pk: tuple(names[id_] for id_ in ids if id_ in names) for pk, ids in above.items()}


def _uppermost(access: Access) -> Q:
    """The resources at which what this access sees begins."""
    scopes = [path for provider, path in access.scopes(_READ) if provider == Provider.RESOURCES]
    return reduce(or_, (Q(path=path) if path else Q(parent__isnull=True) for path in scopes), Q(pk__in=[]))


def _drawn(rows: Sequence[Resource], now: datetime) -> list[Line]:
    """Each below what it lies under, names in order on every level."""
    counts, ids = _counts(rows, now), {row.pk for row in rows}
    below: dict[UUID | None, list[Resource]] = {}
    for row in rows:
        below.setdefault(row.parent_id if row.parent_id in ids else None, []).append(row)
    lines: list[Line] = []
    stack = [(row, 0) for row in reversed(below.get(None, []))]
    while stack:
        row, depth = stack.pop()
        lines.append(Line(row, depth, *counts[row.pk]))
        stack += [(child, depth + 1) for child in reversed(below.get(row.pk, []))]
    return lines


def _level(rows: Sequence[Resource], now: datetime) -> list[Line]:
    counts = _counts(rows, now)
    parents = set(
        Resource.objects.in_use().filter(parent__in=rows).values_list("parent_id", flat=True).distinct()
    )
    return [Line(row, 0, *counts[row.pk], has_more=row.pk in parents) for row in rows]


def _flat(rows: Sequence[Resource], access: Access, now: datetime) -> list[Line]:
    counts, above = _counts(rows, now), ways_to(rows, access)
    return [Line(row, 0, *counts[row.pk], above=above[row.pk]) for row in rows]


def _counts(rows: Sequence[Resource], now: datetime) -> dict[UUID, tuple[int, int]]:
    """How many hold something right on each of these: eligible and active."""
    held = (
        Assignment.objects.not_ended(now)
        .filter(resource__in=rows)
        .values("resource_id")
        .annotate(eligible=Count("pk", filter=_ELIGIBLE), active=Count("pk", filter=_ACTIVE))
        .order_by()
    )
    found = {each["resource_id"]: (each["eligible"], each["active"]) for each in held}
    return {row.pk: found.get(row.pk, (0, 0)) for row in rows}


def _held_on(resource: Resource, now: datetime) -> list[Held]:
    here = Q(resource=resource)
    return [
        Held(**each)
        for each in Assignment.objects.not_ended(now)
        .reaching(resource)
        .values("role_id", role_name=F("role__name"), is_privileged=F("role__is_privileged"))
        .annotate(
            eligible=Count("pk", filter=here & _ELIGIBLE),
            active=Count("pk", filter=here & _ACTIVE),
            inherited=Count("pk", filter=~here),
        )
        .order_by("role__name", "role_id")
    ]
