"""Reviews of several stages: who looks first, what goes on, and whose word counts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.errors import NotAllowed
from apps.notifications.models import Notice
from apps.reviews.models import Decision
from apps.reviews.services.answering import lines_of
from apps.reviews.services.keeping import reset_round, stop_round
from apps.reviews.states import Answer, ApplyResult, NoAnswer, Outcome, RoundState, Who
from tests.factories import acting, assign, make_user
from tests.reviews.making import NOW, line_of, reviewing, run, say, stage_of, start_review, terms_for

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
SECOND = NOW + 5 * DAY  # when the second stage begins
THIRD = NOW + 10 * DAY
ALL = (Answer.APPROVE, Answer.DENY, Answer.DONT_KNOW, Answer.NOT_REVIEWED)


@pytest.fixture
def chief():
    return make_user("Carl Chief", now=NOW)


@pytest.fixture
def rows():
    """One for each answer in the first stage, the last for none."""
    return [assign(make_user(answer.name.title(), now=NOW), now=NOW) for answer in ALL]


@pytest.fixture
def start(owner, reviewer, chief, rows):
    """A round of two stages, in the first of which everything was said but of one line."""

    def started(*more, **terms):
        stages = (stage_of(reviewer, days=5), stage_of(chief, days=5), *more)
        terms = {"stages": stages, "proceeds": (Answer.APPROVE,)} | terms
        round_ = start_review(owner, terms_for(*rows, **terms), now=NOW)
        for row, answer in zip(rows[:3], ALL, strict=False):
            say(line_of(round_, row), answer, by=reviewer, now=NOW)
        return round_

    return started


def in_front_of(user, *, now):
    return {item.holder_name for item in lines_of(reviewing(user, now=now), now=now).open(now)}


@pytest.mark.parametrize("proceeds", ALL)
def test_only_the_answers_that_were_chosen_go_on(start, reviewer, chief, proceeds):
    round_ = start(proceeds=(proceeds,))

    run(now=SECOND)

    round_.refresh_from_db()
    assert (round_.state, round_.stage) == (RoundState.IN_PROGRESS, 2)
    assert in_front_of(chief, now=SECOND) == {proceeds.name.title()}
    assert in_front_of(reviewer, now=SECOND) == set()
    advanced = AuditEvent.objects.get(action=AuditAction.ROUND_ADVANCED)
    assert advanced.details["stage"] == 2


def test_the_last_word_counts_and_without_one_that_of_the_stage_before(start, chief, rows):
    round_ = start(proceeds=ALL, no_answer=NoAnswer.REMOVE)
    run(now=SECOND)
    approved, denied, _, silent = rows
    say(line_of(round_, approved), Answer.DENY, by=chief, now=SECOND)

    run(now=THIRD)

    results = dict(round_.items.values_list("holder_name", "answer"))
    assert results == {
        "Approve": Answer.DENY,
        "Deny": Answer.DENY,
        "Dont_Know": Answer.DONT_KNOW,
        "Not_Reviewed": Answer.NOT_REVIEWED,
    }
    removed = round_.items.filter(outcome=Outcome.REMOVE).values_list("assignment", flat=True)
    assert set(removed) == {approved.pk, denied.pk, silent.pk}
    assert line_of(round_, silent).outcome_reason == "Nobody answered: access is removed."
    assert line_of(round_, denied).outcome_reason == ""


def test_the_first_stage_is_closed_to_those_who_looked_then(start, reviewer, chief, rows):
    round_ = start()
    run(now=SECOND)

    with pytest.raises(NotAllowed, match="closed"):
        say(line_of(round_, rows[1]), Answer.APPROVE, by=reviewer, now=SECOND)
    with pytest.raises(NotAllowed, match="not yours to review"):
        say(line_of(round_, rows[0]), Answer.DENY, by=reviewer, now=SECOND)
    with pytest.raises(NotAllowed, match="not yours to review"):
        say(line_of(round_, rows[1]), Answer.APPROVE, by=chief, now=SECOND)
    assert Decision.objects.count() == 3


def test_where_nothing_goes_on_the_round_is_over(owner, reviewer, chief, rows):
    stages = (stage_of(reviewer, days=5), stage_of(chief, days=5))
    terms = terms_for(*rows, stages=stages, proceeds=(Answer.APPROVE,))
    round_ = start_review(owner, terms, now=NOW)

    run(now=SECOND)

    round_.refresh_from_db()
    assert (round_.state, round_.stage) == (RoundState.APPLIED, 1)
    assert not Notice.objects.filter(recipient_id=chief.id).exists()


def test_three_stages_one_after_the_other(start, owner, fallback, rows, chief):
    round_ = start(stage_of(fallback, days=5), proceeds=(Answer.APPROVE, Answer.DENY))
    run(now=SECOND)
    say(line_of(round_, rows[0]), Answer.DENY, by=chief, now=SECOND)

    run(now=THIRD)
    assert in_front_of(fallback, now=THIRD) == {"Approve"}
    say(line_of(round_, rows[0]), Answer.APPROVE, by=fallback, now=THIRD)
    run(now=THIRD + 5 * DAY)

    round_.refresh_from_db()
    assert (round_.state, round_.stage) == (RoundState.APPLIED, 3)
    results = dict(round_.items.values_list("holder_name", "apply_result"))
    assert results == {"Approve": "", "Deny": ApplyResult.APPLIED, "Dont_Know": "", "Not_Reviewed": ""}
    stages = Decision.objects.filter(item=line_of(round_, rows[0])).order_by("stage")
    assert list(stages.values_list("stage", "answer")) == [(1, "approve"), (2, "deny"), (3, "approve")]


def test_each_stage_is_told_of_and_reminded_of(start, reviewer, chief):
    start()
    for days in (1, 2.5, 3, 4, 5, 7.5, 9, 9.5):
        run(now=NOW + days * DAY)

    told = Notice.objects.filter(event="review_open").order_by("created_at")
    assert [(each.recipient_name, each.created_at - NOW, each.subject.split(": ")[1]) for each in told] == [
        ("Rita Reviewer", 0 * DAY, "Review access"),
        ("Rita Reviewer", 2.5 * DAY, "Still to review"),
        ("Rita Reviewer", 4 * DAY, "Last day to review"),
        ("Carl Chief", 5 * DAY, "Review access"),
        ("Carl Chief", 7.5 * DAY, "Still to review"),
        ("Carl Chief", 9 * DAY, "Last day to review"),
    ]


def test_a_reset_takes_back_the_stage_that_runs_and_no_other(start, owner, reviewer, chief, rows):
    round_ = start(proceeds=(Answer.APPROVE, Answer.DENY))
    run(now=SECOND)
    actor = acting(owner, now=SECOND)
    with pytest.raises(NotAllowed, match="Nothing is decided yet"):
        reset_round(round_.pk, actor=actor, now=SECOND)
    say(line_of(round_, rows[1]), Answer.APPROVE, by=chief, now=SECOND)

    reset_round(round_.pk, actor=actor, now=SECOND)
    run(now=THIRD)

    assert set(Decision.objects.values_list("stage", flat=True)) == {1}
    assert line_of(round_, rows[2]).answer == Answer.DONT_KNOW
    assert line_of(round_, rows[1]).outcome == Outcome.REMOVE  # as the first stage had it


def test_a_round_that_is_stopped_skips_the_stages_to_come(start, owner, chief, rows):
    round_ = start()

    stop_round(round_.pk, actor=acting(owner, now=NOW), now=NOW)
    run(now=NOW)

    round_.refresh_from_db()
    assert (round_.state, round_.stage) == (RoundState.APPLIED, 1)
    assert line_of(round_, rows[1]).apply_result == ApplyResult.APPLIED
    assert not Notice.objects.filter(recipient_id=chief.id).exists()


def test_others_have_the_last_word_on_what_holders_said_of_themselves(owner, chief, fallback, ann):
    row = assign(ann, now=NOW)
    own = stage_of(who=Who.HOLDERS, days=5, fallback=[fallback])
    terms = terms_for(row, stages=(own, stage_of(chief, days=5)), proceeds=(Answer.APPROVE,))
    round_ = start_review(owner, terms, now=NOW)
    say(line_of(round_, row), Answer.APPROVE, by=ann, now=NOW)
    run(now=SECOND)

    with pytest.raises(NotAllowed, match="not yours to review"):
        say(line_of(round_, row), Answer.APPROVE, by=ann, now=SECOND)
    say(line_of(round_, row), Answer.DENY, by=chief, now=SECOND)
    run(now=THIRD)

    assert line_of(round_, row).apply_result == ApplyResult.APPLIED
