"""Who keeps a place: may say who holds what there, and by which rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from apps.access_requests.policy.factor import second_factor_refusal
from apps.accounts.policy import NO_FACTOR, SecondFactor
from apps.common.access import NO_ACCESS, Access, Permission
from apps.common.decision import Decision, Refusal

KEEPING = (Permission.ASSIGNMENTS_MANAGE, Permission.SETTINGS_MANAGE)


@dataclass(frozen=True, kw_only=True)
class Keeper:
    """Whoever administers: what they may do, and when they proved who they are. The console needs neither."""

    now: datetime
    access: Access = NO_ACCESS
    second_factor: SecondFactor = NO_FACTOR
    second_factor_max_age: int = 300  # seconds
    is_console: bool = False

    def keeps(self, provider: str, path: str) -> bool:
        """Both of what keeping takes; an empty path asks for all of the provider."""
        return self.is_console or all(self.access.may(need, provider, path) for need in KEEPING)

    def may(self, permission: Permission, provider: str, path: str) -> bool:
        return self.is_console or self.access.may(permission, provider, path)

    def proven(self) -> Decision:
        """Whether their second factor is fresh. Judged when something is done; a button does not ask."""
        if self.is_console:
            return Decision()
        refusal = second_factor_refusal(self.second_factor, self.second_factor_max_age, self.now)
        return together([refusal])


def still_used(*found: tuple[int, str, str, str]) -> list[Refusal]:
    """What keeps something from its end: each with a count, words for one and for many, and what ends it."""
    return [
        Refusal("InUseRule", f"{one} {end} it first." if n == 1 else f"{many.format(n)} {end} them first.")
        for n, one, many, end in found
        if n
    ]


def together(refusals: Iterable[Refusal | None]) -> Decision:
    """One decision of all that refuses."""
    return Decision(tuple(refusal for refusal in refusals if refusal is not None))
