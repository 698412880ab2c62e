"""What disabling somebody would do, for whoever is about to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.access_requests.models import AccessRequest
from apps.access_requests.selectors.approvers import Sought, approvers_for_many
from apps.access_requests.selectors.facts import readings_now
from apps.access_requests.states import OPEN
from apps.accounts.models import User
from apps.assignments.membership import groups_of_user
from apps.assignments.models import Assignment
from apps.assignments.selectors import held_as, holders_on
from apps.roles.built_in import GROUP_OWNER
from apps.roles.models import Approver, RoleSettings
from apps.roles.policy.rules import SeatKind
from apps.roles.selectors import as_rules, directory


@dataclass(frozen=True)
class Disabling:
    """What ends at once, and what is left behind: roles (by name) without anybody to approve, groups without
    an owner."""

    activations: list[Assignment]
    requests: int
    roles_without_approver: list[str]
    groups_without_owner: list[str]

    @property
    def leaves_gaps(self) -> bool:
        return bool(self.roles_without_approver or self.groups_without_owner)


def disabling(person: User, *, now: datetime) -> Disabling:
    running = Assignment.objects.activated().not_ended(now).filter(principal_id=person.pk)
    asked = list(AccessRequest.objects.open().filter(principal_id=person.pk).with_names())
    readings = readings_now(asked, now=now)
    return Disabling(
        activations=list(running.with_names().order_by("ends_at", "id")),
        requests=sum(readings[row.id].state in OPEN for row in asked),
        roles_without_approver=_left_without_approver(person, now),
        groups_without_owner=_left_without_owner(person, now),
    )


def _left_without_approver(person: User, now: datetime) -> list[str]:
    """Roles on whose list the person sits, alone or with others of whom none can be reached. Lists that also
    mean somebody else for each request (the manager, the owners) are left out: nobody knows beforehand."""
    rows = list(_settings_seating({person.pk, *groups_of_user(person.pk, now=now)}))
    root = directory()
    sought = [Sought(as_rules(row), row.resource or root, person) for row in rows]
    found = approvers_for_many(sought, now=now)
    return [_name(row) for row, approvers in zip(rows, found, strict=True) if not approvers]


def _settings_seating(ids: Iterable[UUID]) -> Iterable[RoleSettings]:
    open_lists = Approver.objects.exclude(kind=SeatKind.PRINCIPAL).values("settings")
    rows = RoleSettings.objects.filter(requires_approval=True, approvers__principal_id__in=list(ids))
    rows = rows.exclude(pk__in=open_lists).distinct().select_related("role", "resource")
    return rows.prefetch_related("approvers__principal", "cells").order_by("role__name", "id")


def _name(row: RoleSettings) -> str:
    return f"{row.role.name} on {row.resource.name}" if row.resource else row.role.name


def _left_without_owner(person: User, now: datetime) -> list[str]:
    rows = Assignment.objects.active().current(now).filter(principal_id=person.pk, role_id=GROUP_OWNER)
    owned = {row.resource.path: row.resource.name for row in rows.select_related("resource")}
    owners = holders_on(held_as(Assignment.Kind.ACTIVE, {GROUP_OWNER}), owned, now=now)
    return sorted(name for path, name in owned.items() if not set(owners[path]) - {person})
