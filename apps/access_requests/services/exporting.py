"""Handing out lists: who holds what, as a file that can be read in again, and what was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import transaction

from apps.access_requests.asks import Actor
from apps.access_requests.selectors import all_requests
from apps.access_requests.selectors.assignments import all_assignments_of
from apps.access_requests.selectors.searching import Search, Where
from apps.assignments.models import Assignment
from apps.audit import services as audit
from apps.audit.vocabulary import NOWHERE, AuditAction, Place
from apps.common.access import Provider
from apps.common.csv import instant_cell
from apps.roles.selectors import named_paths

# The same as those that an import of assignments takes.
COLUMNS = ("principal", "role", "provider", "resource", "kind", "starts_at", "ends_at", "justification")


@transaction.atomic
def export_assignments(
    where: Where, search: Search, *, actor: Actor, now: datetime
) -> Iterator[tuple[str, ...]]:
    """The cells of each assignment of the list that this actor sees, line by line. What leaves the portal is
    written down. Activations stay out: they are taken by their holders, and nobody can bring them in."""
    rows = all_assignments_of(where, actor.access, search, now=now)
    audit.record(
        AuditAction.ASSIGNMENTS_EXPORTED,
        actor=actor.party,
        at=now,
        place=_place(where),
        details={"selection": search.chosen},
    )
    return cells_of(rows.filter(origin=Assignment.Origin.ASSIGNED))


@transaction.atomic
def export_requests(
    search: all_requests.Search, where: Where | None = None, *, actor: Actor, now: datetime
) -> Iterator[all_requests.Line]:
    """The requests of the list that this actor sees, of one place or of all, for a file. What leaves the
    portal is written down, with what was selected."""
    audit.record(
        AuditAction.REQUESTS_EXPORTED,
        actor=actor.party,
        at=now,
        place=_place(where) if where else NOWHERE,
        details={"selection": search.chosen},
    )
    return all_requests.whole_list(actor.somebody, actor.access, search, now=now)


def cells_of(rows: Iterable[Assignment]) -> Iterator[tuple[str, ...]]:
    """Assignments line by line, under `COLUMNS`."""
    found = list(rows)
    paths = named_paths(row.resource for row in found)
    return (_cells(row, paths[row.resource_id]) for row in found)


def _place(where: Where) -> Place:
    """All of a provider has no path of its own; it stands below the empty one."""
    return where.resource.place if where.resource else Place(where.provider, "", _label(where.provider))


def _label(provider: str) -> str:
    return str(Provider(provider).label)


def _cells(row: Assignment, path: str) -> tuple[str, ...]:
    principal = row.principal
    return (
        principal.name if principal.is_group else principal.user.email,
        row.role.name,
        row.resource.provider,
        path,
        row.kind,
        instant_cell(row.starts_at),
        instant_cell(row.ends_at),
        "",
    )
