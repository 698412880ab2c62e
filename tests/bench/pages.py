"""Lists of fifty, beside a bare Django view of as many rows."""

from __future__ import annotations

from tests.bench.asking import Costs, ask_by_turns
from tests.bench.figures import Figure
from tests.bench.ground import FLOOR, Ground, Grounds
from tests.driving.visitor import Visitor

PAGES = {
    "My roles": "/my-roles/",
    "Approve requests": "/approve/",
    "Assignments": "/resources/assignments/",
    "Audit": "/audit/",
}
FEW = 100


def measure(grounds: Grounds, size: int) -> list[Figure]:
    few = costs_of_pages(grounds.of(FEW))
    many = costs_of_pages(grounds.of(size))
    return [figure for name in PAGES for figure in _figures(name, few[name], many, size)]


def costs_of_pages(ground: Ground) -> dict[str, Costs]:
    """Of each page and of the floor, by name, in one run."""
    administrator = ground.estate.administrator
    with ground.portal() as portal, ground.portal(FLOOR) as floor:
        here, there = (Visitor.signed_in(each.url, administrator) for each in (portal, floor))
        asked = {name: (here, path) for name, path in PAGES.items()}
        return ask_by_turns(asked | {"floor": (there, "/floor/")})


def _figures(name: str, few: Costs, many: dict[str, Costs], size: int) -> list[Figure]:
    costs, floor = many[name], many["floor"]
    part = f"Pages of 50, at {size:,} assignments"
    return [
        Figure(part, f"{name}: CPU, least", costs.least, "ms", floor.least, at_most=2),
        Figure(part, f"{name}: CPU, median", costs.middle, "ms", floor.middle, at_most=2),
        Figure(part, f"{name}: statements", costs.statements, "", at_most=10),
        Figure(part, f"{name}: … more than at {FEW}", costs.statements - few.statements, "", at_most=0),
    ]
