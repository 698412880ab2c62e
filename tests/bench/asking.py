"""Asking several pages by turns, so that whatever disturbs the machine disturbs all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median

from tests.bench.costs import CPU, STATEMENTS
from tests.driving.page import Page
from tests.driving.visitor import Visitor

REPEATS = 25
_FIRST = 4  # of both workers: templates are compiled, and connections made


@dataclass
class Spent:
    """Milliseconds of CPU, each time that something was done, and the statements of one time."""

    cpu: list[float] = field(default_factory=list)
    statements: int = 0

    @property
    def least(self) -> float:
        return min(self.cpu)

    @property
    def middle(self) -> float:
        return median(self.cpu)


class Costs(Spent):
    """Of one page, on the server."""

    def add(self, page: Page) -> None:
        if page.status != 200:
            raise RuntimeError(f"{page.path} answered {page.status}.")
        self.cpu.append(float(page.headers[CPU]))
        self.statements = int(page.headers[STATEMENTS])


def ask_by_turns(asked: dict[str, tuple[Visitor, str]], *, repeats: int = REPEATS) -> dict[str, Costs]:
    """What each of these pages takes, by the names given. What is asked first does not count."""
    for visitor, path in asked.values():
        for _ in range(_FIRST):
            visitor.get(path)
            visitor.leave()  # so that the next worker has its turn
    costs = {name: Costs() for name in asked}
    for _ in range(repeats):
        for name, (visitor, path) in asked.items():
            costs[name].add(visitor.get(path))
    return costs
