"""Random histories of reviews: people who answer, come and go, keepers who interfere, and a clock that jumps.

After each step everything that must never be false is looked at. `make fuzz` throws more of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from apps.access_requests.asks import THE_CONSOLE, Ask
from apps.access_requests.asks import Said as Why
from apps.access_requests.models import ReviewSeat
from apps.access_requests.services.door import submit
from apps.access_requests.services.people import disable_person, enable_person
from apps.access_requests.states import Action
from apps.accounts.models import Group, Principal, User
from apps.assignments.models import Assignment
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import CONSOLE, AuditAction
from apps.reviews.models import Decision, Item, Review, Round, Seat
from apps.reviews.policy.calendar import Frequency
from apps.reviews.policy.terms import Terms
from apps.reviews.services import keeping
from apps.reviews.services.answering import Said, answer_lines, lines_of
from apps.reviews.services.applying import apply_round
from apps.reviews.states import HAS_RESULTS, OVER, UNDER_WAY, Answer, NoAnswer, RoundState, Who
from apps.roles import built_in
from tests.access_requests import invariants
from tests.access_requests.draws import anyone, mostly, one_of_many, outcome
from tests.factories import acting, assign, join, make_active, make_group, make_user, may_join
from tests.reviews.making import NOW, calendar_from, make_review, named, reviewing, run, stage_of, terms_for

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class World:
    people: list[User]
    leads: Group
    rows: list[Assignment]

    @property
    def principals(self) -> list[Principal]:
        return [*self.people, self.leads]


def make_world() -> World:
    """Olga sets the review up, and Cat could; Ben is in the leads, and Amy may join them. Cat manages Amy,
    Amy manages Ben, and nobody the others."""
    olga, cat = (make_user(name, now=NOW) for name in ("Olga", "Cat"))
    amy = make_user("Amy", now=NOW, manager=cat)
    ben = make_user("Ben", now=NOW, manager=amy)
    leads = make_group("Leads", now=NOW, is_role_assignable=True)
    join(ben, leads, now=NOW)
    may_join(amy, leads, now=NOW)
    admins = [make_active(person, built_in.GLOBAL_ADMINISTRATOR, now=NOW) for person in (olga, cat)]
    teams = [assign(holder, now=NOW) for holder in (amy, ben, leads)]
    return World([olga, cat, amy, ben], leads, [*admins, *teams])


def silence(terms: Terms, item: Item) -> bool:
    """Whether nobody's answer takes this line away."""
    recommended = terms.no_answer == NoAnswer.RECOMMENDATION and item.recommendation == "deny"
    return recommended or terms.no_answer == NoAnswer.REMOVE


keepers = st.sampled_from([0, 0, 0, 0, 1, 1, 2, 3])  # mostly those who may
rarely = mostly.map(lambda is_so: not is_so)
several = st.lists(st.integers(0, 4), min_size=1, max_size=2, unique=True)
firsts = st.sampled_from([Who.SELECTED, Who.SELECTED, Who.HOLDERS, Who.MANAGERS, Who.OWNERS])
seconds = st.sampled_from([None, Who.SELECTED, Who.MANAGERS])
answers = st.sampled_from([Answer.DENY, Answer.DENY, Answer.APPROVE, Answer.DONT_KNOW])
words = st.tuples(anyone, mostly, one_of_many, answers, mostly)
of_reviews = [keeping.take_over, keeping.end_review, keeping.delete_review, keeping.restore_review]
of_rounds = [keeping.stop_round, keeping.reset_round, apply_round, keeping.stop_stage]
commands = st.sampled_from([*of_rounds, *of_rounds, keeping.reset_round, *of_reviews])


