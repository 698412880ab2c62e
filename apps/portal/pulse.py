"""The sign of life that the processes of one worker share: when one of them last did something.

A killed process can leave django-q2's queue locked for ever while everything looks alive (its issue 23), so
life is judged by work done, on this machine. The value lies in memory that forked processes share.
"""

from __future__ import annotations

import time
from multiprocessing.sharedctypes import RawValue

_last_beat = RawValue("d", time.monotonic())


def beat() -> None:
    _last_beat.value = time.monotonic()


def seconds_since_beat() -> float:
    return time.monotonic() - _last_beat.value
