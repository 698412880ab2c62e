"""Who may set an alert, where, and to what. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from apps.access_requests.policy.factor import second_factor_refusal
from apps.accounts.policy import NO_FACTOR, SecondFactor
from apps.alerts.policy.terms import Rule, Setting
from apps.common.access import Access, Permission, everywhere
from apps.common.decision import ALLOWED, Decision, Refusal, denied


def may_configure(access: Access, provider: str, path: str, name: str) -> Decision:
    """May alerts be set on the resource with this path, or (empty) for all of the provider?"""
    if access.may(Permission.ALERTS_MANAGE, provider, path or everywhere(provider)):
        return ALLOWED
    return denied("AdminRequestRule", f"Your active roles do not set alerts on {name}.")


@dataclass(frozen=True, kw_only=True)
class SettingFacts:
    """What decides on a change. `wanted` is none where what holds above is to count again."""

    right: Decision
    rule: Rule
    wanted: Setting | None
    factor: SecondFactor = NO_FACTOR
    factor_max_age: int = 300  # seconds
    now: datetime


def can_configure(facts: SettingFacts) -> Decision:
    """Every refusal at once, each with its field; whoever lacks the right hears just that."""
    return Decision(tuple(_refusals(facts))) if facts.right else facts.right


def _refusals(facts: SettingFacts) -> Iterator[Refusal]:
    if refusal := second_factor_refusal(facts.factor, facts.factor_max_age, facts.now):
        yield refusal
    if facts.wanted is None:
        return
    for each in facts.rule.thresholds:
        value = facts.wanted.values.get(each.name)
        if value is None or not each.lowest <= value <= each.highest:
            yield Refusal("ThresholdRule", f"From {each.lowest} to {each.highest}.", each.name)
