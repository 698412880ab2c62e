"""What a stored request reads as, and the name of exactly what somebody was shown."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from apps.access_requests.states import WAITING, State


def state_now(
    state: str,
    *,
    deadline_at: datetime | None,
    starts_at: datetime | None,
    ground_stands: bool,
    now: datetime,
) -> State:
    """What a stored state reads as at `now`. A waiting request whose ground is gone is cancelled at once, one
    at its deadline has timed out, a granted one at its start has begun."""
    stored = State(state)
    if stored in WAITING:
        if deadline_at is not None and deadline_at <= now:
            return State.TIMED_OUT  # first, so that what happens later does not change how it ended
        return stored if ground_stands else State.CANCELED
    if stored == State.GRANTED:
        if starts_at is not None and starts_at <= now:
            return State.PROVISIONED
        return stored if ground_stands else State.CANCELED
    return stored


def digest_of(snapshot: Mapping[str, object]) -> str:
    """A short name for exactly this snapshot: who, what, where, how long, why, and the rules."""
    canonical = json.dumps(snapshot, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()
