"""Rules as plain data with readable names, and back: what history keeps, digests cover and files hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from apps.common.errors import Invalid
from apps.roles.policy.rules import Audience, Authentication, Cell, NoticeCase, RoleRules, Seat, SeatKind

Plain = dict[str, Any]

# Section by section, as the tabs of the page: the name of a value here, and the rule that it is.
ACTIVATION = {
    "require": "authentication",
    "authentication_context": "authentication_context",
    "justification": "requires_justification",
    "ticket": "requires_ticket",
    "approval": "requires_approval",
    "approval_window_minutes": "approval_window_minutes",
    "approver_justification": "approver_justification",
}
ASSIGNMENT = {
    "permanent_eligible": "permanent_eligible",
    "eligible_maximum_days": "eligible_maximum_days",
    "permanent_active": "permanent_active",
    "active_maximum_days": "active_maximum_days",
    "mfa_on_active": "active_requires_mfa",
    "justification_on_active": "active_requires_justification",
}
# The two values of the activation section that are no plain column.
MAXIMUM_HOURS, APPROVERS = "maximum_hours", "approvers"
CELLS = tuple((case, audience) for case in NoticeCase for audience in Audience)


def as_plain(rules: RoleRules) -> Plain:
    """Every rule, in a fixed order, as numbers, texts, lists and dicts; equal rules are equal here."""
    hours = rules.maximum_half_hours / 2
    return {
        "activation": {
            MAXIMUM_HOURS: int(hours) if hours.is_integer() else hours,
            **_values(rules, ACTIVATION),
            APPROVERS: sorted(map(_seat_as_plain, rules.approvers), key=_order),
        },
        "assignment": _values(rules, ASSIGNMENT),
        "notification": {
            case.value: {audience.value: _cell_as_plain(rules.cell(case, audience)) for audience in Audience}
            for case in NoticeCase
        },
    }


def from_plain(plain: Mapping[str, Any], *, base: RoleRules | None = None) -> RoleRules:
    """The rules that these data say; what they leave out is as in `base`, or in `RoleRules()`. Raises
    `Invalid` for a name or a value that is none."""
    base = base or RoleRules()
    _expect(plain, {"activation", "assignment", "notification"})
    activation = dict(_section(plain, "activation", {MAXIMUM_HOURS, APPROVERS, *ACTIVATION}))
    assignment = _section(plain, "assignment", set(ASSIGNMENT))
    values: dict[str, Any] = {}
    if (hours := activation.pop(MAXIMUM_HOURS, None)) is not None:
        values["maximum_half_hours"] = _half_hours(hours)
    if (seats := activation.pop(APPROVERS, None)) is not None:
        values["approvers"] = tuple(_seat_from_plain(seat) for seat in seats)
    for section, names in ((activation, ACTIVATION), (assignment, ASSIGNMENT)):
        values |= {names[name]: _checked(name, names[name], value) for name, value in section.items()}
    cells = dict(base.cells) | _cells_from_plain(plain.get("notification", {}))
    return replace(base, **values, cells=cells, source="")


def _values(rules: RoleRules, names: Mapping[str, str]) -> Plain:
    values = {name: getattr(rules, rule) for name, rule in names.items()}
    return {name: str(value) if isinstance(value, str) else value for name, value in values.items()}


def _seat_as_plain(seat: Seat) -> Plain:
    if seat.principal_id is None:
        return {"kind": seat.kind.value}
    kind = "group" if seat.is_group else "person"
    return {"kind": kind, "id": str(seat.principal_id), "name": seat.name}


def _seat_from_plain(plain: Mapping[str, Any]) -> Seat:
    _expect(plain, {"kind", "id", "name"})
    kind = str(plain.get("kind"))
    try:
        if kind in ("person", "group"):
            id_, name = UUID(str(plain.get("id"))), str(plain.get("name", ""))
            return Seat(SeatKind.PRINCIPAL, id_, name, is_group=kind == "group")
        seat = SeatKind(kind)
    except ValueError:
        raise Invalid(f"{kind} is no approver.") from None
    return Seat(seat, None, seat.label)


def _order(seat: Plain) -> tuple[str, ...]:
    return seat["kind"], seat.get("name", ""), seat.get("id", "")


def _cell_as_plain(cell: Cell) -> Plain:
    return {
        "default_recipients": cell.default_recipients,
        "additional_recipients": list(cell.additional_recipients),
        "critical_only": cell.critical_only,
    }


def _cells_from_plain(plain: Mapping[str, Any]) -> dict[tuple[NoticeCase, Audience], Cell]:
    _expect(plain, set(NoticeCase.values))
    return {
        (NoticeCase(case), Audience(audience)): _cell_from_plain(plain[case][audience])
        for case in plain
        for audience in _section(plain, case, set(Audience.values))
    }


def _cell_from_plain(plain: Mapping[str, Any]) -> Cell:
    _expect(plain, {"default_recipients", "additional_recipients", "critical_only"})
    standard = _cell_as_plain(Cell())
    given = {**standard, **plain}
    for name, value in given.items():
        if type(value) is not type(standard[name]):
            raise Invalid(f"{value!r} is no value of {name}.")
    recipients = tuple(str(address) for address in given["additional_recipients"])
    return Cell(given["default_recipients"], recipients, given["critical_only"])


def _section(plain: Mapping[str, Any], name: str, allowed: set[str]) -> Mapping[str, Any]:
    section: Mapping[str, Any] = plain.get(name, {})
    _expect(section, allowed)
    return section


def _expect(plain: Any, names: set[str]) -> None:
    if not isinstance(plain, Mapping):
        raise Invalid(f"{plain!r} is no list of names and values.")
    if unknown := sorted(str(name) for name in plain if name not in names):
        raise Invalid(f"{', '.join(unknown)}: no such setting.")


def _half_hours(hours: Any) -> int:
    if isinstance(hours, bool) or not isinstance(hours, int | float) or hours * 2 % 1 != 0:
        raise Invalid(f"{hours!r} is no number of hours and half hours.")
    return int(hours * 2)


def _checked(name: str, rule: str, value: Any) -> Any:
    """`value`, as the rule holds it."""
    if rule == "authentication":
        try:
            return Authentication(value)
        except ValueError:
            raise Invalid(f"{value!r} is no value of {name}.") from None
    if type(value) is not type(getattr(RoleRules(), rule)):
        raise Invalid(f"{value!r} is no value of {name}.")
    return value
