"""Who holds what, as rules look at it: assigned rows that have not ended, read as they are used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Subquery

from apps.accounts.models import Principal
from apps.alerts.policy.rules.holders import Row
from apps.alerts.selectors.facts.people import (
    COLUMNS,
    Behind,
    has_factor,
    people_behind,
    permanently_behind,
    person,
)
from apps.assignments.models import Assignment, AssignmentQuerySet
from apps.audit.vocabulary import Party, Place
from apps.common.access import Provider
from apps.roles.built_in import RESOURCE_OWNER

AT_ONCE = 2000  # rows in memory, while they are read

_PRIVILEGED = Q(role__is_privileged=True)
_IN_DIRECTORY = Q(resource__provider=Provider.DIRECTORY)
_OWNER = Q(role_id=RESOURCE_OWNER)
_PERSON = tuple(name if name == "has_factor" else f"principal__{name}" for name in COLUMNS)
_ROW = (
    "id",
    "role_id",
    "role__name",
    "role__is_privileged",
    "kind",
    "starts_at",
    "ends_at",
    "last_used_at",
    "principal_id",
    "principal__kind",
    "resource__provider",
    "resource__path",
    "resource__name",
    *_PERSON,
)


def privileged_rows(now: datetime) -> Iterator[Row]:
    return _rows(_PRIVILEGED, now)


def administrator_rows(now: datetime) -> Iterator[Row]:
    """Of all roles of the directory, and of privileged ones elsewhere."""
    return _rows(_PRIVILEGED | _IN_DIRECTORY, now)


def permanent_rows(now: datetime) -> Iterator[Row]:
    """Of privileged roles, active without an end; of groups with their permanent members."""
    endless = Q(kind=Assignment.Kind.ACTIVE, ends_at__isnull=True)
    return _rows(_PRIVILEGED & endless, now, behind=permanently_behind)


def directory_rows(now: datetime) -> Iterator[Row]:
    return _rows(_IN_DIRECTORY, now)


def rows_beside_owners(now: datetime) -> Iterator[Row]:
    """Everything on resources that have an owner of their own, sorted by resource."""
    owned = Assignment.objects.not_ended(now).filter(_OWNER, resource_id=OuterRef("resource_id"))
    return _rows(Q(Exists(owned), resource__provider=Provider.RESOURCES), now)


def owner_rows(now: datetime) -> Iterator[Row]:
    """Of owners of resources, sorted by resource."""
    return _rows(_OWNER, now)


def eligible_rows(now: datetime) -> Iterator[Row]:
    """Of whoever may activate something, sorted by resource."""
    return _rows(Q(kind=Assignment.Kind.ELIGIBLE), now)


def _rows(
    wanted: Q, now: datetime, *, behind: Callable[[AssignmentQuerySet, datetime], Behind] = people_behind
) -> Iterator[Row]:
    """Five queries at most."""
    held = Assignment.objects.not_ended(now).filter(wanted, origin=Assignment.Origin.ASSIGNED)
    groups = behind(held, now)
    sorted_ = held.order_by("resource__path", "principal__name", "id")
    columns = sorted_.annotate(last_used_at=_last_use(now), has_factor=has_factor("principal_id"))
    for each in columns.values_list(*_ROW).iterator(chunk_size=AT_ONCE):
        yield _row(each, groups)


def _row(columns: tuple[Any, ...], groups: Behind) -> Row:
    id_, role_id, role, is_privileged, kind, starts_at, ends_at, used_at, holder, of_kind, *rest = columns
    place, facts = rest[:3], rest[3:]
    is_group = of_kind == Principal.Kind.GROUP
    return Row(
        id=str(id_),
        holder=Party(of_kind, str(holder), facts[0]),
        people=groups.get(holder, ()) if is_group else (person(holder, *facts),),
        role_id=str(role_id),
        role=role,
        is_privileged=is_privileged,
        kind=kind,
        place=Place(*place),
        starts_at=starts_at,
        ends_at=ends_at,
        last_used_at=used_at,
    )


def _last_use(now: datetime) -> Subquery:
    """When what was activated from a row began last; what was given back before its start never did."""
    begun = Q(ended_at__isnull=True) | Q(ended_at__gt=F("starts_at"))
    uses = Assignment.objects.activated().filter(begun, parent_id=OuterRef("pk"), starts_at__lte=now)
    return Subquery(uses.order_by("-starts_at").values("starts_at")[:1])
