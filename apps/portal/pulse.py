"""The sign of life that the processes of one worker share: when one of them last did something.

A killed process can leave one of django-q2's two queues locked for ever while everything looks alive (its
issue 23), so life is judged by work that was ticked off on this machine; what is not would be done again and
again. The value lies in memory that forked processes share.
"""

from __future__ import annotations

import time
from multiprocessing.sharedctypes import RawValue

_last_beat = RawValue("d", time.monotonic())


def beat(**_: object) -> None:
    """As a receiver of django-q2's signals it is told what of, and does not mind."""
    _last_beat.value = time.monotonic()


def seconds_since_beat() -> float:
    return time.monotonic() - _last_beat.value
