"""What the names in a settings file mean, and which names to write so that they mean the same when read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from apps.administration.policy.settings_file import LONGEST_TEXT, UNNAMED_SEATS, Block, SeatName, block_of
from apps.common.access import Provider
from apps.common.strict_yaml import Fault, quoted
from apps.roles.policy.rules import RoleRules, Seat, SeatKind

PATH_MARK = " / "  # between the names of a path: Contoso / Production / db-1


class Labels:
    """Ids with the text that names each. What several things are called names none of them: their id does."""

    def __init__(self, labels: Mapping[UUID, str]) -> None:
        self._labels = labels
        self._ids: dict[str, list[UUID]] = defaultdict(list)
        for id_, label in labels.items():
            self._ids[_key(label)].append(id_)

    def label(self, id_: UUID) -> str:
        """The text to write for this id."""
        label = self._labels.get(id_, "")
        is_usable = label.strip() and len(label) <= LONGEST_TEXT
        return label if is_usable and self.named(label) == [id_] else str(id_)

    def named(self, text: str) -> list[UUID]:
        """All that this text names; an id names what has it."""
        id_ = _as_id(text)
        if id_ is not None:
            return [id_] if id_ in self._labels else []
        return self._ids.get(_key(text), [])

    def __getitem__(self, id_: UUID) -> str:
        return self._labels[id_]


def _key(label: str) -> str:
    return label.strip().casefold()


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def paths_of_names(rows: Iterable[tuple[UUID, str, str]]) -> dict[UUID, str]:
    """Of resources with id, name and path: "Contoso / Production / db-1". One whose path is not among them to
    the top has no such name: a part of a path could be the whole path of something else."""
    rows = list(rows)
    names = {str(id_): name for id_, name, _ in rows}
    parts = {id_: path.rstrip("/").split("/") for id_, _, path in rows}
    return {
        id_: PATH_MARK.join(names[part] for part in path) if names.keys() >= {*path} else ""
        for id_, path in parts.items()
    }


@dataclass(frozen=True)
class Names:
    """What may be named: roles and resources by provider, people by e-mail, groups by name. `called` is what
    pages call the people."""

    roles: Mapping[Provider, Labels]
    resources: Mapping[Provider, Labels]
    people: Labels
    groups: Labels
    called: Mapping[UUID, str] = field(default_factory=dict)

    def seat(self, principal_id: UUID, *, is_group: bool) -> Seat:
        name = self.groups[principal_id] if is_group else self.called[principal_id]
        return Seat(SeatKind.PRINCIPAL, principal_id, name, is_group)


@dataclass(frozen=True)
class Target:
    """A block with its names looked up: which role, where, and its approvers if it lists them."""

    block: Block
    role_id: UUID
    resource_id: UUID | None
    approvers: tuple[Seat, ...] | None

    @property
    def key(self) -> tuple[UUID, UUID | None]:
        return self.role_id, self.resource_id


@dataclass
class Lookup:
    """Looks names up and keeps every fault."""

    names: Names
    faults: list[Fault] = field(default_factory=list)

    def targets(self, blocks: Iterable[Block]) -> list[Target]:
        """The blocks that name one role at one place, each once."""
        seen: dict[tuple[UUID, UUID | None], int] = {}
        return list(self._once(blocks, seen))

    def _once(self, blocks: Iterable[Block], seen: dict[tuple[UUID, UUID | None], int]) -> Iterator[Target]:
        for block in blocks:
            target = self._target(block)
            if target is None:
                continue
            first = seen.setdefault(target.key, block.line)
            if first == block.line:
                yield target
            else:
                self._fault(block.line, f"This role at this place stands on line {first} already.")

    def _target(self, block: Block) -> Target | None:
        provider = block.provider
        role_id = self._one(self.names.roles[provider], block.role, block.line_of("role"), "role")
        resource_id = None
        if block.resource:
            line = block.line_of("resource")
            resource_id = self._one(self.names.resources[provider], block.resource, line, "resource")
        seats = None if block.approvers is None else self._seats(block.approvers)
        if role_id is None or (block.resource and resource_id is None):
            return None
        return Target(block, role_id, resource_id, seats)

    def _seats(self, names: Iterable[SeatName]) -> tuple[Seat, ...]:
        seats: dict[tuple[str, UUID | None], Seat] = {}
        for name in names:
            seat = self._seat(name)
            if seat is None:
                continue
            if (seat.kind, seat.principal_id) in seats:
                self._fault(name.line, "This approver is listed twice.")
            seats[seat.kind, seat.principal_id] = seat
        return tuple(seats.values())

    def _seat(self, name: SeatName) -> Seat | None:
        if name.kind in UNNAMED_SEATS:
            return Seat(SeatKind(name.kind), None, SeatKind(name.kind).label)
        is_group = name.kind == "group"
        labels = self.names.groups if is_group else self.names.people
        id_ = self._one(labels, name.text, name.line, name.kind)
        return None if id_ is None else self.names.seat(id_, is_group=is_group)

    def _one(self, labels: Labels, text: str, line: int, what: str) -> UUID | None:
        ids = labels.named(text)
        if len(ids) == 1:
            return ids[0]
        if ids:
            self._fault(line, f"{len(ids)} of this name: {quoted(text)}. Write the id of the {what} instead.")
        else:
            self._fault(line, f"There is no {what} {quoted(text)}.")
        return None

    def _fault(self, line: int, text: str) -> None:
        self.faults.append(Fault(line, text))


def named_block(
    names: Names, rules: RoleRules, *, provider: Provider, role_id: UUID, resource_id: UUID | None
) -> Block:
    """Every rule as a block whose names mean just these, read by anybody who sees as much."""
    return block_of(
        rules,
        provider=provider,
        role=names.roles[provider].label(role_id),
        resource=names.resources[provider].label(resource_id) if resource_id else "",
        approvers=sorted((_seat_name(names, seat) for seat in rules.approvers), key=_by_name),
    )


def _seat_name(names: Names, seat: Seat) -> SeatName:
    if seat.kind != SeatKind.PRINCIPAL:
        return SeatName(seat.kind.value)
    labels, kind = (names.groups, "group") if seat.is_group else (names.people, "person")
    return SeatName(kind, labels.label(seat.named_id))


def _by_name(seat: SeatName) -> tuple[str, str]:
    return seat.kind, seat.text
