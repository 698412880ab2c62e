"""One run: the parts, one after the other, and what they came to."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.bench import commands, growth, pages
from tests.bench.figures import Figure, as_table
from tests.bench.ground import Grounds, say

SIZES = {"small": 1_000, "full": 100_000, "million": 100_000}
PARTS = {"pages": pages.measure, "commands": commands.measure, "growth": growth.measure}


def run(directory: Path, parts: list[str]) -> None:
    size = os.environ.get("SIZE", "full")
    if size not in SIZES or set(parts) - PARTS.keys():
        sys.exit(f"SIZE is one of {', '.join(SIZES)}; parts are {', '.join(PARTS)}.")
    grounds = Grounds(directory, os.environ.get("BENCH_DATABASE_URL", ""))
    figures: list[Figure] = []
    for part in parts or PARTS:
        say(part)
        figures += PARTS[part](grounds, SIZES[size])
    sys.stdout.write(f"{as_table(figures)}\n")
