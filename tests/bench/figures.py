"""What was measured: a value beside its floor, and what it was to reach."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the table. `at_most` and `at_least` are times the floor where there is one, else in `unit`;
    with neither it is told for what it is. `part` is a heading."""

    part: str
    name: str
    value: float
    unit: str
    floor: float | None = None
    at_most: float | None = None
    at_least: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.value / self.floor if self.floor else None

    @property
    def is_met(self) -> bool | None:
        reached = self.value if self.floor is None else self.ratio
        if reached is None or (self.at_most is None and self.at_least is None):
            return None
        return reached <= self.at_most if self.at_most is not None else reached >= self.at_least

    @property
    def target(self) -> str:
        bound = self.at_most if self.at_most is not None else self.at_least
        if bound is None:
            return ""
        sign = "≤" if self.at_most is not None else "≥"
        return f"{sign} {number(bound)}{'' if self.floor is None else ' ×'}"

    @property
    def met_in_words(self) -> str:
        return {True: "yes", False: "NO", None: ""}[self.is_met]

    def as_row(self) -> tuple[str, ...]:
        floor = "" if self.floor is None else f"{number(self.floor)} {self.unit}"
        ratio = "" if self.ratio is None else f"{number(self.ratio)} ×"
        return (self.name, f"{number(self.value)} {self.unit}", floor, ratio, self.target, self.met_in_words)

    def as_plain(self) -> dict[str, object]:
        return asdict(self) | {"ratio": self.ratio, "met": self.is_met}


HEADINGS = ("what", "measured", "floor", "ratio", "to reach", "met")


def number(value: float) -> str:
    """Three digits that say something."""
    if value == int(value) and abs(value) < 1_000_000:
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def as_table(figures: list[Figure]) -> str:
    """For the terminal: columns as wide as they need, a heading per part."""
    rows = [figure.as_row() for figure in figures]
    widths = [max(map(len, column)) for column in zip(HEADINGS, *rows, strict=True)]
    lines, part = [_line(HEADINGS, widths)], ""
    for figure, row in zip(figures, rows, strict=True):
        if figure.part != part:
            lines += ["", part := figure.part]
        lines.append(_line(row, widths))
    return "\n".join(lines)


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    first, *rest = zip(cells, widths, strict=True)
    return "  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)]).rstrip()
