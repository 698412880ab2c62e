"""Many assignments that end at once, for what is measured of the clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice, product
from uuid import UUID

from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.common.access import Provider
from apps.roles.models import Resource, RoleDefinition

AT_ONCE = 1000


def let_end(count: int, ends: Iterator[datetime], *, began: datetime) -> list[RoleDefinition]:
    """So many activations, each ending when `ends` says, in bulk; of as many new roles as it takes."""
    people = User.objects.filter(is_enabled=True, name__startswith="Person").values_list("pk", flat=True)
    places = Resource.objects.filter(provider=Provider.RESOURCES).values_list("pk", flat=True)
    pairs = list(islice(product(places, people), count))
    roles = []
    while count > 0:
        roles.append(_role())
        _write_some(roles[-1], pairs[:count], ends, began)
        count -= len(pairs)
    return roles


def _role() -> RoleDefinition:
    number = RoleDefinition.objects.filter(name__startswith="Ending").count()
    return RoleDefinition.objects.create(provider=Provider.RESOURCES, name=f"Ending {number}")


def _write_some(
    role: RoleDefinition, pairs: list[tuple[UUID, UUID]], ends: Iterator[datetime], began: datetime
) -> None:
    for first in range(0, len(pairs), AT_ONCE):
        parents = [_eligible(role, place, person, began) for place, person in pairs[first : first + AT_ONCE]]
        Assignment.objects.bulk_create(parents, batch_size=AT_ONCE)
        activations = [_activation(parent, next(ends)) for parent in parents]
        Assignment.objects.bulk_create(activations, batch_size=AT_ONCE)


def _eligible(role: RoleDefinition, place: UUID, person: UUID, began: datetime) -> Assignment:
    facts = {"role": role, "resource_id": place, "principal_id": person, "kind": Assignment.Kind.ELIGIBLE}
    return Assignment(**facts, starts_at=began - timedelta(days=1), created_at=began)


def _activation(parent: Assignment, ends_at: datetime) -> Assignment:
    return Assignment(
        principal_id=parent.principal_id,
        activated_by_id=parent.principal_id,
        role_id=parent.role_id,
        resource_id=parent.resource_id,
        parent=parent,
        kind=Assignment.Kind.ACTIVE,
        origin=Assignment.Origin.ACTIVATED,
        starts_at=parent.starts_at,
        ends_at=ends_at,
        created_at=parent.created_at,
    )
