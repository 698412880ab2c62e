"""Where settings can be changed for many roles and places at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from apps.common.access import Access, Permission, Provider
from apps.common.lookup import every_word
from apps.roles.models import Resource, RoleDefinition

PLACES_OFFERED = 50
Target = tuple[RoleDefinition, Resource | None]


def roles_of(provider: Provider) -> list[RoleDefinition]:
    return list(RoleDefinition.objects.in_use().filter(provider=provider).order_by("name", "id"))


def places_offered(
    access: Access, provider: Provider, *, on: Resource | None, q: str, picked: Iterable[UUID]
) -> list[Resource]:
    """Places whose settings this access changes, on `on` or below: those that are called `q`, the first 50 by
    name, and those that were picked already."""
    rows = Resource.objects.in_use().visible_to(access, Permission.SETTINGS_MANAGE).filter(provider=provider)
    rows = (rows.below(on) if on else rows).select_related("parent").order_by("name", "id")
    found = rows.filter(every_word(q.split(), "name", "kind"))
    kept = list(rows.filter(pk__in=list(picked)))
    return [*kept, *(row for row in found[:PLACES_OFFERED] if row not in kept)]


def targets_of(roles: Sequence[RoleDefinition], places: Sequence[Resource | None]) -> list[Target]:
    return [(role, place) for role in roles for place in places]
