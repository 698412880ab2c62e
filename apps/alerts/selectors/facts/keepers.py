"""Who looks after groups, and which access reviews are held."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from apps.accounts.models import User
from apps.alerts.policy.rules.keepers import HeldReview, Kept
from apps.alerts.selectors.facts.people import behind_each
from apps.assignments.models import Assignment
from apps.common.lookup import present
from apps.reviews.models import ReviewScope
from apps.roles.built_in import GROUP_OWNER
from apps.roles.models import Resource


def groups_kept(now: datetime) -> Iterator[Kept]:
    """Every group under management. Five queries."""
    owned: dict[UUID, set[UUID]] = defaultdict(set)
    kinds: dict[UUID, str] = {}
    rows = Assignment.objects.current(now).filter(role_id=GROUP_OWNER)
    for resource, principal, kind in rows.values_list("resource_id", "principal_id", "principal__kind"):
        owned[resource].add(principal)
        kinds[principal] = kind
    within = behind_each(kinds, now)
    enabled = set(User.objects.filter(is_enabled=True).values_list("id", flat=True))
    managed = Resource.objects.in_use().filter(group__is_managed=True, group__retired_at__isnull=True)
    for each in managed.select_related("group").order_by("path"):
        owners = frozenset[UUID]().union(*(within[id_] for id_ in owned[each.id]))
        yield Kept(present(each.group).party, each.place, len(owners & enabled))


def reviews_held(now: datetime) -> list[HeldReview]:  # noqa: ARG001 (every loader is called alike)
    """Those that are to go on and do nothing, on each of their resources. One query."""
    scopes = ReviewScope.objects.filter(review__deleted_at__isnull=True, review__ended_at__isnull=True)
    held = scopes.exclude(review__held_because="").order_by("review__name", "review_id", "resource__path")
    there = {
        (scope.review_id, scope.resource_id): HeldReview(
            str(scope.review_id), scope.review.name, scope.resource.place, scope.review.held_because
        )
        for scope in held.select_related("review", "resource")
    }
    return list(there.values())
