"""Two who do something to one round at the same moment, each on a connection of their own: one is first, the
other meets what that has left, and what was answered and what comes of it never differ."""

from __future__ import annotations

import os
import signal
from collections import Counter
from datetime import timedelta

import pytest

from apps.access_requests.models import AccessRequest
from apps.assignments.models import Assignment
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.errors import DomainError
from apps.notifications.models import Notice
from apps.reviews.models import Decision, Item, Round
from apps.reviews.services import applying, opening, running
from apps.reviews.services.answering import OVERTAKEN, Said, answer_lines
from apps.reviews.services.applying import apply_round
from apps.reviews.services.closing import close
from apps.reviews.services.keeping import change_reviewers, reset_round, stop_round
from apps.reviews.services.running import LEASE
from apps.reviews.states import Answer, NoAnswer, RoundState, Who
from apps.roles import built_in
from apps.roles.installation import install_built_ins
from tests.factories import acting, assign, join, make_active, make_group, make_resource, make_user
from tests.races.moments import at_once, in_a_process, race, split
from tests.reviews.making import (
    line_of,
    make_review,
    named,
    reviewing,
    run,
    say,
    stage_of,
    start_review,
    terms_for,
)

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _built_in_roles(db):
    install_built_ins()  # a test that commits has emptied these tables too


@pytest.fixture
def owner(now):
    user = make_user("Olga Owner", now=now)
    make_active(user, built_in.GLOBAL_ADMINISTRATOR, now=now)
    return user


@pytest.fixture
def reviewers(now):
    return [make_user(name, now=now) for name in ("Rita Reviewer", "Rolf Reviewer")]


@pytest.fixture
def rows(now):
    return [assign(make_user(name, enrolled=False, now=now), now=now) for name in ("Ann", "Ben", "Cem")]


@pytest.fixture
def round_(owner, reviewers, rows, now):
    return start_review(owner, terms_for(*rows, reviewers=reviewers), now=now)


def answering(item, by, now, answer=Answer.DENY):
    """The command with which somebody answers who saw the line before anybody did anything."""
    return lambda: answer_lines([Said(item.id, answer, "Needed.")], actor=reviewing(by, now=now), now=now)


def outcome_of(round_, row):
    round_.refresh_from_db()
    assert round_.state == RoundState.APPLIED
    item = line_of(round_, row)
    said = Decision.objects.filter(item=item).order_by("-stage").values_list("answer", flat=True).first()
    assert item.answer == (said or Answer.NOT_REVIEWED)
    assert (item.outcome == "remove") == (item.answer == Answer.DENY)
    assert (Assignment.objects.get(pk=row.pk).ended_at is not None) == (item.outcome == "remove")
    return item.outcome


# ---- Workers -----------------------------------------------------------------------------------------------


def step_of(round_id, now):
    """What a worker does that takes whoever else works on it for dead."""
    round_ = Round.objects.select_related("review__owner").get(pk=round_id)
    return lambda: running._step(round_, now)


def test_lets_two_workers_with_one_round_do_each_step_once(owner, reviewers, rows, now, monkeypatch):
    monkeypatch.setattr(opening, "BATCH", 2)
    stages = (stage_of(*reviewers, days=5), stage_of(who=Who.MANAGERS, days=5, fallback=reviewers))
    terms = terms_for(
        *rows, stages=stages, proceeds=(Answer.NOT_REVIEWED,), no_answer=NoAnswer.REMOVE, sends_mails=True
    )
    id_ = make_review(owner, terms, now=now).rounds.get().id
    states, at = [], now
    while (state := Round.objects.get(pk=id_).state) != RoundState.APPLIED and len(states) < 60:
        states.append(state)
        at += 5 * DAY if state == RoundState.IN_PROGRESS else timedelta(0)
        answers = at_once(step_of(id_, at), step_of(id_, at))
        assert all(isinstance(given, bool | DomainError) for given in answers)

    assert state == RoundState.APPLIED
    assert Item.objects.count() == len(rows)
    assert Assignment.objects.filter(ended_how="removed").count() == len(rows)
    assert AccessRequest.objects.filter(action="admin_remove").count() == len(rows)
    happened = Counter(AuditEvent.objects.values_list("action", flat=True))
    assert happened[AuditAction.ASSIGNMENT_ENDED] == len(rows)
    once = ("STARTED", "ADVANCED", "COMPLETED", "APPLIED")
    assert [happened[AuditAction[f"ROUND_{name}"]] for name in once] == [1, 1, 1, 1]


