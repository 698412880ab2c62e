"""What a fix would do about findings that somebody picked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from apps.administration.policy.settings import may_manage
from apps.administration.selectors.settings_changes import Change
from apps.administration.selectors.settings_plan import changes_to
from apps.alerts.models import Finding, FindingQuerySet
from apps.common.access import Access
from apps.common.errors import Invalid
from apps.roles.models import Resource, RoleDefinition
from apps.roles.policy.rules import Authentication
from apps.roles.selectors import Settings, settings_at_many

AT_MOST = 200  # with one press


def picked(ids: Iterable[UUID], access: Access) -> FindingQuerySet:
    """Those of these findings that are still there, as far as this access sees them. Raises `Invalid` for too
    many."""
    if len(ids := set(ids)) > AT_MOST:
        raise Invalid(f"Pick {AT_MOST} at most.")
    return Finding.objects.filter(pk__in=ids).visible_to(access).present()


def changes_to_require_mfa(findings: Iterable[Finding], access: Access) -> list[Change]:
    """What makes activation ask for a second factor, for the role and place of each finding: where the rules
    come from, if this access may change them there, else on the resource itself. A fixed number of
    queries."""
    named = {(UUID(row.ids["role"]), UUID(row.ids["resource"])) for row in findings}
    roles = RoleDefinition.objects.in_bulk({role for role, _ in named})
    resources = Resource.objects.in_bulk({resource for _, resource in named})
    there = [(role, resource) for role, resource in named if role in roles and resource in resources]
    found = settings_at_many((roles[role], resources[resource]) for role, resource in there)
    targets = {_target(settings, access): None for settings in found.values()}
    return changes_to(targets, lambda rules: replace(rules, authentication=Authentication.MFA))


def _target(settings: Settings, access: Access) -> tuple[RoleDefinition, Resource | None]:
    origin = settings.setting.resource if settings.setting else None
    path = origin.path if origin else ""
    return settings.role, origin if may_manage(access, settings.role.provider, path) else settings.resource
