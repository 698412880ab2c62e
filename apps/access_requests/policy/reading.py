"""What a stored request reads as, and the name of exactly what somebody was shown."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from apps.access_requests.states import WAITING, State

ENDED = "ended"


@dataclass(frozen=True)
class Reading:
    """What a request reads as at one instant, and whether the access that it gave is over by then."""

    state: State
    has_ended: bool = False

    @property
    def badge(self) -> str:
        """What lists and pages show: the state, but "ended" for what was granted and is over. The request
        itself stays granted; that it once gave access does not mean that it still does."""
        return ENDED if self.has_ended else self.state

    @property
    def label(self) -> str:
        """The badge in a word."""
        return ENDED.capitalize() if self.has_ended else self.state.label


def state_now(
    state: str,
    *,
    deadline_at: datetime | None,
    starts_at: datetime | None,
    ground_stands: bool,
    now: datetime,
) -> State:
    """What a stored state reads as at `now`. A waiting request whose ground is gone is cancelled at once, one
    at its deadline has timed out, a granted one at its start has begun. `ground_stands`: now, or, for what is
    granted and past its start, at that start."""
    stored = State(state)
    if stored in WAITING:
        if deadline_at is not None and deadline_at <= now:
            return State.TIMED_OUT  # first, so that what happens later does not change how it ended
        return stored if ground_stands else State.CANCELED
    if stored == State.GRANTED:
        if not ground_stands:
            return State.CANCELED
        return State.PROVISIONED if starts_at is not None and starts_at <= now else stored
    return stored


def access_has_ended(
    state: State, *, ends_at: datetime | None, ended_at: datetime | None, ground_stands: bool, now: datetime
) -> bool:
    """Whether what a request gave is over: ended by somebody, past its end, or without its ground. The clock
    is asked, and no sweep. `ends_at` and `ended_at` are those of the assignment that came of it."""
    if state != State.PROVISIONED:
        return False
    return ended_at is not None or (ends_at is not None and ends_at <= now) or not ground_stands


def digest_of(snapshot: Mapping[str, object]) -> str:
    """A short name for exactly this snapshot: who, what, where, how long, why, and the rules."""
    canonical = json.dumps(snapshot, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()
