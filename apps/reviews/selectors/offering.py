"""Which roles and places can be reviewed by somebody: what the form offers to tick."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Case, IntegerField, Value, When

from apps.common.access import Access, Permission, Provider
from apps.common.lookup import every_word
from apps.roles.models import Resource, RoleDefinition
from apps.roles.web import Place

FOUND_AT_ONCE = 12


@dataclass(frozen=True)
class Offered:
    """One place with the roles that are held there."""

    resource: Resource
    roles: Sequence[RoleDefinition]


@dataclass(frozen=True)
class Offer:
    """The directory where it may be reviewed, and other places: those picked, the one where one stands, and
    what was found. `has_more`: a longer word would find fewer."""

    places: Sequence[Offered]
    has_found: bool = False
    has_more: bool = False


def offer_for(access: Access, place: Place, *, q: str, picked: Collection[UUID]) -> Offer:
    """Places that this access reviews; those called `q` or, for no words, the first of the place that one
    stands in. Four queries."""
    rows = Resource.objects.in_use().visible_to(access, Permission.REVIEWS_MANAGE).select_related("parent")
    at = {place.resource.pk} if place.resource else set()
    fixed = rows.filter(pk__in={*picked, *at}) | rows.filter(provider=Provider.DIRECTORY)
    others = rows.exclude(provider=Provider.DIRECTORY).exclude(pk__in={*picked, *at})
    if q:
        others = others.filter(every_word(q.split(), "name", "kind"))
    elif place.resource:
        others = others.filter(parent=place.resource)
    else:
        others = others.filter(provider=place.provider)
    first = Case(
        When(provider=Provider.DIRECTORY, then=Value(0)), default=Value(1), output_field=IntegerField()
    )
    kept = list(fixed.order_by(first, "name", "id"))
    found = list(others.order_by("name", "id")[: FOUND_AT_ONCE + 1])
    roles = _roles()
    shown = [*kept, *found[:FOUND_AT_ONCE]]
    return Offer(
        [Offered(row, roles[row.provider]) for row in shown], bool(found), len(found) > FOUND_AT_ONCE
    )


def _roles() -> Mapping[str, list[RoleDefinition]]:
    """Of each provider by name, privileged ones first."""
    found: dict[str, list[RoleDefinition]] = defaultdict(list)
    for role in RoleDefinition.objects.in_use().order_by("-is_privileged", "name", "id"):
        found[role.provider].append(role)
    return found
