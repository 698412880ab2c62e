"""What a whole run leaves behind: figures for machines, and those of docs/benchmarks.md."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import django
from django.conf import settings
from django.utils import timezone

from tests.bench.figures import HEADINGS, Figure

DOCUMENT = settings.BASE_DIR / "docs" / "benchmarks.md"
PLAIN = settings.BASE_DIR / ".local" / "benchmarks.json"
BEGIN, END = "<!-- figures -->\n", "<!-- /figures -->"


@dataclass(frozen=True)
class Run:
    """What was run, where, and what came of it."""

    size: str
    assignments: int
    database: str
    minutes: float
    figures: list[Figure]

    @property
    def facts(self) -> dict[str, str]:
        met = [figure.is_met for figure in self.figures if figure.is_met is not None]
        return {
            "Date": f"{timezone.now():%d %B %Y}".lstrip("0"),
            "Size": f"{self.size}: {self.assignments:,} assignments",
            "Database": self.database,
            "Machine": _machine(),
            "Software": f"Python {platform.python_version()}, Django {django.get_version()}",
            "Took": f"{self.minutes:.0f} minutes",
            "Met": f"{sum(met)} of {len(met)}",
        }


def write_plain(run: Run) -> Path:
    PLAIN.parent.mkdir(exist_ok=True)
    what = {"facts": run.facts, "figures": [figure.as_plain() for figure in run.figures]}
    PLAIN.write_text(f"{json.dumps(what, indent=2)}\n", encoding="utf-8")
    return PLAIN


def write_document(run: Run, document: Path = DOCUMENT) -> Path:
    """The figures, at their place in it."""
    before, _, rest = document.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    document.write_text(f"{before}{BEGIN}{_figures(run)}\n{END}{after}", encoding="utf-8")
    return document


def _figures(run: Run) -> str:
    lines = ["| the run | |", "|---|---|", *(_row(fact) for fact in run.facts.items())]
    for part, figures in groupby(run.figures, key=lambda figure: figure.part):
        lines += ["", f"### {part}", "", _row(HEADINGS), "|---|---:|---:|---:|---:|---|"]
        lines += [_row(figure.as_row()) for figure in figures]
    return "\n".join(lines)


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return f"{platform.system()}, {os.cpu_count()} cores, {memory:.0f} GB; load at the end {load:.1f}"
