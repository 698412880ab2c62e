"""The small organisation that the random histories happen in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from apps.accounts.models import Group, User
from apps.assignments.models import Assignment
from apps.roles import built_in
from apps.roles.models import Resource
from apps.roles.selectors import directory
from tests.factories import (
    activate,
    assign,
    join,
    make_active,
    make_group,
    make_resource,
    make_user,
    set_rules,
)

START = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (
    timedelta(seconds=1),
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(days=1),
)


@dataclass(frozen=True)
class World:
    """Whoever there is, and what there is to hold: (role, resource) pairs."""

    people: list[User]
    groups: list[Group]
    grants: list[tuple[UUID, Resource]]
    narrower: Resource


def make_world() -> World:
    """Amy asks, also for what she may approve; Ben is in the leads, who are in the operators; Cat and the
    leads approve; Gil is the administrator. What is here in the beginning, the histories change."""
    amy, ben, cat, gil = (make_user(name, now=START) for name in ("Amy", "Ben", "Cat", "Gil"))
    leads = make_group("Leads", is_role_assignable=True, now=START)
    operators = make_group("Operators", now=START)
    platform = make_resource("Platform", now=START)
    production = make_resource("Production", parent=platform, now=START)
    make_active(gil, built_in.GLOBAL_ADMINISTRATOR, now=START)
    for person in (amy, ben):
        assign(person, now=START)
        assign(person, built_in.SECURITY_READER, now=START, ends_at=START + 3 * HOUR)
    assign(cat, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=START)
    assign(amy, built_in.GROUP_MEMBER, leads.resource, now=START, ends_at=START + 30 * DAY)
    assign(operators, built_in.CONTRIBUTOR, platform, now=START, ends_at=START + 30 * DAY)
    join(ben, leads, now=START)
    join(leads, operators, now=START)
    set_rules(now=START, approvers=(cat, leads, amy))
    set_rules(built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=START, requires_approval=True)
    _begin(amy, ben)
    root = directory()
    grants = [
        (built_in.TEAMS_ADMINISTRATOR, root),
        (built_in.SECURITY_READER, root),
        (built_in.PRIVILEGED_ROLE_ADMINISTRATOR, root),
        (built_in.GLOBAL_ADMINISTRATOR, root),
        (built_in.CONTRIBUTOR, platform),
        (built_in.CONTRIBUTOR, production),
        (built_in.GROUP_MEMBER, leads.resource),
        (built_in.GROUP_MEMBER, operators.resource),
    ]
    return World([amy, ben, cat, gil], [leads, operators], grants, production)


def _begin(amy: User, ben: User) -> None:
    """One request waits, one activation runs and one begins later."""
    of = Assignment.objects.eligible().get
    activate(of(principal=amy, role_id=built_in.TEAMS_ADMINISTRATOR), amy, now=START)
    activate(of(principal=ben, role_id=built_in.SECURITY_READER), ben, minutes=150, now=START)
    activate(of(role_id=built_in.CONTRIBUTOR), ben, starts_at=START + 2 * HOUR, now=START)
