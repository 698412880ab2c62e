"""What wanted settings would do, line by line, before anybody applies them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.access_requests.asks import Actor
from apps.administration.policy.replay import Replay
from apps.administration.selectors.replay import Trial, replays_of
from apps.administration.selectors.settings_changes import (
    Assessed,
    Change,
    assess_changes,
    digest_of_plan,
)
from apps.common.decision import Decision, Refusal
from apps.roles.models import Resource, RoleDefinition
from apps.roles.policy.plain import as_plain
from apps.roles.policy.rules import RoleRules
from apps.roles.selectors import settings_at_many


@dataclass(frozen=True)
class PlanLine:
    """One change with its verdict, and what it would have done to activations of the past."""

    each: Assessed
    replay: Replay

    @property
    def is_new(self) -> bool:
        """Whether settings are made where so far others were inherited."""
        return self.each.is_own and not self.each.before.is_own

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        return refusals_of(self.each)


@dataclass(frozen=True)
class Plan:
    """`lines` are those that change something, `same` how many there are besides. `digest` names exactly what
    is shown: only that is applied."""

    lines: tuple[PlanLine, ...]
    same: int
    digest: str

    @property
    def decision(self) -> Decision:
        """May all of it be applied? There is no part of it."""
        return Decision(tuple(refusal for line in self.lines for refusal in line.refusals))


def refusals_of(each: Assessed) -> tuple[Refusal, ...]:
    """Those of a plan that is looked at: its second factor is asked for with the form that applies it."""
    return tuple(refusal for refusal in each.decision.refusals if refusal.field != "code")


def plan_of(changes: Sequence[Change], *, actor: Actor, now: datetime) -> Plan:
    return plan_from(assess_changes(changes, actor=actor, now=now), now=now)


def plan_from(assessed: Sequence[Assessed], *, now: datetime) -> Plan:
    lines = [each for each in assessed if not each.is_same]
    trials = [Trial(each.change.role, each.change.resource, each.after) for each in lines]
    return Plan(
        lines=tuple(map(PlanLine, lines, replays_of(trials, now=now))),
        same=len(assessed) - len(lines),
        digest=digest_of_plan(assessed),
    )


def changes_to(
    targets: Iterable[tuple[RoleDefinition, Resource | None]], wanted_on: Callable[[RoleRules], RoleRules]
) -> list[Change]:
    """What gives each of these places the wanted rules, made from those it has. A place that has them
    already, wherever from, is left out: it goes on inheriting."""
    return [
        Change(settings.role, settings.resource, wanted)
        for settings in settings_at_many(list(targets)).values()
        if as_plain(wanted := wanted_on(settings.rules)) != as_plain(settings.rules)
    ]
