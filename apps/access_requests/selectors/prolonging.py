"""Loading what decides on asking an admin to extend or renew one's own assignment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from apps.access_requests.asks import Actor, Ask
from apps.access_requests.policy.prolonging import ProlongingFacts, asked_end, can_extend, can_renew
from apps.access_requests.selectors.approvers import Approvers
from apps.access_requests.selectors.around import assigned_among
from apps.access_requests.selectors.assigning import ended_facts
from apps.access_requests.selectors.facts import assignment_of, waits_already
from apps.access_requests.selectors.managing import other_admins
from apps.access_requests.states import Action, Family
from apps.accounts.policy import zone_of
from apps.assignments.models import Assignment
from apps.common.decision import Decision
from apps.common.errors import Invalid
from apps.roles.policy.rules import RoleRules
from apps.roles.selectors import rules_for


@dataclass(frozen=True)
class ProlongingCase:
    """One assignment that its holder asks more of: what is proposed, and who decides."""

    action: Action
    row: Assignment
    rules: RoleRules
    ends_at: datetime | None
    deciders: Approvers
    facts: ProlongingFacts

    @property
    def kind(self) -> Assignment.Kind:
        return Assignment.Kind(self.row.kind)

    @property
    def decision(self) -> Decision:
        return can_extend(self.facts) if self.action == Action.SELF_EXTEND else can_renew(self.facts)


def load_prolonging(ask: Ask, *, actor: Actor, now: datetime) -> ProlongingCase:
    """Raises `Invalid` for what is not this person's own, such as what they hold through a group."""
    user, row = actor.somebody, assignment_of(ask)
    if row.principal_id != user.id:
        raise Invalid("There is no such assignment of yours.")
    rules, kind = rules_for(row.role, row.resource), Assignment.Kind(row.kind)
    deciders = other_admins(row.resource, principal_id=user.id, actor=user, now=now)
    key = (user.id, row.role_id, row.resource_id)
    facts = replace(
        ended_facts(row, now=now),
        exists=bool(assigned_among([key], now=now).get((key, kind), set()) - {row.id}),
        is_waiting=waits_already(*key, Family(kind), now=now),
        has_decider=bool(deciders),
        justification=ask.said.justification,
        zone=zone_of(user),
    )
    ends_at = asked_end(row.period, rules, kind, now=now)
    return ProlongingCase(Action(ask.action), row, rules, ends_at, deciders, facts)
