"""A checkpoint: where the chain ended at an instant, as one line of text that is kept somewhere else.

Whoever owns the database can write the whole log anew, hashes and all. A line that lies outside their reach
shows it: the place it names has another hash then.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from apps.audit.canonical import instant
from apps.audit.models import Chain, Stub
from apps.common.errors import Invalid

_TEXT = re.compile(r"pim-audit:(\d{1,18}):([0-9a-f]{64}):(\d{1,18}):(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)")


@dataclass(frozen=True)
class Checkpoint:
    """The last place, its hash, how many sealed events the log held, and when that was."""

    sequence: int
    hash: str
    count: int
    at: datetime

    def __str__(self) -> str:
        return f"pim-audit:{self.sequence}:{self.hash}:{self.count}:{instant(self.at)}"


def checkpoint_of(*, now: datetime) -> Checkpoint:
    """Two queries, however long the log is: places have no gaps, and retention takes from the beginning."""
    chain, newest = end_of_chain(), newest_stub()
    return Checkpoint(chain.sequence, chain.hash, chain.sequence - (newest.last if newest else 0), now)


def end_of_chain() -> Chain:
    """Where the next seal follows; before the first one, where the chain begins."""
    return Chain.objects.first() or Chain()


def newest_stub() -> Stub | None:
    """Of what retention has taken from the beginning of the chain."""
    return Stub.objects.order_by("-last").first()


def checkpoints_in(text: str) -> list[Checkpoint]:
    """All that stand in a text, such as a folder of mails. Raises `Invalid` where there is none."""
    found = [
        Checkpoint(int(sequence), hash_, int(count), datetime.fromisoformat(at))
        for sequence, hash_, count, at in _TEXT.findall(text)
    ]
    if not found:
        raise Invalid("There is no checkpoint in this file. One begins with “pim-audit:”.")
    return found
