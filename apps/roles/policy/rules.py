"""What the rules of a role are, as a pure value: 17 of them, as in Entra's role management policies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import TextChoices

from apps.common.access import Provider
from apps.common.lookup import present

DAYS_OFFERED = (15, 30, 90, 180, 365)


class Authentication(TextChoices):
    """What activation asks for beyond being signed in."""

    NONE = "none", "None"
    MFA = "mfa", "MFA"
    MFA_EACH_TIME = "mfa_each_time", "MFA each time"
    CONTEXT = "context", "Authentication context"


class SeatKind(TextChoices):
    """Who an entry of an approver list means."""

    PRINCIPAL = "principal", "A person or group"
    MANAGER = "manager", "The requester's manager"
    RESOURCE_OWNERS = "resource_owners", "The resource's owners"


class NoticeCase(TextChoices):
    """The rows of the notification matrix."""

    ELIGIBLE = "eligible", "Members assigned as eligible"
    ACTIVE = "active", "Members assigned as active"
    ACTIVATION = "activation", "Eligible members activate"


class Audience(TextChoices):
    """The columns of the notification matrix."""

    ADMIN = "admin", "Admin"
    HOLDER = "holder", "Assignee or requester"
    APPROVER = "approver", "Approver"


# Of this mail nobody gets a copy: the designated approvers alone do (Entra behaviour).
APPROVERS_ONLY = (NoticeCase.ACTIVATION, Audience.APPROVER)


@dataclass(frozen=True)
class Seat:
    """One entry of an approver list."""

    kind: SeatKind
    principal_id: UUID | None = None
    name: str = ""
    is_group: bool = False

    @property
    def named_id(self) -> UUID:
        """The person or group by name; the other kinds mean somebody else for each request."""
        return present(self.principal_id)


@dataclass(frozen=True)
class Cell:
    """Who is told: the default recipients, more addresses, and whether only about what needs an answer."""

    default_recipients: bool = True
    additional_recipients: tuple[str, ...] = ()
    critical_only: bool = False


@dataclass(frozen=True)
class RoleRules:
    """The rules in force for one role on one resource. Durations are minutes, maxima of assignments days.

    Defaults are Entra's for directory roles (fact sheet, section 4); `default_rules` knows the other two.
    `source` names where they come from: the resource they are set on, the role, or nothing for the defaults.
    """

    maximum_half_hours: int = 16
    authentication: Authentication = Authentication.MFA
    authentication_context: str = ""
    requires_justification: bool = True
    requires_ticket: bool = False
    requires_approval: bool = False
    approval_window_minutes: int = 24 * 60
    approver_justification: bool = True
    permanent_eligible: bool = True
    eligible_maximum_days: int = 365
    permanent_active: bool = True
    active_maximum_days: int = 180
    active_requires_mfa: bool = False
    active_requires_justification: bool = True
    approvers: tuple[Seat, ...] = ()
    cells: Mapping[tuple[NoticeCase, Audience], Cell] = field(default_factory=dict)
    source: str = ""

    @property
    def maximum_minutes(self) -> int:
        return self.maximum_half_hours * 30

    @property
    def requires_second_factor(self) -> bool:
        return self.authentication != Authentication.NONE

    @property
    def second_factor_each_time(self) -> bool:
        return self.authentication == Authentication.MFA_EACH_TIME

    @property
    def asks(self) -> tuple[object, ...]:
        """What an activation costs: where this is the same, lists show the same."""
        return (
            self.maximum_half_hours,
            self.requires_second_factor,
            self.requires_approval,
            self.requires_justification,
            self.requires_ticket,
        )

    def cell(self, case: NoticeCase, audience: Audience) -> Cell:
        return self.cells.get((case, audience), Cell())

    def evidence(self) -> dict[str, object]:
        """The activation rules in a form that can be stored and compared: part of what approvers see."""
        kept = (
            "maximum_half_hours",
            "authentication",
            "requires_justification",
            "requires_ticket",
            "requires_approval",
        )
        seats = sorted(f"{seat.kind}:{seat.principal_id or ''}" for seat in self.approvers)
        return {name: getattr(self, name) for name in kept} | {"approvers": seats}


_DEFAULTS = {
    Provider.DIRECTORY: RoleRules(),
    Provider.RESOURCES: RoleRules(permanent_eligible=False, permanent_active=False),
    Provider.GROUPS: RoleRules(
        authentication=Authentication.NONE, permanent_eligible=False, permanent_active=False
    ),
}


def default_rules(provider: str) -> RoleRules:
    """The rules of a role nobody has set any for."""
    return _DEFAULTS[Provider(provider)]
