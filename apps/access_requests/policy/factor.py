"""The second factor as a rule of the door."""

from __future__ import annotations

from datetime import datetime

from apps.accounts.policy import SecondFactor, is_fresh
from apps.common.decision import Refusal


def second_factor_refusal(
    factor: SecondFactor, max_age: int, now: datetime, *, each_time: bool = False
) -> Refusal | None:
    if is_fresh(factor, now=now, max_age_seconds=max_age, each_time=each_time):
        return None
    return Refusal("MfaRule", "Confirm with your second factor.", "code")