def killed_when(patch, module, name, at):
    """The worker is killed, as by kill -9, at its call number `at` of this, in midst of a transaction."""
    through, calls = getattr(module, name), []

    def deadly(*args, **facts):
        calls.append(None)
        if len(calls) == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return through(*args, **facts)

    patch.setattr(module, name, deadly)


@pytest.mark.parametrize(
    ("module", "name", "at"), [(opening, "seat", 2), (applying, "submit", 2)], ids=["starting", "applying"]
)
def test_ends_what_a_killed_worker_left(owner, reviewers, rows, now, monkeypatch, module, name, at):
    monkeypatch.setattr(opening, "BATCH", 2)
    review = make_review(owner, terms_for(*rows, reviewers=reviewers, no_answer=NoAnswer.REMOVE), now=now)
    if module is applying:
        run(now=now)
    when = now + 14 * DAY if module is applying else now
    with pytest.MonkeyPatch.context() as patch:
        killed_when(patch, module, name, at)
        assert in_a_process(lambda: run(now=when)) == signal.SIGKILL
    assert run(now=when) == 0  # that worker may be alive
    if module is opening:
        assert Item.objects.count() == 2
        run(now=now + LEASE)
    run(now=now + 14 * DAY + LEASE)

    assert review.rounds.get().state == RoundState.APPLIED
    assert Item.objects.count() == Item.objects.filter(apply_result="applied").count() == len(rows)
    ended = AuditEvent.objects.filter(action=AuditAction.ASSIGNMENT_ENDED)
    assert sorted(ended.values_list("target_name", flat=True)) == ["Ann", "Ben", "Cem"]
    assert Notice.objects.filter(event="review_open", recipient_id=reviewers[0].id).count() == 1


# ---- Answers -----------------------------------------------------------------------------------------------


def test_counts_one_answer_of_two_reviewers(round_, reviewers, rows, now):
    item = line_of(round_, rows[0])
    commands = [
        answering(item, by, now, answer)
        for by, answer in zip(reviewers, (Answer.APPROVE, Answer.DENY), strict=True)
    ]

    through, refused = split(at_once(*commands))

    assert (len(through), refused) == (1, [OVERTAKEN])
    decision = Decision.objects.get()
    assert line_of(round_, rows[0]).answer == decision.answer
    event = AuditEvent.objects.get(action=AuditAction.LINE_DECIDED)
    assert (event.actor_id, event.details["answer"]) == (str(decision.decided_by_id), decision.answer)


def test_two_who_answer_the_same_lines_in_another_order_do_not_wait_for_each_other(
    round_, reviewers, rows, now
):
    said = [Said(line_of(round_, row).id, Answer.APPROVE) for row in rows]
    rita, rolf = (reviewing(by, now=now) for by in reviewers)

    through, refused = split(
        at_once(
            lambda: answer_lines(said, actor=rita, now=now),
            lambda: answer_lines(said[::-1], actor=rolf, now=now),
        )
    )

    assert (len(through), refused) == (1, [OVERTAKEN])
    assert Decision.objects.values("decided_by").distinct().count() == 1


@pytest.mark.parametrize("stages", [1, 2])
def test_an_answer_at_the_moment_of_closing_counts_or_is_refused(owner, reviewers, rows, now, stages):
    """Where it was first, it counts, also for whether there is another stage."""
    parts = [stage_of(*reviewers, days=5) for _ in range(stages)]
    terms = terms_for(*rows, stages=tuple(parts), proceeds=(Answer.DENY,))
    round_ = start_review(owner, terms, now=now)
    item, closed = line_of(round_, rows[0]), now + 5 * DAY
    last = closed - timedelta(seconds=1)

    assert race(answering(item, reviewers[0], last), lambda: close(round_, now=closed)) == [True]
    run(now=closed)
    if stages == 2:
        assert line_of(round_, rows[0]).stage == 2
        run(now=closed + 5 * DAY)
    assert [outcome_of(round_, row) for row in rows] == ["remove", "keep", "keep"]


def test_an_answer_behind_the_closing_of_its_round_is_refused(round_, reviewers, rows, now):
    item, closed = line_of(round_, rows[0]), now + 14 * DAY

    [refused] = race(
        lambda: close(round_, now=closed), answering(item, reviewers[0], closed - timedelta(seconds=1))
    )

    assert refused == "This review is closed. What was decided stands."
    assert not Decision.objects.exists()
    run(now=closed)
    assert outcome_of(round_, rows[0]) == "keep"


