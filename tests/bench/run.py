"""One run: the parts, one after the other, and what they came to."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from tests.bench import commands, growth, lag, mixed, pages, start, sweep
from tests.bench.figures import Figure, as_table
from tests.bench.ground import Grounds, say
from tests.bench.report import Run, write_document, write_plain

SIZES = {"small": 1_000, "full": 100_000, "million": 100_000}
GROWN = {"million": 1_000_000}
# The mixed day comes last: it makes administrators, who are told of much.
PARTS = {
    "pages": pages.measure,
    "commands": commands.measure,
    "growth": growth.measure,
    "sweep": sweep.measure,
    "lag": lag.measure,
    "start": start.measure,
    "mixed": mixed.measure,
}


def run(directory: Path, parts: list[str]) -> None:
    size = os.environ.get("SIZE", "full")
    if size not in SIZES or set(parts) - PARTS.keys():
        sys.exit(f"SIZE is one of {', '.join(SIZES)}; parts are {', '.join(PARTS)}.")
    began = time.monotonic()
    grounds = Grounds(directory, os.environ.get("BENCH_DATABASE_URL", ""))
    figures = _measure(parts or list(PARTS), grounds, size)
    sys.stdout.write(f"{as_table(figures)}\n")
    if not parts:
        minutes = (time.monotonic() - began) / 60
        whole = Run(size, SIZES[size], grounds.vendor, minutes, figures)
        say(f"written: {write_plain(whole)}, {write_document(whole)}")


def _measure(parts: list[str], grounds: Grounds, size: str) -> list[Figure]:
    figures = []
    for part in parts:
        say(part)
        assignments = GROWN.get(size, SIZES[size]) if part == "growth" else SIZES[size]
        figures += PARTS[part](grounds, assignments)
    return figures
