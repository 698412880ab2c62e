"""Who has a mixed day: those who ask, those who decide and those who administer, with all that they need."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from apps.accounts.models import User
from apps.roles import built_in
from apps.roles.models import Resource
from tests.factories import assign, make_active, make_group, make_resource, make_user, set_rules

OPEN_ROLES = (built_in.READER, built_in.CONTRIBUTOR)  # activated without asking
APPROVED_ROLES = (built_in.RESOURCE_OWNER, built_in.USER_ACCESS_ADMINISTRATOR)


@dataclass(frozen=True)
class Cast:
    """As many of each. `spares` are changed by the administrator of the same number; `place` is where all of
    it happens."""

    askers: list[User]
    approvers: list[User]
    administrators: list[User]
    spares: list[User]
    place: Resource


def make_cast(people: int = 8, *, now: datetime, called: str = "") -> Cast:
    """On an empty database, or beside whatever organisation there is; a second one is called differently."""
    askers, approvers, administrators, spares = (
        [make_user(f"{called}{part} {number}", now=now) for number in range(1, people + 1)]
        for part in ("Asker", "Approver", "Administrator", "Spare")
    )
    place = make_resource(f"{called}Day", now=now)
    seat = make_group(f"{called}Approvers of the day", now=now, is_managed=False)
    for approver in approvers:
        make_active(approver, built_in.GROUP_MEMBER, seat.resource, now=now)
    for administrator in administrators:
        make_active(administrator, built_in.GLOBAL_ADMINISTRATOR, now=now)
    for role in APPROVED_ROLES:
        set_rules(role, resource=place, approvers=(seat.principal,), now=now)
    for asker in askers:
        for role in (*OPEN_ROLES, *APPROVED_ROLES):
            assign(asker, role, place, now=now)
    return Cast(askers, approvers, administrators, spares, place)