@pytest.mark.parametrize("turn", range(3))
def test_answers_and_closing_in_any_order_never_differ(round_, reviewers, rows, now, turn):
    closed = now + 14 * DAY
    last = closed - timedelta(seconds=1)
    say(line_of(round_, rows[2]), Answer.APPROVE, by=reviewers[0], now=now)
    change = Said(line_of(round_, rows[2]).id, Answer.DENY, "", seen=1)

    at_once(
        answering(line_of(round_, rows[0]), reviewers[0], last),
        lambda: answer_lines([change], actor=reviewing(reviewers[1], now=last), now=last),
        lambda: run(now=closed),
    )

    run(now=closed)
    assert {outcome_of(round_, row) for row in rows} <= {"keep", "remove"}


def test_a_reset_takes_back_an_answer_that_is_being_written(round_, owner, reviewers, rows, now):
    say(line_of(round_, rows[1]), Answer.APPROVE, by=reviewers[0], now=now)
    item = line_of(round_, rows[0])
    reset = lambda: reset_round(round_.id, actor=acting(owner, now=now), now=now).state  # noqa: E731

    assert race(answering(item, reviewers[0], now), reset) == [RoundState.IN_PROGRESS]

    assert not Decision.objects.exists()
    assert set(round_.items.values_list("answer", flat=True)) == {Answer.NOT_REVIEWED}


def test_an_answer_of_somebody_who_is_being_replaced_is_refused_behind_it(
    round_, owner, reviewers, rows, now
):
    item = line_of(round_, rows[0])
    change = {"reviewers": named(reviewers[1]), "fallback": (), "actor": acting(owner, now=now), "now": now}

    assert race(lambda: change_reviewers(round_.id, **change), answering(item, reviewers[0], now)) == [
        "This is not yours to review."
    ]
    assert race(
        answering(item, reviewers[1], now),
        lambda: change_reviewers(round_.id, **(change | {"reviewers": named(reviewers[0])})).state,
    ) == [RoundState.IN_PROGRESS]
    assert Decision.objects.get().decided_by == reviewers[1]  # what was decided stays


@pytest.mark.usefixtures("at_the_door")
@pytest.mark.parametrize("is_nested", [False, True], ids=["themself", "by another group"])
def test_whoever_joins_the_holder_at_that_moment_does_not_decide_on_it(owner, reviewers, now, is_nested):
    rita = reviewers[0]
    holder, leads = make_group(now=now), make_group(now=now)
    join(rita, leads, now=now)
    row = assign(holder, built_in.CONTRIBUTOR, make_resource(now=now), now=now, ends_at=now + 90 * DAY)
    round_ = start_review(owner, terms_for(row, reviewers=[rita]), now=now)
    item = line_of(round_, row)

    [refused] = race(lambda: join(leads if is_nested else rita, holder, now=now), answering(item, rita, now))

    assert refused == "This is not yours to review."
    assert not Decision.objects.exists()


# ---- Keepers -----------------------------------------------------------------------------------------------


def test_stops_or_closes_and_not_both(round_, owner, now):
    closed = now + 14 * DAY
    stop = lambda: stop_round(round_.id, actor=acting(owner, now=closed), now=closed)  # noqa: E731

    through, refused = split(at_once(stop, lambda: close(round_, now=closed)))

    assert (len(through), len(refused)) == (1, 1)
    run(now=closed)
    assert Round.objects.get().state == RoundState.APPLIED
    completed = AuditEvent.objects.filter(action=AuditAction.ROUND_COMPLETED)
    assert completed.count() == Notice.objects.filter(key__endswith=":completed").count() == 1


def test_applies_once_what_is_pressed_twice(owner, reviewers, rows, now):
    terms = terms_for(*rows, reviewers=reviewers, applies_automatically=False, no_answer=NoAnswer.REMOVE)
    round_ = start_review(owner, terms, now=now)
    closed = now + 14 * DAY
    run(now=closed)
    actor = acting(owner, now=closed)

    through, refused = split(at_once(*[lambda: apply_round(round_.id, actor=actor, now=closed)] * 2))
    run(now=closed)

    assert (len(through), len(refused)) == (1, 1)
    assert AuditEvent.objects.filter(action=AuditAction.ASSIGNMENT_ENDED).count() == len(rows)
    assert AuditEvent.objects.filter(action=AuditAction.ROUND_APPLIED).count() == 1
