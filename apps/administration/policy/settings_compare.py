"""Two sets of rules side by side."""

from __future__ import annotations

from dataclasses import dataclass

from apps.administration.policy.settings_words import SETTINGS, Setting, Tab
from apps.roles.policy import RoleRules


@dataclass(frozen=True)
class Pair:
    """One setting, and what each of the two says."""

    setting: Setting
    one: str
    other: str

    @property
    def label(self) -> str:
        return self.setting.label

    @property
    def tab(self) -> Tab:
        return self.setting.tab

    @property
    def differs(self) -> bool:
        return self.one != self.other


def compared(one: RoleRules, other: RoleRules) -> list[Pair]:
    """Every setting, in the order of the page."""
    return [Pair(setting, setting.say(one), setting.say(other)) for setting in SETTINGS]
