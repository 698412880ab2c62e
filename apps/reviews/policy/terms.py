"""The terms of a review: everything that its owner chose, but for when its rounds are. Pure.

A form makes them, a review stores them in its columns, and a round keeps those with which it began.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from apps.common.access import DIRECTORY_ID
from apps.reviews.states import Answer, Holders, NoAnswer, Who


@dataclass(frozen=True)
class Named:
    """A principal, by id, and by the name it had."""

    id: UUID
    name: str

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Named:
        return cls(UUID(value["id"]), value["name"])


@dataclass(frozen=True)
class Scope:
    """A role on a resource, and below it where that is meant."""

    role_id: UUID
    resource_id: UUID
    includes_below: bool = False
    role_name: str = ""
    resource_name: str = ""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Scope:
        ids = {name: UUID(value[name]) for name in ("role_id", "resource_id")}
        return cls(**{**value, **ids})

    def __str__(self) -> str:
        """In the directory a role is held in one place."""
        if self.resource_id == DIRECTORY_ID:
            return self.role_name
        below = " and below" if self.includes_below else ""
        return f"{self.role_name} on {self.resource_name}{below}"


@dataclass(frozen=True)
class StageTerms:
    """Who looks, and for how many days."""

    days: int
    who: Who
    reviewers: tuple[Named, ...] = ()
    fallback: tuple[Named, ...] = ()

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> StageTerms:
        return cls(
            value["days"],
            Who(value["who"]),
            tuple(map(Named.from_json, value["reviewers"])),
            tuple(map(Named.from_json, value["fallback"])),
        )


@dataclass(frozen=True, kw_only=True)
class Terms:
    """`inactive_days`: only holders without a sign-in for so long; `unused_days`: only what nobody has
    activated for so long. `proceeds`: the answers with which a line goes on to the next stage."""

    name: str
    description: str = ""
    extra_text: str = ""
    scopes: tuple[Scope, ...] = ()
    stages: tuple[StageTerms, ...] = ()
    includes_eligible: bool = True
    includes_active: bool = True
    holders: Holders = Holders.ALL
    inactive_days: int | None = None
    unused_days: int | None = None
    recommends: bool = True
    look_back_days: int = 30
    reason_required: bool = True
    sends_mails: bool = True
    sends_reminders: bool = True
    applies_automatically: bool = True
    no_answer: NoAnswer = NoAnswer.KEEP
    proceeds: tuple[Answer, ...] = ()
    reveals_earlier: bool = False
    tells: tuple[Named, ...] = ()

    @property
    def days(self) -> int:
        """How long a round lasts, all stages together."""
        return sum(stage.days for stage in self.stages)

    @property
    def resource_ids(self) -> frozenset[UUID]:
        """Where it reviews what is held."""
        return frozenset(scope.resource_id for scope in self.scopes)

    def stage(self, number: int) -> StageTerms:
        return self.stages[number - 1]

    def to_json(self) -> dict[str, Any]:
        return {name: _plain(value) for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Terms:
        return cls(
            **{
                **value,
                "scopes": tuple(map(Scope.from_json, value["scopes"])),
                "stages": tuple(map(StageTerms.from_json, value["stages"])),
                "holders": Holders(value["holders"]),
                "no_answer": NoAnswer(value["no_answer"]),
                "proceeds": tuple(map(Answer, value["proceeds"])),
                "tells": tuple(map(Named.from_json, value["tells"])),
            }
        )


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(each) for each in value]
    return value
