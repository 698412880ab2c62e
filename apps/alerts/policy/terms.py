"""The words of alerts: how bad one is, what a rule is, what it finds, and what was set for it where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from apps.audit.vocabulary import NOBODY, Party, Place
from apps.common.access import Provider


class Severity(StrEnum):
    """High: act now. Medium: probably wrong, look at it. Low: better otherwise (Entra's words)."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class Fix(StrEnum):
    """What the portal can do about one finding itself. Without one, somebody has to think."""

    REMOVE = "remove"  # takes the assignment away
    MAKE_ELIGIBLE = "make_eligible"  # instead of always active
    REQUIRE_MFA = "require_mfa"  # in the settings of the role


@dataclass(frozen=True)
class Threshold:
    """A number that can be set for a rule, within its range (fact sheet, section 7)."""

    name: str
    label: str
    default: int
    lowest: int
    highest: int
    unit: str = ""  # as it stands behind the field: "days", "%"


@dataclass(frozen=True)
class Rule:
    """What an alert says about itself. How it looks is in `scans`."""

    id: str
    name: str
    severity: Severity
    providers: tuple[Provider, ...]
    trigger: str  # what has to be the case; may name its thresholds in braces
    impact: str  # why it matters
    mend: str  # what to do about what is found
    prevent: str  # how it does not come about again
    thresholds: tuple[Threshold, ...] = ()
    fix: Fix | None = None

    @property
    def badness(self) -> int:
        """For lists, the worst first."""
        return list(Severity).index(self.severity)

    @property
    def defaults(self) -> dict[str, int]:
        return {each.name: each.default for each in self.thresholds}


@dataclass(frozen=True)
class Found:
    """One thing that a rule found. `key` names what it is about and is the same in the next scan; `text` is a
    sentence that says what is wrong; `ids` are what a fix or a link needs: {"assignment": id, …}."""

    key: str
    place: Place
    text: str
    about: Party = NOBODY  # the person or group whose access it is
    role: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Setting:
    """A rule as it is set somewhere."""

    is_on: bool
    tells: bool  # admins by mail, when something is found
    values: Mapping[str, int]

    def __getitem__(self, name: str) -> int:
        return self.values[name]


class Settings:
    """How one rule is set everywhere: the nearest resource wins, then the provider, then the default."""

    def __init__(self, default: Setting, here: Mapping[tuple[str, str], Setting]) -> None:
        """`here`: by provider and path; an empty path stands for all of the provider."""
        self._default, self._here = default, here

    def at(self, place: Place) -> Setting:
        for path in (*_upwards(place.path), ""):
            if found := self._here.get((place.provider, path)):
                return found
        return self._default


def _upwards(path: str) -> Iterable[str]:
    """This path and those above it, nearest first."""
    parts = path.rstrip("/").split("/")
    return ("/".join(parts[:length]) + "/" for length in range(len(parts), 0, -1))
