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
TURNS = 3


def measure(grounds: Grounds, size: int) -> list[Figure]:
    """Up to `size`; with the least size there is nothing to grow from but a tenth of it."""
    small, large = grounds.of(min(SMALL, size // 10)), grounds.of(size)
    few, many = _commands(grounds, small, large)
    part = f"Growth, from {small.assignments:,} to {size:,} assignments"
    return [
        *_pages(part, small, large, grounds),
        *(_figure(part, name, many[name], few[name]) for name in many),
    ]


def _commands(grounds: Grounds, *sizes: Ground) -> list[dict[str, float]]:
    """Of each size what each command took at least, by turns: what else runs changes in between."""
    turns = [[_least(grounds, ground) for ground in sizes] for _ in range(TURNS)]
    by_size = zip(*turns, strict=True)
    return [{name: min(each[name] for each in found) for name in found[0]} for found in by_size]


def _least(grounds: Grounds, ground: Ground) -> dict[str, float]:
    grounds.enter(ground)
    return {name: costs.least for name, costs in costs_of_commands(ground).items()}


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
