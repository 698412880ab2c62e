"""Groups as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apps.administration.selectors.groups import Line
from apps.common.csv import csv_lines

COLUMNS = ("Group", "Description", "Management", "Directory roles", "Power", "Members", "Owners")


def group_lines(lines: Iterable[Line]) -> Iterator[str]:
    """The file line by line, as `lines` come; nothing of it is kept."""
    return csv_lines(COLUMNS, map(_cells, lines))


def _cells(line: Line) -> Iterable[str]:
    group = line.group
    return (
        group.name,
        group.description,
        "Managed" if group.is_managed else "Not managed",
        "Can be assigned" if group.is_role_assignable else "Cannot be assigned",
        "With power" if line.has_power else "None",
        str(line.members),
        str(line.owners),
    )
