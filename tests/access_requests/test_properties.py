"""Random histories thrown at the door: legal and illegal actions, clock jumps, people who come and go.

After each step everything that must never be false is looked at. `make fuzz` throws more of them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from django.db import connection, transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from apps.access_requests.asks import THE_CONSOLE, Actor, Ask, Said
from apps.access_requests.models import AccessRequest
from apps.access_requests.selectors.approvers import approvers_for
from apps.access_requests.selectors.facts import states_now
from apps.access_requests.services.deciding import Verdict, decide
from apps.access_requests.services.door import assess, submit
from apps.access_requests.services.people import disable_person, enable_person
from apps.access_requests.services.recording import digest_now
from apps.access_requests.services.settling import settle_all
from apps.access_requests.services.withdrawing import cancel
from apps.access_requests.states import OPEN, Action, State
from apps.accounts.models import Principal, User
from apps.accounts.policy import SecondFactor
from apps.assignments.membership import groups_of_user
from apps.assignments.models import Assignment
from apps.assignments.selectors import holdings_of
from apps.assignments.sweep import write_down_the_clock
from apps.audit.vocabulary import CONSOLE
from apps.roles import built_in
from apps.roles.policy.rules import Authentication
from apps.roles.selectors import rules_for
from tests.access_requests import invariants
from tests.access_requests.draws import (
    anyone,
    kinds,
    later,
    minutes,
    mostly,
    one_of_many,
    outcome,
    periods,
    proofs,
    reasons,
)
from tests.access_requests.invariants import Written
from tests.access_requests.prolonging import Prolonging
from tests.access_requests.world import DAY, HOUR, MINUTE, SECOND, START, World, make_world
from tests.factories import acting, set_rules


class Door(Prolonging, RuleBasedStateMachine):
    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        self.now = START + HOUR
        self.steps = 0
        self.over: set[Any] = set()
        self.looked_at: tuple[int, Any] | None = None
        self.example = transaction.atomic()
        self.example.__enter__()
        self.written = Written.read()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.example.__exit__(None, None, None)

    # ---- Whoever acts

    def person(self, number: int) -> User:
        return User.objects.get(pk=self.world.people[number].pk)

    def actor(self, number: int, proof: timedelta | None = timedelta(0)) -> Actor:
        actor = acting(self.person(number), now=self.now)
        return replace(actor, second_factor=SecondFactor(None if proof is None else self.now - proof))

    def number_of(self, person_id: Any) -> int:
        return [person.id for person in self.world.people].index(person_id)

    def reach(self, who: int) -> set[Any]:
        """The principals through which this person holds what they hold."""
        return {self.world.people[who].id, *groups_of_user(self.world.people[who].id, now=self.now)}

    def pick(self, rows: Any, number: int) -> Any:
        found = list(rows.order_by("created_at", "id"))
        return found[number % len(found)] if found else None

    # ---- The door answers as it said it would

    def ask(self, ask: Ask, actor: Actor) -> None:
        counts = Written.counts()
        foretold = outcome(lambda: assess(ask, actor=actor, now=self.now).require())
        assert Written.counts() == counts
        answered = outcome(lambda: self.note_grant(submit(ask, actor=actor, now=self.now), ask.minutes))
        assert answered == foretold
        assert answered == () or Written.counts() == counts

    def note_grant(self, request: AccessRequest, minutes: int) -> None:
        """What was granted just now lasts as long as asked, at most as long as the rules of now allow."""
        if request.action != Action.SELF_ACTIVATE or request.state not in {State.GRANTED, State.PROVISIONED}:
            return
        result = Assignment.objects.get(pk=request.result_id)
        longest = min(minutes, rules_for(request.role, request.eligible.resource).maximum_minutes)
        assert self.now < result.ends_at <= max(result.starts_at, self.now) + longest * MINUTE

    # ---- What people do

    @rule(
        who=anyone, own=mostly, what=one_of_many, minutes=minutes, start=later, reason=reasons, proof=proofs
    )
    def activate(
        self, who: int, own: bool, what: int, minutes: int, start: Any, reason: str, proof: Any
    ) -> None:
        rows = Assignment.objects.eligible()
        eligible = self.pick(rows.filter(principal_id__in=self.reach(who)) if own else rows, what)
        if eligible is not None:
            ask = Ask(
                Action.SELF_ACTIVATE,
                assignment_id=eligible.id,
                resource_id=self.world.narrower.id
                if what % 2 and eligible.resource.covers(self.world.narrower)
                else None,
                minutes=minutes,
                starts_at=start and self.now + start,
                said=Said(reason),
            )
            self.ask(ask, self.actor(who, proof))

    @rule(own=mostly, who=anyone, what=one_of_many, minutes=minutes, at_once=mostly)
    def extend(self, own: bool, who: int, what: int, minutes: int, at_once: bool) -> None:
        row = self.pick(Assignment.objects.activated(), what)
        if row is not None:
            ask = Ask(
                Action.SELF_ACTIVATE,
                assignment_id=row.parent_id,
                extends_id=row.id,
                resource_id=row.resource_id,
                minutes=minutes,
                starts_at=None if at_once else self.now + HOUR,
                said=Said("More time"),
            )
            self.ask(ask, self.actor(self.number_of(row.principal_id) if own else who))

    @rule(own=mostly, who=anyone, what=one_of_many)
    def deactivate(self, own: bool, who: int, what: int) -> None:
        row = self.pick(Assignment.objects.activated() if own else Assignment.objects.active(), what)
        actor = self.actor(self.number_of(row.principal_id) if own else who)
        self.ask(Ask(Action.SELF_DEACTIVATE, assignment_id=row.id), actor)

    @rule(own=mostly, who=anyone, what=one_of_many)
    def cancel(self, own: bool, who: int, what: int) -> None:
        requests = AccessRequest.objects.filter(action=Action.SELF_ACTIVATE)
        request = self.pick(requests.filter(state__in=OPEN) if own else requests, what)
        if request is not None:
            actor = self.actor(self.number_of(request.principal_id) if own else who)
            outcome(lambda: cancel(request.id, actor=actor, now=self.now))

    @rule(
        fits=mostly,
        who=anyone,
        what=one_of_many,
        approve=mostly,
        as_shown=mostly,
        proof=proofs,
        reason=reasons,
    )
    def decide(
        self, fits: bool, who: int, what: int, approve: bool, as_shown: bool, proof: Any, reason: str
    ) -> None:
        requests = AccessRequest.objects.filter(action=Action.SELF_ACTIVATE).with_names()
        request = self.pick(requests.waiting() if fits else requests, what)
        if request is None:
            return
        could = self.approvers_of(request)
        if could and fits:
            who = self.number_of(could[who % len(could)])
        digest = (
            digest_now(request, rules_for(request.role, request.eligible.resource), now=self.now)
            if as_shown
            else "stale"
        )
        verdict = Verdict(request.id, approve, digest, reason)
        read_as = states_now([request], now=self.now)[request.id]
        actor = self.actor(who, proof)
        answer = outcome(
            lambda: self.note_grant(decide(verdict, actor=actor, now=self.now), request.duration_minutes)
        )
        if answer == ():
            assert actor.user.id in could
            assert read_as == State.PENDING_APPROVAL
            assert as_shown
            assert reason
            assert proof is not None
            assert proof <= 5 * MINUTE

    def approvers_of(self, request: AccessRequest) -> list[Any]:
        rules, where = rules_for(request.role, request.eligible.resource), request.eligible.resource
        found = approvers_for(rules, resource=where, requester=request.requester, now=self.now)
        return [user.id for user in found.people]

    # ---- What admins do

    @rule(
        console=mostly,
        who=anyone,
        principal=st.integers(0, 5),
        grant=st.integers(0, 7),
        kind=st.sampled_from(Assignment.Kind),
        start=later,
        lasts=periods,
    )
    def assign(
        self, console: bool, who: int, principal: int, grant: int, kind: Any, start: Any, lasts: Any
    ) -> None:
        role_id, resource = self.world.grants[grant]
        holder: Principal = [*self.world.people, *self.world.groups][principal]
        starts_at = self.now + start if start else None
        ask = Ask(
            Action.ADMIN_ASSIGN,
            principal_id=holder.id,
            role_id=role_id,
            resource_id=resource.id,
            kind=kind,
            starts_at=starts_at,
            ends_at=lasts and (starts_at or self.now) + lasts,
            said=Said("For the test"),
        )
        self.ask(ask, THE_CONSOLE if console else self.actor(who))

    @rule(console=mostly, who=anyone, what=one_of_many)
    def remove(self, console: bool, who: int, what: int) -> None:
        row = self.pick(Assignment.objects.filter(origin="assigned"), what)
        self.ask(Ask(Action.ADMIN_REMOVE, assignment_id=row.id), THE_CONSOLE if console else self.actor(who))

    @rule(console=mostly, who=anyone, what=one_of_many, kind=kinds, start=later, lasts=periods)
    def update(self, console: bool, who: int, what: int, kind: Any, start: Any, lasts: Any) -> None:
        row = self.pick(Assignment.objects.filter(ended_at=None), what)
        starts_at = self.now + start if start else None
        ask = Ask(
            Action.ADMIN_UPDATE,
            assignment_id=row.id,
            kind=kind,
            starts_at=starts_at,
            ends_at=lasts and (starts_at or self.now) + lasts,
            said=Said("For the test"),
        )
        self.ask(ask, THE_CONSOLE if console else self.actor(who))

    @rule(
        role_id=st.sampled_from(
            [built_in.TEAMS_ADMINISTRATOR, built_in.SECURITY_READER, built_in.CONTRIBUTOR]
        ),
        half_hours=st.sampled_from([1, 2, 16]),
        approval=st.booleans(),
        seats=st.sets(st.integers(0, 5), max_size=3),
        factor=st.sampled_from([Authentication.NONE, Authentication.MFA]),
    )
    def change_settings(
        self, role_id: Any, half_hours: int, approval: bool, seats: set[int], factor: Any
    ) -> None:
        everybody = [*self.world.people, *self.world.groups]
        set_rules(
            role_id,
            now=self.now,
            approvers=tuple(everybody[seat] for seat in sorted(seats)),
            maximum_half_hours=half_hours,
            requires_approval=approval,
            authentication=factor,
        )

    @rule(who=anyone)
    def disable(self, who: int) -> None:
        outcome(lambda: disable_person(self.world.people[who].id, actor=CONSOLE, now=self.now))

    @rule(who=anyone)
    def enable(self, who: int) -> None:
        outcome(lambda: enable_person(self.world.people[who].id, actor=CONSOLE, now=self.now))

    # ---- The clock

    @rule(step=st.sampled_from([SECOND, MINUTE, 29 * MINUTE, HOUR, 5 * HOUR, DAY]))
    def wait(self, step: timedelta) -> None:
        self.now += step

    @rule(around=st.sampled_from([-SECOND, timedelta(0), SECOND]))
    def wait_until_something_is_due(self, around: timedelta) -> None:
        due = [*Assignment.objects.filter(ended_at=None).values_list("starts_at", "ends_at")]
        due += AccessRequest.objects.filter(state__in=OPEN).values_list("deadline_at", "starts_at")
        ahead = [instant for pair in due for instant in pair if instant and instant + around > self.now]
        if ahead:
            self.now = min(ahead) + around

    @rule()
    def sweep(self) -> None:
        """Changes the record of what is held and asked for, and nothing else; and has no more to do then."""
        rows = invariants.every_row()
        requests = list(AccessRequest.objects.filter(state__in=OPEN).with_names())
        read_as = states_now(requests, now=self.now)
        self._write_down()
        assert _stored(read_as) == read_as
        assert self._holders(invariants.every_row()) == self._holders(rows)
        assert self._write_down() == 0

    def _write_down(self) -> int:
        return write_down_the_clock(now=self.now) + settle_all(now=self.now)

    def _holders(self, rows: list[Assignment]) -> list[set[Any]]:
        people = User.objects.filter(id__in=[person.id for person in self.world.people]).order_by("name")
        return [invariants.held_by(user, rows, self.now) for user in people]

    # ---- What must never be false

    @invariant()
    def nothing_is_false(self) -> None:
        """Where no row was touched, at the instant that was looked at before, all is as it was."""
        looked_at, self.looked_at = self.looked_at, (connection.connection.total_changes, self.now)
        if looked_at != self.looked_at:
            self._look()

    def _look(self) -> None:
        self.steps += 1
        rows = invariants.every_row()
        invariants.check(rows, self.now)
        self._everybody_holds_what_the_rows_say(rows)
        self._nothing_comes_back(rows)
        before, self.written = self.written, Written.read()
        self.written.check_since(before)

    def _everybody_holds_what_the_rows_say(self, rows: list[Assignment]) -> None:
        """One person after the other: asking for all of them at each step would take half of the time."""
        user = self.person(self.steps % len(self.world.people))
        holdings = holdings_of(user, now=self.now)
        held = {held.assignment.id for held in (*holdings.eligible, *holdings.active)}
        assert held == invariants.held_by(user, rows, self.now)

    def _nothing_comes_back(self, rows: list[Assignment]) -> None:
        """What was activated and has lost its ground is over for good, whether or not that was written."""
        for user in User.objects.filter(id__in=[person.id for person in self.world.people]):
            self.over |= invariants.over(user, rows, self.now)
            assert not self.over & invariants.held_by(user, rows, self.now)


def _stored(ids: Any) -> dict[Any, str]:
    return dict(AccessRequest.objects.filter(id__in=ids).values_list("id", "state"))


@pytest.mark.django_db
@pytest.mark.parametrize("half", ["one half", "the other half"])  # so that two cores share the work
def test_holds_what_must_never_be_false_through_any_history(half):
    Door.world = make_world()

    run_state_machine_as_test(Door, settings=settings(max_examples=settings.default.max_examples // 6))
