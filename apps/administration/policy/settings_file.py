"""Role settings as one file that people read and write: what may stand in it, and how it is written.

The file speaks in names; `settings_names` says what they mean. Written, a block holds every rule of one role
at one place. A block that is read need not (`settings_reading`): what it leaves out stays as it is, and so
does what no block names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any

import yaml

from apps.administration.policy.settings_values import CellKey, with_cells, with_values
from apps.common.access import Provider
from apps.common.strict_yaml import Text
from apps.common.text import one_line
from apps.roles.policy.rules import (
    DAYS_OFFERED,
    Audience,
    Authentication,
    Cell,
    NoticeCase,
    RoleRules,
    Seat,
    SeatKind,
)

VERSION = "1"
LONGEST_TEXT = 2000  # of a path of names; the rest is shorter by far
_ASKED_FOR_BY = {"authentication_context": "authentication", "approvers": "requires_approval"}


@dataclass(frozen=True)
class SeatName:
    """An approver as the file names them: a person by e-mail, a group by name or id; the other kinds have no
    name."""

    kind: str
    text: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Block:
    """The rules of one role at one place, by names. Without a resource: wherever nothing nearer is set.

    `values` are columns of `RoleRules` and `cells` columns of its cells, only those that the file names;
    `approvers` is the whole list, or None where the file leaves it out. `inherits`: none are set there, what
    lies above counts. `lines` says where each stands.
    """

    provider: Provider
    role: str
    resource: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    approvers: tuple[SeatName, ...] | None = None
    cells: Mapping[CellKey, Mapping[str, Any]] = field(default_factory=dict)
    line: int = field(default=0, compare=False)
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)
    inherits: bool = False

    def line_of(self, name: str) -> int:
        """Where a rule stands, by its column or cell. One that the file leaves out stands with the rule that
        asks for it, else where the block begins."""
        name = name.removesuffix("_additional")
        return self.lines.get(name) or self.lines.get(_ASKED_FOR_BY.get(name, ""), self.line)


# ---- The words of the file ---------------------------------------------------------------------------------


def yes_no(text: Text) -> bool:
    if text.is_quoted or text.text not in {"true", "false", "yes", "no"}:
        raise ValueError("true or false")
    return text.text in {"true", "yes"}


def _half_hours(text: Text) -> int:
    if text.is_quoted or not re.fullmatch(r"[0-9]{1,2}(\.[05])?", text.text):
        raise ValueError("hours in steps of 0.5, such as 8 or 1.5")
    half_hours = int(Decimal(text.text) * 2)
    if not 1 <= half_hours <= 48:
        raise ValueError("0.5 to 24 hours")
    return half_hours


def _minutes(text: Text) -> int:
    if text.is_quoted or not re.fullmatch(r"[0-9]{1,6}", text.text):
        raise ValueError("whole minutes")
    return int(text.text)


def _days(text: Text) -> int:
    if text.is_quoted or text.text not in map(str, DAYS_OFFERED):
        raise ValueError(f"one of {', '.join(map(str, DAYS_OFFERED))} days")
    return int(text.text)


def _authentication(text: Text) -> Authentication:
    if text.text not in Authentication.values:
        raise ValueError(f"one of {', '.join(Authentication.values)}")
    return Authentication(text.text)


def _words(text: Text) -> str:
    return "" if text.is_nothing else text.text


def _hours(half_hours: int) -> int | float:
    return half_hours // 2 if half_hours % 2 == 0 else half_hours / 2


@dataclass(frozen=True)
class Rule:
    """A column of `RoleRules` under the name that it has in the file."""

    section: str
    key: str
    column: str
    read: Callable[[Text], Any]
    write: Callable[[Any], Any] = lambda value: value


RULES = (
    Rule("activation", "maximum_hours", "maximum_half_hours", _half_hours, _hours),
    Rule("activation", "require", "authentication", _authentication, str),
    Rule("activation", "authentication_context", "authentication_context", _words),
    Rule("activation", "justification", "requires_justification", yes_no),
    Rule("activation", "ticket", "requires_ticket", yes_no),
    Rule("activation", "approval", "requires_approval", yes_no),
    Rule("activation", "approval_window_minutes", "approval_window_minutes", _minutes),
    Rule("activation", "approver_justification", "approver_justification", yes_no),
    Rule("assignment", "permanent_eligible", "permanent_eligible", yes_no),
    Rule("assignment", "eligible_maximum_days", "eligible_maximum_days", _days),
    Rule("assignment", "permanent_active", "permanent_active", yes_no),
    Rule("assignment", "active_maximum_days", "active_maximum_days", _days),
    Rule("assignment", "mfa_on_active", "active_requires_mfa", yes_no),
    Rule("assignment", "justification_on_active", "active_requires_justification", yes_no),
)
INHERIT = "inherit"
SECTIONS = ("activation", "assignment", "notification")
BY_KEY = {(rule.section, rule.key): rule for rule in RULES}
UNNAMED_SEATS = (SeatKind.MANAGER.value, SeatKind.RESOURCE_OWNERS.value)
CELL_COLUMNS = tuple(column.name for column in fields(Cell))


def applied(block: Block, rules: RoleRules, approvers: tuple[Seat, ...] | None) -> RoleRules | None:
    """`rules` with what the block says; none of its own where it inherits. `approvers` is its list with the
    names looked up."""
    if block.inherits:
        return None
    seats = rules.approvers if approvers is None else approvers
    return with_cells(with_values(rules, {**block.values, "approvers": seats}), block.cells)


# ---- Writing -----------------------------------------------------------------------------------------------


def block_of(
    rules: RoleRules, *, provider: Provider, role: str, resource: str, approvers: Iterable[SeatName]
) -> Block:
    """Every rule, as a block."""
    return Block(
        provider=provider,
        role=role,
        resource=resource,
        values={rule.column: getattr(rules, rule.column) for rule in RULES},
        approvers=tuple(approvers),
        cells={
            (case, audience): {column: getattr(rules.cell(case, audience), column) for column in CELL_COLUMNS}
            for case in NoticeCase
            for audience in Audience
        },
    )


def write_settings(blocks: Iterable[Block], *, head: Iterable[str] = ()) -> str:
    """The file. `head` are lines for people on top of it."""
    comments = [f"# {one_line(line)}\n" for line in head]
    written = [_dump([_plain(block)]) for block in blocks]
    body = "settings:\n\n" + "\n".join(written) if written else "settings: []\n"
    return "".join(comments) + f"version: {VERSION}\n{body}"


def _plain(block: Block) -> dict[str, Any]:
    plain: dict[str, Any] = {"provider": block.provider.value, "role": block.role}
    if block.resource:
        plain["resource"] = block.resource
    for section in ("activation", "assignment"):
        plain[section] = {
            rule.key: rule.write(block.values[rule.column])
            for rule in RULES
            if rule.section == section and rule.column in block.values
        }
    if block.approvers is not None:
        plain["activation"]["approvers"] = [_plain_seat(seat) for seat in block.approvers]
    cells: dict[str, dict[str, Any]] = {}
    for (case, audience), cell in block.cells.items():
        shown = {column: list(value) if isinstance(value, tuple) else value for column, value in cell.items()}
        cells.setdefault(case.value, {})[audience.value] = _OnOneLine(shown)
    return plain | {"notification": cells}


def _plain_seat(seat: SeatName) -> object:
    return seat.kind if seat.kind in UNNAMED_SEATS else {seat.kind: seat.text}


class _OnOneLine(dict[str, Any]):
    """A mapping written as {a: 1, b: 2}."""


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    def ignore_aliases(self, _: object) -> bool:
        return True  # each value is written out


_Dumper.add_representer(
    _OnOneLine,
    lambda dumper, data: dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=True),
)


def _dump(plain: object) -> str:
    return str(
        yaml.dump(
            plain,
            Dumper=_Dumper,
            sort_keys=False,
            allow_unicode=True,
            default_flow_style=False,
            width=100_000,
        )
    )
