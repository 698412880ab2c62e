"""A worker that dies, or meets something that raises, in the middle of whatever it does: another one ends it,
and each thing has happened once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.transaction import Atomic

from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.notifications.models import Notice
from apps.reviews.models import Decision, Desk, Item, Round
from apps.reviews.policy.calendar import Frequency
from apps.reviews.services import applying, opening, running
from apps.reviews.services.applying import MOST_ATTEMPTS
from apps.reviews.services.running import LEASE
from apps.reviews.states import Answer, ApplyResult, NoAnswer, RoundState, Who
from apps.roles import built_in
from tests.factories import assign, make_active, make_user
from tests.reviews.making import (
    calendar_from,
    line_of,
    make_review,
    run,
    say,
    stage_of,
    start_review,
    terms_for,
)

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def owner():
    user = make_user("Olga Owner", now=NOW)
    make_active(user, built_in.GLOBAL_ADMINISTRATOR, now=NOW)
    return user


@pytest.fixture
def reviewer():
    return make_user("Rita Reviewer", now=NOW)


@pytest.fixture
def rows():
    return [assign(make_user(name, now=NOW), now=NOW) for name in ("Ann", "Ben", "Cem")]


# ---- Dying -------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """Ends a worker as kill -9 does: nothing that it has not committed is there, and it clears nothing up."""


class Mortal:
    """Workers of which each dies on the brink of its first commit that nobody has died at before; behind it
    where a test cannot take that back."""

    def __init__(self) -> None:
        self.deaths, self.is_deadly = 0, True

    def work(self, now: datetime) -> None:
        """All that is to do at this instant, each step begun by one worker and ended by the next."""
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Atomic, "__exit__", self._leaving(Atomic.__exit__))
                run(now=now)
        except Killed:
            self.deaths += 1
            assert run(now=now) == 0  # its lease keeps everybody else away
            self.work(now + LEASE)

    def _leaving(self, leave: Callable[..., None]) -> Callable[..., None]:
        depth = len(connection.savepoint_ids)

        def commit(atomic: Atomic, *error: Any) -> None:
            is_last = error[0] is None and len(connection.savepoint_ids) == depth + 1
            dies = is_last and self.is_deadly
            self.is_deadly ^= is_last
            leave(atomic, *((Killed, Killed(), None) if dies and atomic.savepoint else error))
            if dies:
                raise Killed

        return commit


def live(work: Callable[..., object], round_: Round, rows: list[Assignment], reviewer: User) -> None:
    """Two stages, their mails and reminders, answers, silence, what is denied, and the next round."""
    work(now=NOW)
    say(line_of(round_, rows[0]), Answer.APPROVE, by=reviewer, now=NOW + DAY)
    say(line_of(round_, rows[1]), Answer.DENY, by=reviewer, now=NOW + DAY)
    work(now=NOW + 10 * DAY)
    round_.refresh_from_db()
    say(line_of(round_, rows[0]), Answer.APPROVE, by=reviewer, now=NOW + 11 * DAY)
    work(now=NOW + 16 * DAY)
    work(now=NOW + 20 * DAY)
    work(now=NOW + 31 * DAY)


def summary() -> list[Any]:
    """All that has come of it, without what is drawn anew each time."""
    return [
        Counter(Round.objects.values_list("number", "state", "stage", "told")),
        Counter(Item.objects.values_list(*_LINE)),
        Counter(Desk.objects.values_list("round__number", "stage", "key", "seats__principal")),
        Counter(Decision.objects.values_list("item__holder_name", "stage", "answer", "version")),
        Counter(AuditEvent.objects.values_list("action", "target_name", "outcome")),
        Counter(Notice.objects.values_list("event", "address", "subject")),
        Counter(Assignment.objects.values_list("principal__name", "ended_how", "ended_by")),
    ]


_LINE = ("round__number", "holder_name", "stage", "answer", "outcome", "apply_result", "desk__key")


def test_ends_what_a_worker_left_wherever_it_was_killed(owner, reviewer, rows, monkeypatch):
    monkeypatch.setattr(opening, "BATCH", 2)
    stages = (stage_of(reviewer, days=10), stage_of(who=Who.MANAGERS, days=10, fallback=[reviewer]))
    proceeds = (Answer.APPROVE, Answer.NOT_REVIEWED)
    terms = terms_for(*rows, stages=stages, proceeds=proceeds, no_answer=NoAnswer.REMOVE)
    review = make_review(owner, terms, now=NOW, calendar=calendar_from(NOW, Frequency.MONTHLY))
    round_ = review.rounds.get()

    with transaction.atomic():
        live(run, Round.objects.get(pk=round_.pk), rows, reviewer)
        undisturbed = summary()
        transaction.set_rollback(True)
    ended = (1, "applied", 2, "halfway")
    assert set(undisturbed[0]) == {ended, (2, "in_progress", 1, "opened"), (3, "not_started", 1, "")}
    assert [name for name, how, _ in undisturbed[6] if how] == ["Ben", "Cem"]

    mortal = Mortal()
    live(mortal.work, round_, rows, reviewer)

    assert mortal.deaths > 20
    assert summary() == undisturbed


# ---- What raises -------------------------------------------------------------------------------------------


def test_gives_a_line_up_that_raises_each_time_and_goes_on_with_the_others(
    owner, reviewer, rows, monkeypatch
):
    round_ = start_review(owner, terms_for(*rows, reviewers=[reviewer], no_answer=NoAnswer.REMOVE), now=NOW)
    through, tried = applying.submit, []

    def submit(ask, **facts):
        tried.append(ask.assignment_id)
        if ask.assignment_id == rows[1].id:
            raise RuntimeError("Nobody knows why")
        return through(ask, **facts)

    monkeypatch.setattr(applying, "submit", submit)
    run(now=NOW + 14 * DAY)

    round_.refresh_from_db()
    assert round_.state == RoundState.APPLIED
    assert dict(round_.items.values_list("holder_name", "apply_result")) == {
        "Ann": ApplyResult.APPLIED,
        "Ben": ApplyResult.FAILED,
        "Cem": ApplyResult.APPLIED,
    }
    assert tried.count(rows[1].id) == MOST_ATTEMPTS
    assert [item.assignment for item in round_.items.by_hand()] == [rows[1]]
    assert "by hand" in line_of(round_, rows[1]).apply_reason
    assert Assignment.objects.get(pk=rows[1].pk).ended_at is None
    assert AuditEvent.objects.filter(action=AuditAction.ASSIGNMENT_ENDED).count() == 2


def test_goes_on_with_other_rounds_where_one_raises(owner, reviewer, rows, monkeypatch):
    poisoned, other = (start_review(owner, terms_for(row, reviewers=[reviewer]), now=NOW) for row in rows[:2])
    through = running._step

    def step(round_, now):
        if round_.pk == poisoned.pk:
            raise RuntimeError("Nobody knows why")
        return through(round_, now)

    monkeypatch.setattr(running, "_step", step)
    run(now=NOW + 14 * DAY)

    assert Round.objects.get(pk=other.pk).state == RoundState.APPLIED
    assert Round.objects.get(pk=poisoned.pk).state == RoundState.IN_PROGRESS

    monkeypatch.setattr(running, "_step", through)
    run(now=NOW + 14 * DAY)  # at once: whoever fails lets go of it
    assert Round.objects.get(pk=poisoned.pk).state == RoundState.APPLIED


def test_gives_each_round_its_turn(owner, reviewer, rows, monkeypatch):
    """A long one keeps nobody waiting: after two seconds the next has its turn."""
    long, short = (start_review(owner, terms_for(row, reviewers=[reviewer]), now=NOW) for row in rows[:2])
    closed, order = NOW + 14 * DAY, []
    through = running._step

    def step(round_, now):
        order.append(round_.pk)
        return True if round_.pk == long.pk and len(order) < 20 else through(round_, now)

    seconds = iter(range(10_000))
    monkeypatch.setattr(running, "_step", step)
    running.run_reviews(clock=lambda: closed + timedelta(seconds=next(seconds)), until=closed + DAY / 24)

    assert order.index(short.pk) < 5
    assert Round.objects.filter(state=RoundState.APPLIED).count() == 2
