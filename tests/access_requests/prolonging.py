"""Extending, renewing, and what admins decide on, in the random histories."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from apps.access_requests.asks import Ask, Said
from apps.access_requests.models import AccessRequest
from apps.access_requests.selectors.facts import states_now
from apps.access_requests.services.deciding import decide
from apps.access_requests.services.recording import digest_now
from apps.access_requests.services.verdicts import Offer, Verdict
from apps.access_requests.states import Action, State
from apps.assignments.models import Assignment
from apps.roles.selectors import rules_for
from tests.access_requests.draws import (
    anyone,
    kinds,
    mostly,
    one_of_many,
    outcome,
    periods,
    proofs,
    reasons,
)


class Prolonging:
    """Rules of the machine that acts at the door; see `test_properties`."""

    @rule(
        action=st.sampled_from([Action.ADMIN_EXTEND, Action.ADMIN_RENEW]),
        who=anyone,
        what=one_of_many,
        kind=st.sampled_from([None, *Assignment.Kind]),
        lasts=periods,
    )
    def prolong_for(self, action: Any, who: int, what: int, kind: Any, lasts: Any) -> None:
        row = self.pick(Assignment.objects.filter(origin="assigned"), what)
        ends_at = lasts and self.now + lasts
        ask = Ask(action, assignment_id=row.id, kind=kind, ends_at=ends_at, said=Said("For the test"))
        self.ask(ask, self.actor(who))

    @rule(
        action=st.sampled_from([Action.SELF_EXTEND, Action.SELF_RENEW]),
        own=mostly,
        who=anyone,
        what=one_of_many,
        reason=reasons,
    )
    def prolong(self, action: Any, own: bool, who: int, what: int, reason: str) -> None:
        rows = Assignment.objects.filter(origin="assigned", ends_at__isnull=False)
        row = self.pick(rows.filter(principal_id=self.world.people[who].id) if own else rows, what)
        if row is not None:
            self.ask(Ask(action, assignment_id=row.id, said=Said(reason)), self.actor(who))

    @rule(
        who=anyone, what=one_of_many, approve=mostly, as_shown=mostly, proof=proofs, kind=kinds, lasts=periods
    )
    def decide_as_admin(
        self, who: int, what: int, approve: bool, as_shown: bool, proof: Any, kind: Any, lasts: Any
    ) -> None:
        asked = AccessRequest.objects.exclude(family="activation").exclude(deadline_at=None)
        request = self.pick(asked.with_names(), what)
        if request is None:
            return
        rules = rules_for(request.role, request.resource)
        digest = digest_now(request, rules, now=self.now) if as_shown else "stale"
        offer = kind and Offer(kind, ends_at=lasts and self.now + lasts)
        actor, reach = self.actor(who, proof), self.reach(who)
        read_as = states_now([request], now=self.now)[request.id]
        verdict = Verdict(request.id, approve, digest, "Agreed", offer)
        if outcome(lambda: decide(verdict, actor=actor, now=self.now)) == ():
            assert request.principal_id not in reach
            assert request.requester_id != actor.user.id
            assert read_as == State.PENDING_ADMIN_DECISION
            assert as_shown
