"""Roles that people have on the same resource."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from apps.alerts.policy.rules.roles import HeldHere, RoleFacts, twins_among
from apps.alerts.selectors.facts.holders import AT_ONCE
from apps.assignments.models import Assignment
from apps.audit.vocabulary import Place
from apps.common.access import Provider
from apps.roles.models import RoleDefinition


def twins_held(now: datetime) -> Iterator[HeldHere]:
    """Each role beside which there is one that does the same, on each resource where somebody has it, sorted
    by resource. Two queries."""
    roles = list(RoleDefinition.objects.in_use())
    twins = {
        id_: role
        for provider in Provider
        for id_, role in twins_among(_facts(each) for each in roles if each.provider == provider).items()
    }
    held = Assignment.objects.not_ended(now).filter(role_id__in=[UUID(id_) for id_ in twins])
    columns = held.order_by("resource__path", "role_id").values_list(
        "role_id", "resource__provider", "resource__path", "resource__name"
    )
    for role_id, *place in columns.distinct().iterator(chunk_size=AT_ONCE):
        yield Place(*place), twins[str(role_id)]


def _facts(role: RoleDefinition) -> RoleFacts:
    return RoleFacts(
        id=str(role.id),
        name=role.name,
        is_built_in=role.is_built_in,
        permissions=frozenset((str(provider), str(name)) for provider, name in role.granted),
        enforced_by=role.enforced_by,
        description=role.description,
    )
