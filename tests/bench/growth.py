"""The same pages and commands in a small and in a large organisation."""

from __future__ import annotations

from tests.bench.asking import ask_by_turns
from tests.bench.commands import costs_of_commands
from tests.bench.figures import Figure
from tests.bench.ground import Ground, Grounds
from tests.bench.pages import PAGES
from tests.driving.visitor import Visitor

SMALL = 1_000
FACTOR = 1.3


def measure(grounds: Grounds, size: int) -> list[Figure]:
    """Up to `size`; with the least size there is nothing to grow from but a tenth of it."""
    small = grounds.of(min(SMALL, size // 10))
    few = costs_of_commands(small)
    large = grounds.of(size)
    many = costs_of_commands(large)
    part = f"Growth, from {small.assignments:,} to {size:,} assignments"
    return [
        *_pages(part, small, large, grounds),
        *(_figure(part, name, many[name].least, few[name].least) for name in many),
    ]


def _pages(part: str, small: Ground, large: Ground, grounds: Grounds) -> list[Figure]:
    """Asked by turns of two portals, one on each."""
    grounds.enter(small)
    with small.portal() as before:
        visitor = Visitor.signed_in(before.url, small.estate.administrator)
        asked = {f"{name} before": (visitor, path) for name, path in PAGES.items()}
        grounds.enter(large)
        with large.portal() as after:
            visitor = Visitor.signed_in(after.url, large.estate.administrator)
            costs = ask_by_turns(asked | {name: (visitor, path) for name, path in PAGES.items()})
    return [_figure(part, name, costs[name].least, costs[f"{name} before"].least) for name in PAGES]


def _figure(part: str, name: str, now: float, before: float) -> Figure:
    return Figure(part, f"{name}: CPU, least", now, "ms", before, at_most=FACTOR)
