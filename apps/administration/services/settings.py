"""THE one service that changes role settings: the page, copies, files and a restored state all call it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from apps.access_requests.asks import Actor
from apps.access_requests.services.last_one import lock_guards
from apps.administration.notices.settings import tell_loosened
from apps.administration.selectors.settings_changes import Assessed, Change, assess_changes, digest_of_plan
from apps.common.decision import Decision
from apps.common.errors import Conflict
from apps.roles.services.locks import keep_in_use
from apps.roles.services.settings import remove_settings, save_settings

__all__ = ["Assessed", "Change", "PlanMoved", "assess_changes", "change_settings", "digest_of_plan"]


class PlanMoved(Conflict):
    """Something was changed since the plan was shown; `plan` is what it would do now."""

    def __init__(self, plan: list[Assessed]) -> None:
        self.plan = plan
        super().__init__("Settings were changed since you looked. Look at what it would do now.")


@transaction.atomic
def change_settings(
    changes: Sequence[Change], *, actor: Actor, now: datetime, digest: str = ""
) -> list[Assessed]:
    """Make all of these changes, or none. What is the same already stays untouched.

    Each is judged for its role and place: by the right to change settings there, by the ranges and
    dependences of the rules, and by the proof that somebody could approve. With `digest` (`digest_of_plan`)
    only what was shown is done. Raises `NotAllowed` with all refusals, `PlanMoved` where things have moved
    on, `Invalid` for a place named twice.
    """
    lock_guards({change.role.id for change in changes})
    for role in sorted({change.role for change in changes}, key=lambda row: row.pk):
        keep_in_use(role)
    for resource in sorted({c.resource for c in changes if c.resource}, key=lambda row: row.pk):
        keep_in_use(resource)
    plan = assess_changes(changes, actor=actor, now=now)
    if digest and digest != digest_of_plan(plan):
        raise PlanMoved(plan)
    refusals_of(plan).require()
    todo = sorted((each for each in plan if not each.is_same), key=lambda each: len(each.change.path))
    for each in todo:
        _write(each.change, actor, now)
    tell_loosened([each for each in todo if each.is_loosened], actor=actor, now=now)
    return todo


def refusals_of(plan: Sequence[Assessed]) -> Decision:
    """All refusals of a plan; with several changes, each says whose it is."""
    if len(plan) == 1:
        return plan[0].decision
    return Decision(
        tuple(
            replace(refusal, reason=f"{each.change.role.name}, {each.change.place_name}: {refusal.reason}")
            for each in plan
            for refusal in each.decision.refusals
        )
    )


def _write(change: Change, actor: Actor, now: datetime) -> None:
    if change.wanted is None:
        remove_settings(actor=actor.party, role=change.role, resource=change.resource, now=now)
        return
    save_settings(actor=actor.party, role=change.role, resource=change.resource, rules=change.wanted, now=now)
