"""Reading a table that somebody sends: what is wrong with it is said by line, and by the column's name."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import StringIO

from apps.common.csv import restored
from apps.common.errors import Invalid
from apps.common.text import any_of

MOST_BYTES = 5 * 1024 * 1024
MOST_LINES = 20_000
LONGEST_CELL = 500
_DELIMITERS = (",", ";")


@dataclass(frozen=True)
class Column:
    """One column that a file may have. `says` tells people what stands in it."""

    name: str
    says: str
    required: bool = False


@dataclass(frozen=True)
class Line:
    """One line of the file that something stands in, by the number that editors show. With a `fault` it
    cannot be used."""

    number: int
    cells: dict[str, str]
    fault: str = ""


def read_table(content: bytes, columns: Sequence[Column], *, key: Sequence[str] = ()) -> list[Line]:
    """The lines below the heading. Raises `Invalid` for what is no such table at all. `key` names the columns
    that say what a line is about: two lines about the same thing are one too many."""
    text = _decoded(content)
    rows = _rows(text)
    _, heading = next(rows, (1, []))
    names = [cell.strip().lower() for cell in heading]
    _require_columns(names, columns)
    lines = [_line(number, cells, names, columns) for number, cells in rows if any(map(str.strip, cells))]
    if not lines:
        raise Invalid("The file has a heading and nothing below it.")
    return _once_each(lines, key)


def _decoded(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise Invalid(f"The file is larger than {MOST_BYTES // 1024 // 1024} MB. Send it in parts.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = content[: error.start].count(b"\n") + 1
        raise Invalid(f"Line {number} is not UTF-8. Save the file as “CSV UTF-8”.") from None
    if "\0" in text:
        raise Invalid("This is no text. Save the file as “CSV UTF-8”.")
    return text


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line it begins on: a quoted cell may go over several."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    begins, count = 1, -1
    try:
        for cells in reader:
            count += 1
            if count > MOST_LINES:
                raise Invalid(f"The file has more than {MOST_LINES:,} lines. Send it in parts.")
            yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        raise Invalid(f"Line {begins} cannot be read: {_in_words(error)}") from None


def _in_words(error: csv.Error) -> str:
    if "field larger" in str(error):
        return "a cell is far too long, or a quote does not end."
    return "a quote does not end where the cell does."


def _delimiter(text: str) -> str:
    """Where people write 1,5 a spreadsheet puts semicolons between the cells."""
    heading = text.lstrip().partition("\n")[0]
    return max(_DELIMITERS, key=heading.count)


def _require_columns(names: Sequence[str], columns: Sequence[Column]) -> None:
    known = [column.name for column in columns]
    faults = [
        _sentence(
            "Missing column", [each.name for each in columns if each.required and each.name not in names]
        ),
        _sentence("Unknown column", [name or "(without a name)" for name in names if name not in known]),
        _sentence("Column more than once", sorted({name for name in names if names.count(name) > 1})),
    ]
    if found := " ".join(filter(None, faults)):
        raise Invalid(f"{found} The first line names the columns: {', '.join(known)}.")


def _sentence(what: str, names: Sequence[str]) -> str:
    return f"{what}: {', '.join(names)}." if names else ""


def _line(number: int, cells: Sequence[str], names: Sequence[str], columns: Sequence[Column]) -> Line:
    """A spreadsheet leaves out empty cells at the end; a cell too many has no column."""
    given = {name: restored(cell.strip()).strip() for name, cell in zip(names, cells, strict=False)}
    values = {column.name: given.get(column.name, "") for column in columns}
    empty = [column.name for column in columns if column.required and not values[column.name]]
    long = [name for name, value in values.items() if len(value) > LONGEST_CELL]
    faults = [
        f"{len(cells)} cells, but {len(names)} columns." if any(map(str.strip, cells[len(names) :])) else "",
        f"Nothing stands in {any_of(empty, at_most=9)}." if empty else "",
        f"More than {LONGEST_CELL} characters in {any_of(long, at_most=9)}." if long else "",
    ]
    shown = {name: value[:LONGEST_CELL] for name, value in values.items()}
    return Line(number, shown, " ".join(filter(None, faults)))


def _once_each(lines: Sequence[Line], key: Sequence[str]) -> list[Line]:
    first: dict[tuple[str, ...], int] = {}
    return [_unless_repeated(line, key, first) for line in lines]


def _unless_repeated(line: Line, key: Sequence[str], first: dict[tuple[str, ...], int]) -> Line:
    if line.fault or not key:
        return line
    number = first.setdefault(tuple(line.cells[name].casefold() for name in key), line.number)
    return line if number == line.number else replace(line, fault=f"Line {number} is about the same.")
