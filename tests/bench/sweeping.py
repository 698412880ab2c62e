"""The sweep in a process of its own, which says when it begins and what it took. Started by `sweep`."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

import django

django.setup()

from django.urls import get_resolver  # noqa: E402
from django.utils import timezone  # noqa: E402

from apps.assignments.sweep import write_down_the_clock  # noqa: E402


def main() -> None:
    get_resolver().reverse_dict  # noqa: B018 - a worker has read the portal's addresses long before
    now = timezone.now()
    say({"now": now.isoformat(), "peak": _peak()})
    began, cpu = time.perf_counter(), time.process_time()
    written = write_down_the_clock(now=now)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    say({"written": written, "seconds": seconds, "cpu": cpu, "peak": _peak()})


def say(what: dict[str, object]) -> None:
    sys.stdout.write(f"{json.dumps(what)}\n")
    sys.stdout.flush()


def _peak() -> float:
    """Megabytes. `ru_maxrss` would be what started this process had, where that was more."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) / 1024


if __name__ == "__main__":
    main()
