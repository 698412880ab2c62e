"""Roles for their pages: the list of a place, one of them, and what a change of its permissions would do."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, TextChoices

from apps.access_requests.models import AccessRequest
from apps.accounts.models import Principal
from apps.administration.policy.roles import Granted, RoleFacts
from apps.assignments.membership import within_reach_of
from apps.assignments.models import Assignment, AssignmentQuerySet
from apps.common.access import Access, Permission, Provider
from apps.common.paging import Page, by_text, page_of
from apps.roles.models import RoleDefinition, RoleDefinitionQuerySet
from apps.roles.selectors import Settings, settings_at
from apps.roles.web import Place

_BY_NAME = by_text("name")
_ELIGIBLE, _ACTIVE = Q(kind=Assignment.Kind.ELIGIBLE), Q(kind=Assignment.Kind.ACTIVE)
HOLDERS_SHOWN = 20


class Show(TextChoices):
    """What a list of roles is narrowed to."""

    ALL = "all", "All"
    HELD = "held", "Held"
    PRIVILEGED = "privileged", "Privileged"
    CUSTOM = "custom", "Custom"
    RETIRED = "retired", "Retired"


@dataclass(frozen=True)
class Line:
    """A role, and how many hold it at the place that the list is about."""

    role: RoleDefinition
    eligible: int = 0
    active: int = 0


@dataclass(frozen=True)
class Found:
    lines: list[Line]
    page: Page[RoleDefinition]


@dataclass(frozen=True)
class Permitted:
    """What a role's holders may do in one provider of the portal, in words."""

    provider: Provider
    permissions: tuple[Permission, ...]


@dataclass(frozen=True)
class Change:
    """Other permissions for a role, and whom that reaches."""

    role: RoleDefinition
    gained: tuple[Permitted, ...]
    lost: tuple[Permitted, ...]
    holders: tuple[Principal, ...]

    @property
    def reaches_somebody(self) -> bool:
        return bool(self.holders and (self.gained or self.lost))

    @cached_property
    def digest(self) -> str:
        """A short name for exactly this: what was shown is what is done."""
        parts = [str(self.role.pk), *(str(holder.pk) for holder in self.holders)]
        for label, changes in (("+", self.gained), ("-", self.lost)):
            parts += [f"{label}{each.provider}:{','.join(each.permissions)}" for each in changes]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def role_list(
    place: Place, access: Access, *, show: Show = Show.ALL, q: str = "", after: str = "", now: datetime
) -> Found:
    """The roles of a place by name, with how many hold them there. A fixed number of queries."""
    held = held_at(place, access, now=now)
    page = page_of(found_roles(place, held, show=show, q=q), _BY_NAME, after=after)
    return Found(_counted(page.rows, held), page)


def found_roles(place: Place, held: AssignmentQuerySet, *, show: Show, q: str) -> RoleDefinitionQuerySet:
    """The roles that a list shows. `held` is what is held at its place."""
    every = RoleDefinition.objects.filter(provider=place.provider).containing(q.split())
    if show == Show.RETIRED:
        return every.filter(retired_at__isnull=False)
    roles = every.in_use()
    if show == Show.PRIVILEGED:
        roles = roles.filter(is_privileged=True)
    elif show == Show.CUSTOM:
        roles = roles.custom()
    elif show == Show.HELD:
        roles = roles.filter(Exists(held.filter(role=OuterRef("pk"))))
    return roles


def line_of(role: RoleDefinition, place: Place, access: Access, *, now: datetime) -> Line:
    """One role with how many hold it at this place."""
    (line,) = _counted([role], held_at(place, access, now=now))
    return line


def held_at(place: Place, access: Access, *, now: datetime) -> AssignmentQuerySet:
    """What is held on a resource, there or above; without one, whatever of the provider is visible."""
    rows = Assignment.objects.not_ended(now)
    if place.resource is not None:
        return rows.reaching(place.resource)
    return rows.visible_to(access).filter(resource__provider=place.provider)


def in_force(role: RoleDefinition, place: Place) -> Settings | None:
    """The settings in force at this place; none where it depends on the resource."""
    if place.resource is None and role.provider != Provider.DIRECTORY:
        return None
    return settings_at(role, place.resource)


def facts_of(role: RoleDefinition, *, now: datetime) -> RoleFacts:
    assignments = Assignment.objects.filter(role=role)
    requests = AccessRequest.objects.filter(role=role)
    return RoleFacts(
        Provider(role.provider),
        is_built_in=role.is_built_in,
        was_used=assignments.exists() or requests.exists(),
        is_retired=role.retired_at is not None,
        granted=role.granted,
        held=assignments.not_ended(now).count(),
        waiting=requests.open().count(),
    )


def is_within_reach(role: RoleDefinition, user_id: UUID, *, now: datetime) -> bool:
    """Whether this person holds the role or may come to, somewhere, also through a group that they are or may
    come to be in."""
    holders = within_reach_of(user_id, now=now)
    return Assignment.objects.not_ended(now).filter(role=role, principal_id__in=holders).exists()


def change_of(role: RoleDefinition, wanted: Granted, *, now: datetime) -> Change:
    """What other permissions would mean for whoever holds the role, or may activate it. One query."""
    holders = Principal.objects.filter(
        Exists(Assignment.objects.not_ended(now).filter(role=role, principal=OuterRef("pk")))
    )
    return Change(
        role,
        permitted(wanted - role.granted),
        permitted(role.granted - wanted),
        tuple(holders.order_by("name", "id")),
    )


def permitted(granted: Granted) -> tuple[Permitted, ...]:
    """In the order of the providers, and of the permissions as they are defined."""
    found = (
        Permitted(provider, tuple(each for each in Permission if (provider, each) in granted))
        for provider in Provider
    )
    return tuple(each for each in found if each.permissions)


def _counted(roles: Sequence[RoleDefinition], held: AssignmentQuerySet) -> list[Line]:
    counts = (
        held.filter(role__in=roles)
        .values("role_id")
        .annotate(eligible=Count("pk", filter=_ELIGIBLE), active=Count("pk", filter=_ACTIVE))
        .order_by()
    )
    found: dict[UUID, tuple[int, int]] = {
        each["role_id"]: (each["eligible"], each["active"]) for each in counts
    }
    return [Line(role, *found.get(role.pk, (0, 0))) for role in roles]