class Reviewed(RuleBasedStateMachine):
    world: ClassVar[World]
    terms: Terms
    review: Review

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.looked_at: tuple[int, Any] | None = None
        self.said: dict[tuple[UUID, int], tuple[Answer, UUID]] = {}  # by line and stage, the last word
        self.example = transaction.atomic()
        self.example.__enter__()

    def teardown(self) -> None:
        """Every history goes on to the end of its round."""
        try:
            if not transaction.get_rollback():
                self.now += 7 * DAY
                self.work()
                self.nothing_is_false()
        finally:
            transaction.set_rollback(True)
            self.example.__exit__(None, None, None)

    @initialize(
        first=firsts,
        second=seconds,
        seats=several,
        fallback=several,
        no_answer=st.sampled_from(NoAnswer),
        by_itself=mostly,
        frequency=st.sampled_from([Frequency.WEEKLY, Frequency.ONCE]),
    )
    def set_up(
        self,
        first: Who,
        second: Who | None,
        seats: list[int],
        fallback: list[int],
        no_answer: NoAnswer,
        by_itself: bool,
        frequency: Frequency,
    ) -> None:
        stages = [self._stage(who, seats, fallback) for who in (first, second) if who]
        self.terms = terms_for(
            *self.world.rows,
            stages=tuple(stages),
            no_answer=no_answer,
            applies_automatically=by_itself,
            proceeds=(Answer.DENY, Answer.NOT_REVIEWED),
            sends_mails=False,
        )
        calendar = calendar_from(NOW, frequency)
        self.review = make_review(self.world.people[0], self.terms, now=NOW, calendar=calendar)
        self.work()

    def _stage(self, who: Who, seats: list[int], fallback: list[int]) -> Any:
        chosen = self.principals(seats) if who == Who.SELECTED else []
        return stage_of(*chosen, who=who, days=3, fallback=self.principals(fallback))

    def principals(self, numbers: list[int]) -> list[Principal]:
        return [self.world.principals[number] for number in numbers]

    def person(self, number: int) -> User:
        return User.objects.get(pk=self.world.people[number].pk)

    def pick(self, rows: Any, number: int) -> Any:
        found = list(rows)
        return found[number % len(found)] if found else None

    def within_reach(self, principal_id: UUID) -> set[UUID]:
        """What they are, are in and may come to be in; read from the rows alone."""
        found = {principal_id}
        rows = Assignment.objects.filter(role_id=built_in.GROUP_MEMBER, ended_at=None)
        pairs = [
            (row.principal_id, row.resource.group_id)
            for row in rows.select_related("resource")
            if row.ends_at is None or self.now < row.ends_at
        ]
        for _ in pairs:
            found |= {group for member, group in pairs if member in found}
        return found

    # ---- What reviewers do

    @rule(words=st.lists(words, min_size=1, max_size=4))
    def answer(self, words: list[Any]) -> None:
        for word in words:
            self._say(*word)

    def _say(self, who: int, fits: bool, what: int, answer: Answer, up_to_date: bool) -> None:
        actor = reviewing(self.person(who), now=self.now)
        mine = lines_of(actor, now=self.now).open(self.now)
        item = self.pick((mine if fits else Item.objects).order_by("holder_name", "role_name", "id"), what)
        if item is None:
            return
        last = Decision.objects.filter(item=item, stage=item.stage).first()
        seen = last.version if last else 0
        said = Said(item.id, answer, "Looked at it", seen if up_to_date else seen + 1)
        if outcome(lambda: answer_lines([said], actor=actor, now=self.now)) == ():
            self._may_have_answered(item, actor.user.id)
            self.said[item.id, item.stage] = answer, actor.user.id

    def _may_have_answered(self, item: Item, who: UUID) -> None:
        round_ = Round.objects.get(pk=item.round_id)
        assert round_.state == RoundState.IN_PROGRESS
        assert self.now < round_.stage_closes_at
        reach = self.within_reach(who)
        assert reach & set(Seat.objects.filter(desk=item.desk).values_list("principal", flat=True))
        assert item.principal_id not in reach or (item.desk.is_own and item.principal_id == who)

    # ---- What becomes of people

    @rule(
        change=st.sampled_from(["join", "may_join", "leave", "remove", "give", "disable", "enable"]),
        number=one_of_many,
    )
    def change_people(self, change: str, number: int) -> None:
        outcome(lambda: getattr(self, f"_{change}")(number))

    def _join(self, number: int) -> None:
        join(self.pick(self.world.people, number), self.world.leads, now=self.now, days=30)

    def _may_join(self, number: int) -> None:
        may_join(self.pick(self.world.people, number), self.world.leads, now=self.now, days=30)

    def _leave(self, number: int) -> None:
        self._take(Assignment.objects.filter(role_id=built_in.GROUP_MEMBER, ended_at=None), number)

    def _remove(self, number: int) -> None:
        self._take(Assignment.objects.filter(ended_at=None), number)

    def _give(self, number: int) -> None:
        """Often what a review has just taken: that it does not take again."""
        assign(self.pick(self.world.principals, number), now=self.now)

    def _disable(self, number: int) -> None:
        disable_person(self.pick(self.world.people, number).id, actor=CONSOLE, now=self.now)

    def _enable(self, number: int) -> None:
        enable_person(self.pick(self.world.people, number).id, actor=CONSOLE, now=self.now)

    def _take(self, rows: Any, what: int) -> None:
        row = self.pick(rows.order_by("created_at", "principal__name", "role__name", "id"), what)
        if row is not None:
            ask = Ask(Action.ADMIN_REMOVE, assignment_id=row.id, said=Why("For the test"))
            submit(ask, actor=THE_CONSOLE, now=self.now)

    # ---- What keepers do

    @rule(who=keepers, latest=mostly, command=commands)
    def keep(self, who: int, latest: bool, command: Any) -> None:
        begun = Round.objects.exclude(state=RoundState.NOT_STARTED).order_by("number")
        round_ = begun.last() if latest else begun.first()
        subject = self.review if command in of_reviews else round_
        if subject is None:
            return
        actor = acting(self.person(who), now=self.now)
        done = outcome(lambda: command(subject.id, actor=actor, now=self.now)) == ()
        if done and command is keeping.reset_round:
            items = set(round_.items.values_list("id", flat=True))
            gone = {(item, round_.stage) for item in items}
            self.said = {key: said for key, said in self.said.items() if key not in gone}

    @rule(who=keepers, seats=several, more=several)
    def change_reviewers(self, who: int, seats: list[int], more: list[int]) -> None:
        round_ = Round.objects.filter(state=RoundState.IN_PROGRESS).first()
        if round_ is None:
            return
        stage = round_.terms.stage(round_.stage)
        chosen = named(*self.principals(seats)) if stage.who == Who.SELECTED else ()
        fallback = tuple(
            {each.id: each for each in (*stage.fallback, *named(*self.principals(more)))}.values()
        )
        actor = acting(self.person(who), now=self.now)
        outcome(
            lambda: keeping.change_reviewers(
                round_.id, reviewers=chosen, fallback=fallback, actor=actor, now=self.now
            )
        )

    # ---- The clock

    @rule(step=st.sampled_from([timedelta(0), HOUR, DAY, 3 * DAY, 3 * DAY, 7 * DAY]), is_late=rarely)
    def wait(self, step: timedelta, is_late: bool) -> None:
        """Where the worker is late, everybody acts on what it has not done yet."""
        self.now += step
        if not is_late:
            self.work()

    def work(self) -> None:
        """The worker leaves nothing behind that is due, and gives nothing up."""
        run(now=self.now)
        assert not Round.objects.filter(state__in=UNDER_WAY).exists()
        assert not Round.objects.filter(state=RoundState.IN_PROGRESS, stage_closes_at__lte=self.now).exists()
        assert not Item.objects.filter(apply_result="failed").exists()

    # ---- What must never be false

    @invariant()
    def nothing_is_false(self) -> None:
        """Where no row was touched, at the instant that was looked at before, all is as it was."""
        looked_at, self.looked_at = self.looked_at, (connection.connection.total_changes, self.now)
        if looked_at != self.looked_at:
            self._look()

    def _look(self) -> None:
        invariants.check(invariants.every_row(), self.now)  # an administrator remains, for one
        items = list(Item.objects.select_related("round", "assignment"))
        self._each_assignment_once_per_round(items)
        self._every_word_was_said(items)
        for item in items:
            self._outcome_follows(item)
        self._exactly_that_was_taken(items)
        self._power_goes_with_the_rounds()

    def _each_assignment_once_per_round(self, items: list[Item]) -> None:
        assert len({(item.round_id, item.assignment_id) for item in items}) == len(items)
        assert all(item.assignment.origin == "assigned" for item in items)
        assert Round.objects.running_or_closing().count() <= 1

    def _every_word_was_said(self, items: list[Item]) -> None:
        """The last word of each stage, by whom it was; and an open line shows it."""
        rows = Decision.objects.values_list("item", "stage", "answer", "decided_by")
        assert {(item, stage): (answer, by) for item, stage, answer, by in rows} == self.said
        for item in items:
            if item.round.state == RoundState.IN_PROGRESS:
                assert item.answer == self.said.get((item.id, item.stage), (Answer.NOT_REVIEWED,))[0]

    def _outcome_follows(self, item: Item) -> None:
        """The last word counts, of whatever stage; where there is none, the rule for silence does."""
        if item.round.state not in HAS_RESULTS:
            assert (item.outcome, item.apply_result) == ("", "")
            return
        words = [self.said[item.id, stage][0] for stage in (1, 2) if (item.id, stage) in self.said]
        goes = words[-1] == Answer.DENY if words else silence(self.terms, item)
        assert item.outcome == ("remove" if goes else "keep")
        assert item.round.state != RoundState.APPLIED or item.apply_result != "new"

    def _exactly_that_was_taken(self, items: list[Item]) -> None:
        """By the review ended what it says that it took, each once, and after its round was closed."""
        ended = AuditEvent.objects.filter(action=AuditAction.ASSIGNMENT_ENDED, actor_kind="review")
        taken = {item.assignment_id: item for item in items if item.apply_result == "applied"}
        events = {UUID(event.details["assignment"]): event for event in ended}
        assert len(events) == len(ended)
        assert set(events) == set(taken)
        for id_, item in taken.items():
            assert item.outcome == "remove"
            assert item.round.state in {RoundState.APPLYING, RoundState.APPLIED}
            assert item.round.closed_at <= events[id_].at == item.assignment.ended_at

    def _power_goes_with_the_rounds(self) -> None:
        """Seats count as power until the last round is completed, or as long as the review waits for an
        owner; and nobody has others' access in front of them without."""
        review = Review.objects.get(pk=self.review.pk)
        lives = review.rounds.exclude(state__in=[*OVER, RoundState.APPLYING]).exists()
        seats = set(ReviewSeat.objects.values_list("principal", "role", "resource"))
        assert not seats or lives or (review.held_because and not review.ended_at)
        assert not (seats and review.deleted_at)
        lines = Item.objects.filter(round__in=review.rounds.running(), desk__is_own=False)
        sitting = lines.exclude(desk__seats=None).values_list("desk__seats__principal", "role", "resource")
        assert set(sitting) <= seats


@pytest.mark.django_db
@pytest.mark.usefixtures("at_the_door")
def test_holds_what_must_never_be_false_through_any_review():
    Reviewed.world = make_world()

    run_state_machine_as_test(
        Reviewed,
        settings=settings(
            max_examples=settings.default.max_examples // 10,
            stateful_step_count=settings.default.stateful_step_count * 3 // 2,
        ),
    )
