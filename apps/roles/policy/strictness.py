"""Which of two sets of rules asks for more, value by value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from apps.roles.policy.plain import as_plain
from apps.roles.policy.rules import Audience, Authentication, Cell, NoticeCase, RoleRules, Seat, SeatKind

_DEMANDS = (Authentication.NONE, Authentication.MFA, Authentication.CONTEXT, Authentication.MFA_EACH_TIME)
# Yes asks for more than no.
_MORE_WHEN_ON = (
    "requires_justification",
    "requires_ticket",
    "requires_approval",
    "approver_justification",
    "active_requires_mfa",
    "active_requires_justification",
)


def is_loosened(old: RoleRules, new: RoleRules) -> bool:
    """Whether the new rules ask for less anywhere: a longer maximum, one demand fewer, another approver who
    was not one, an alert to admins switched off."""
    return as_plain(stricter(old, new)) != as_plain(new)


def stricter(old: RoleRules, new: RoleRules) -> RoleRules:
    """The new rules, with the old ones wherever those ask for more."""
    demands = max(old, new, key=lambda rules: _DEMANDS.index(Authentication(rules.authentication)))
    if old.authentication == new.authentication:
        demands = new
    return replace(
        new,
        maximum_half_hours=min(old.maximum_half_hours, new.maximum_half_hours),
        authentication=demands.authentication,
        authentication_context=demands.authentication_context,
        approvers=_approvers(old, new),
        cells=_cells(old, new),
        **{name: getattr(old, name) or getattr(new, name) for name in _MORE_WHEN_ON},
        **_limit(old, new, "permanent_eligible", "eligible_maximum_days"),
        **_limit(old, new, "permanent_active", "active_maximum_days"),
    )


def stricter_of_all(present: RoleRules, earlier: Iterable[RoleRules]) -> RoleRules:
    for old in earlier:
        present = stricter(old, present)
    return present


def seat_key(seat: Seat) -> tuple[SeatKind, UUID | None]:
    """Who sits there, whatever they are called now."""
    return seat.kind, seat.principal_id


def _approvers(old: RoleRules, new: RoleRules) -> tuple[Seat, ...]:
    """Fewer approvers ask for no less; a new one may be a friend, and an empty list means the defaults."""
    if not old.requires_approval:
        return new.approvers
    before, after = ({seat_key(seat) for seat in rules.approvers} for rules in (old, new))
    narrowed = (bool(after) and after <= before) or before == after
    return new.approvers if new.requires_approval and narrowed else old.approvers


def _limit(old: RoleRules, new: RoleRules, permanent: str, days: str) -> dict[str, Any]:
    """Where permanent is allowed, the number of days says nothing."""
    bounded = [getattr(rules, days) for rules in (old, new) if not getattr(rules, permanent)]
    return {permanent: not bounded, days: min(bounded, default=getattr(new, days))}


def _cells(old: RoleRules, new: RoleRules) -> Mapping[tuple[NoticeCase, Audience], Cell]:
    alerts = {
        (case, Audience.ADMIN): _cell(old.cell(case, Audience.ADMIN), new.cell(case, Audience.ADMIN))
        for case in NoticeCase
    }
    return dict(new.cells) | alerts


def _cell(old: Cell, new: Cell) -> Cell:
    missing = [address for address in old.additional_recipients if address not in new.additional_recipients]
    return Cell(
        default_recipients=old.default_recipients or new.default_recipients,
        additional_recipients=(*new.additional_recipients, *missing),
        critical_only=old.critical_only and new.critical_only,
    )
