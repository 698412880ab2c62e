"""Reading the settings file: what it says by names, and every fault with its line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from apps.administration.policy.settings_file import (
    BY_KEY,
    CELL_COLUMNS,
    INHERIT,
    LONGEST_TEXT,
    RULES,
    SECTIONS,
    UNNAMED_SEATS,
    VERSION,
    Block,
    CellKey,
    SeatName,
    yes_no,
)
from apps.common import strict_yaml
from apps.common.access import Provider
from apps.common.strict_yaml import Fault, Faults, Listing, Node, Stop, Text, quoted, read_yaml
from apps.common.text import is_address
from apps.roles.policy.rules import Audience, NoticeCase


@dataclass(frozen=True)
class SettingsFile:
    """What a file says, and what is wrong with it. With faults it is not to be used."""

    blocks: tuple[Block, ...] = ()
    faults: tuple[Fault, ...] = ()


def read_settings(data: bytes) -> SettingsFile:
    """What the file says; every fault in it at once, each with its line. Names are not looked up."""
    document = read_yaml(data)
    reader = _Reader()
    blocks: list[Block] = []
    if document.root or not document.faults:
        with suppress(Stop):
            blocks = reader.file(document.root)
    unreadable = {fault.line for fault in document.faults}
    faults = {fault for fault in reader.faults.found if fault.line not in unreadable}
    return SettingsFile(tuple(blocks), tuple(sorted({*document.faults, *faults})))


class _Reader:
    def __init__(self) -> None:
        self.faults = Faults()

    def file(self, root: Node | None) -> list[Block]:
        if root is None:
            self._fault(1, "There is nothing in the file.")
            return []
        parts = self._entries(root, ["version", "settings"], needed=["version", "settings"])
        version, listed = parts.get("version"), parts.get("settings")
        if version is not None and not (isinstance(version, Text) and version.text == VERSION):
            self._fault(version.line, f"This portal reads version {VERSION}.")
        return [self._block(item) for item in self._items(listed, "settings")] if listed else []

    def _block(self, node: Node) -> Block:
        parts = self._entries(
            node, ["provider", "role", "resource", INHERIT, *SECTIONS], needed=["provider", "role"]
        )
        lines: dict[str, int] = {key: node.line for key, node in parts.items()}
        values: dict[str, Any] = {}
        for section in ("activation", "assignment"):
            if section in parts:
                values |= self._values(section, parts[section], lines)
        return Block(
            provider=self._provider(parts.get("provider")),
            role=self._name(parts.get("role"), "A role is named"),
            resource=self._name(parts.get("resource"), "A resource is named"),
            values=values,
            approvers=self._approvers(parts.get("activation"), lines),
            cells=self._cells(parts["notification"], lines) if "notification" in parts else {},
            line=node.line,
            lines=lines,
            inherits=self._inherits(parts),
        )

    def _inherits(self, parts: dict[str, Node]) -> bool:
        """Whether none are set there. What also sets some says two things."""
        if INHERIT not in parts:
            return False
        if not parts.keys().isdisjoint(SECTIONS):
            self._fault(parts[INHERIT].line, "A block that inherits has no rules beside it.")
        return bool(self._read(INHERIT, INHERIT, parts[INHERIT], yes_no).get(INHERIT))

    def _values(self, section: str, node: Node, lines: dict[str, int]) -> dict[str, Any]:
        known = [rule.key for rule in RULES if rule.section == section]
        if section == "activation":
            known.append("approvers")
        values: dict[str, Any] = {}
        for key, value in self._entries(node, known).items():
            if key == "approvers":
                continue
            rule = BY_KEY[section, key]
            lines[rule.column] = value.line
            values |= self._read(rule.column, key, value, rule.read)
        return values

    def _read(self, column: str, key: str, node: Node, read: Callable[[Text], Any]) -> dict[str, Any]:
        """The column with its value, or nothing and a fault."""
        if not isinstance(node, Text):
            self._fault(node.line, f"“{key}” has one value.")
            return {}
        try:
            return {column: read(node)}
        except ValueError as wanted:
            self._fault(node.line, f"“{key}” is {wanted}, not {quoted(node.text)}.")
            return {}

    def _approvers(self, activation: Node | None, lines: dict[str, int]) -> tuple[SeatName, ...] | None:
        if not isinstance(activation, strict_yaml.Mapping):
            return None
        listed = {key.text: (key, value) for key, value in activation.entries}.get("approvers")
        if listed is None:
            return None
        lines["approvers"] = listed[0].line
        seats = [self._seat(item) for item in self._items(listed[1], "approvers")]
        return tuple(seat for seat in seats if seat is not None)

    def _seat(self, node: Node) -> SeatName | None:
        if isinstance(node, Text) and node.text in UNNAMED_SEATS:
            return SeatName(node.text, line=node.line)
        if isinstance(node, strict_yaml.Mapping) and len(node.entries) == 1:
            [(key, value)] = node.entries
            if key.text in {"person", "group"}:
                return SeatName(key.text, self._name(value, "An approver is named"), node.line)
        kinds = f"person: <e-mail>, group: <name>, {', '.join(UNNAMED_SEATS)}"
        self._fault(node.line, f"An approver is one of: {kinds}.")
        return None

    def _cells(self, node: Node, lines: dict[str, int]) -> dict[CellKey, dict[str, Any]]:
        cells = {}
        for case, row in self._entries(node, NoticeCase.values).items():
            for audience, cell in self._entries(row, Audience.values).items():
                lines[f"{case}_{audience}"] = cell.line
                cells[NoticeCase(case), Audience(audience)] = self._cell(cell)
        return cells

    def _cell(self, node: Node) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for column, value in self._entries(node, CELL_COLUMNS).items():
            if column == "additional_recipients":
                values[column] = self._addresses(value)
            else:
                values |= self._read(column, column, value, yes_no)
        return values

    def _addresses(self, node: Node) -> tuple[str, ...]:
        addresses = []
        for item in self._items(node, "additional_recipients"):
            address = self._name(item, "A recipient is given as an e-mail address")
            if address and not is_address(address):
                self._fault(item.line, f"{quoted(address)} is no e-mail address.")
            addresses.append(address)
        return tuple(addresses)

    def _provider(self, node: Node | None) -> Provider:
        if isinstance(node, Text) and node.text in Provider.values:
            return Provider(node.text)
        if node is not None:
            self._fault(node.line, f"“provider” is one of {', '.join(Provider.values)}.")
        return Provider.DIRECTORY

    def _name(self, node: Node | None, what: str) -> str:
        if node is None:
            return ""
        if not isinstance(node, Text) or node.is_nothing or not node.text:
            self._fault(node.line, f"{what} with a text.")
            return ""
        if len(node.text) > LONGEST_TEXT:
            self._fault(node.line, f"This text is longer than {LONGEST_TEXT} characters.")
        return node.text

    def _items(self, node: Node, key: str) -> tuple[Node, ...]:
        if isinstance(node, Listing):
            return node.items
        self._fault(node.line, f"“{key}” is a list: one entry per line, each begun with “- ”.")
        return ()

    def _entries(self, node: Node, known: Iterable[str], needed: Iterable[str] = ()) -> dict[str, Node]:
        """The entries of a mapping, the known ones only. A key with nothing behind it has none."""
        if isinstance(node, Text) and node.is_nothing and not needed:
            return {}
        if not isinstance(node, strict_yaml.Mapping):
            self._fault(node.line, f"Here stand keys with values, of these: {', '.join(known)}.")
            return {}
        entries = {}
        for key, value in node.entries:
            if key.text in known:
                entries[key.text] = value
            else:
                self._fault(key.line, _unknown(key.text, known))
        for key_ in needed:
            if key_ not in entries:
                self._fault(node.line, f"“{key_}” is missing.")
        return entries

    def _fault(self, line: int, text: str) -> None:
        self.faults.add(line, text)


def _unknown(key: str, known: Iterable[str]) -> str:
    close = get_close_matches(key, list(known), n=1)
    hint = f"Meant is perhaps “{close[0]}”." if close else f"Known are: {', '.join(known)}."
    return f"There is no key {quoted(key)} here. {hint}"
