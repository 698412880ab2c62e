"""Ends groups of processes; run as a program, those of a starter that has gone without doing it.

The supervisor keeps this program's standard input open and writes there whom it starts ("+123") and whom it
has ended ("-123"), each the leader of a process group. However the supervisor dies, `kill -9` included, the
input ends, and what is still listed is stopped. Standard library only: it starts in no time.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterable
from contextlib import suppress

GRACE_SECONDS = 4.0
_LOOK_EVERY_SECONDS = 0.05


def end_groups(leaders: Iterable[int]) -> None:
    """TERM to each leader, who stops its own children; after the grace, KILL to what is left."""
    left = set(leaders)
    for leader in left:
        with suppress(ProcessLookupError):
            os.kill(leader, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while (left := {leader for leader in left if _is_alive(leader)}) and time.monotonic() < deadline:
        time.sleep(_LOOK_EVERY_SECONDS)
    for leader in left:
        kill_group(leader)


def kill_group(leader: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _is_alive(leader: int) -> bool:
    """Whether anybody of the group is left. A leader of our own is laid to rest first, or it would count."""
    with suppress(ChildProcessError):
        os.waitpid(leader, os.WNOHANG)
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return False
    return True


def main() -> None:
    leaders: set[int] = set()
    for line in sys.stdin:
        change = leaders.add if line.startswith("+") else leaders.discard
        change(int(line[1:]))
    end_groups(leaders)


if __name__ == "__main__":
    main()
