"""Tables as files that spreadsheets open, and as what they save."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

# Where a spreadsheet would begin a formula, wherever the text came from (OWASP, "CSV injection"): at the
# start of a cell, and inside it behind what Excel may take for its end. Where people write 1,5 that is the
# semicolon, and the quotes around a cell of ours, before which there is a comma, count for nothing.
_BEFORE_A_FORMULA = re.compile(r"^(?=[\t\r\n])|(?:^|[;\t\r\n])(?=[\s\u200b\ufeff]*[-=+@＝＋－＠])")
# What that leaves before a formula, to be taken away again.
_DEFUSED = re.compile(r"^'(?=[\t\r\n])|(^|[;\t\r\n])'(?=[\s\u200b\ufeff]*[-=+@＝＋－＠])")
BYTE_ORDER_MARK = "\ufeff"  # tells Excel that this is UTF-8


def csv_lines(columns: Sequence[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """The file line by line, as `rows` come; nothing of it is kept."""
    writer = csv.writer(_Passing())
    yield BYTE_ORDER_MARK + writer.writerow(columns)
    for row in rows:
        yield writer.writerow([harmless(cell) for cell in row])


def instant_cell(instant: datetime | None) -> str:
    """An instant to the second; nothing where there is none."""
    return instant.isoformat(timespec="seconds") if instant else ""


def harmless(cell: str) -> str:
    """The cell as text: a spreadsheet shows what stands there and computes nothing."""
    return _BEFORE_A_FORMULA.sub(r"\g<0>'", cell)


def restored(cell: str) -> str:
    """What `harmless` made a cell of, as it was before."""
    return _DEFUSED.sub(r"\1", cell)


class _Passing:
    """Stands where `csv` expects a file, and hands each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line
