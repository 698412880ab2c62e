"""The rules of setting a review up, of running it and of what its answers mean. Without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from apps.accounts.policy import SecondFactor
from apps.common.decision import ALLOWED, denied
from apps.reviews.policy.answering import AnswerFacts, can_answer
from apps.reviews.policy.calendar import Calendar, Frequency
from apps.reviews.policy.keeping import (
    ReviewFacts,
    can_apply,
    can_change,
    can_change_round,
    can_delete,
    can_end,
    can_remind,
    can_reset,
    can_restore,
    can_stop,
    can_take_over,
    may_keep,
)
from apps.reviews.policy.outcomes import result_of_refusal
from apps.reviews.policy.setting_up import check_terms, silence_removes
from apps.reviews.policy.terms import Named, Scope, StageTerms, Terms
from apps.reviews.states import (
    OVER,
    RUNNING,
    TRANSITIONS,
    Answer,
    ApplyResult,
    Holders,
    NoAnswer,
    RoundState,
    Who,
)

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
RITA, FAY = Named(uuid4(), "Rita"), Named(uuid4(), "Fay")
FRESH = SecondFactor(NOW)


# ---- Terms -------------------------------------------------------------------------------------------------


def stage(who=Who.SELECTED, days=14, reviewers=(RITA,), fallback=()):
    return StageTerms(days, who, reviewers, fallback)


def terms(**changed):
    return replace(Terms(name="Admins", scopes=(Scope(uuid4(), uuid4()),), stages=(stage(),)), **changed)


def refusals(wanted, frequency=Frequency.QUARTERLY, **calendar):
    calendar = Calendar(**{"frequency": frequency, "starts_at": NOW, "zone": UTC} | calendar)
    return [refusal.reason for refusal in check_terms(wanted, calendar).refusals]


def test_usual_terms_are_fine():
    assert refusals(terms()) == []


ONE = Scope(uuid4(), uuid4())
OWN = stage(Who.HOLDERS, reviewers=(), fallback=(FAY,))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"name": " Console"}, "Choose another name: the portal’s console is called that."),
        ({"scopes": ()}, "Choose at least one role."),
        ({"scopes": (ONE, replace(ONE, includes_below=True))}, "Choose each role on a resource once."),
        (
            {"includes_eligible": False, "includes_active": False},
            "Choose eligible assignments, active ones, or both.",
        ),
        ({"stages": (stage(reviewers=()),)}, "Choose who reviews."),
        ({"stages": ()}, "A round has 1 to 3 stages."),
        ({"stages": (stage(),) * 4, "proceeds": (Answer.APPROVE,)}, "A round has 1 to 3 stages."),
        ({"stages": (stage(),) * 2}, "Choose which lines go on to the next stage."),
        (
            {"stages": (stage(), OWN), "proceeds": (Answer.DENY,)},
            "Holders review their own access in the first stage only.",
        ),
        ({"stages": (stage(days=0),)}, "At least 1 day."),
        (
            {"stages": (stage(days=44), stage(days=45)), "proceeds": (Answer.APPROVE,)},
            "At most 88 days, so that it ends before the next one starts.",
        ),
    ],
)
def test_terms_that_make_no_sense_are_refused(changed, reason):
    assert refusals(terms(**changed)) == [reason]


@pytest.mark.parametrize(
    ("who", "whom"),
    [
        (Who.HOLDERS, "what groups hold, who do not answer for themselves"),
        (Who.MANAGERS, "people without a manager, and groups without an owner"),
        (Who.OWNERS, "places without an owner"),
    ],
)
def test_where_nobody_may_be_found_a_fallback_has_to_be_named(who, whom):
    asked = terms(stages=(stage(who, reviewers=()),))

    assert refusals(asked) == [f"Choose fallback reviewers for {whom}."]
    assert refusals(replace(asked, stages=(stage(who, reviewers=(), fallback=(FAY,)),))) == []


def test_a_series_does_not_end_before_it_begins():
    assert refusals(terms(), ends_on=date(2026, 11, 1)) == ["It would end before its first round."]


def test_holders_may_look_first_and_others_after_them():
    assert refusals(terms(stages=(OWN, stage()), proceeds=(Answer.APPROVE,))) == []


@pytest.mark.parametrize(
    ("silent", "automatic", "warns"),
    [(NoAnswer.REMOVE, True, True), (NoAnswer.REMOVE, False, False), (NoAnswer.KEEP, True, False)],
)
def test_says_when_silence_removes_everybody(silent, automatic, warns):
    assert silence_removes(terms(no_answer=silent, applies_automatically=automatic)) == warns


def test_terms_are_the_same_after_they_were_stored():
    wanted = terms(
        holders=Holders.GUESTS,
        no_answer=NoAnswer.RECOMMENDATION,
        stages=(stage(fallback=(FAY,)), stage(Who.MANAGERS)),
        proceeds=(Answer.APPROVE, Answer.DONT_KNOW),
        tells=(FAY,),
        inactive_days=90,
    )

    assert Terms.from_json(wanted.to_json()) == wanted


# ---- Running one -------------------------------------------------------------------------------------------


def facts(state=RoundState.IN_PROGRESS, **changed):
    usual = {"right": ALLOWED, "now": NOW, "state": state, "decided": 1, "waiting": 1, "second_factor": FRESH}
    return ReviewFacts(**usual | changed)


OF_A_ROUND = (can_stop, can_reset, can_remind, can_change_round)
OF_A_REVIEW = (can_change, can_end, can_delete, can_take_over)
COMMANDS = [
    *((command, RoundState.IN_PROGRESS) for command in (*OF_A_ROUND, *OF_A_REVIEW)),
    (can_apply, RoundState.COMPLETED),
]


@pytest.mark.parametrize(("command", "state"), COMMANDS)
def test_each_command_asks_for_the_right_and_for_a_fresh_second_factor(command, state):
    none = denied("AdminRequestRule", "No right.")

    assert command(facts(state))
    assert command(facts(state, right=none, second_factor=SecondFactor(None))) == none
    assert command(facts(state, second_factor=SecondFactor(None))).rules == ("MfaRule",)
    assert command(facts(state, second_factor=None))  # a button has not asked yet


@pytest.mark.parametrize(("command", "state"), COMMANDS)
def test_a_deleted_review_is_only_restored(command, state):
    deleted = facts(state, is_deleted=True)

    assert command(deleted).reason == "This review was deleted. Restore it first."
    assert can_restore(deleted)
    assert can_restore(facts(state)).reason == "This review is not deleted."
    assert can_restore(facts(is_deleted=True, second_factor=SecondFactor(None))).rules == ("MfaRule",)
    assert not can_restore(facts(is_deleted=True, right=denied("AdminRequestRule", "No right.")))


@pytest.mark.parametrize("command", OF_A_ROUND)
@pytest.mark.parametrize("state", [None, *(state for state in RoundState if state != RoundState.IN_PROGRESS)])
def test_what_does_not_run_is_neither_stopped_nor_changed(command, state):
    assert command(facts(state)).rules == ("StateRule",)


@pytest.mark.parametrize("state", [None, *(state for state in RoundState if state != RoundState.COMPLETED)])
def test_only_what_is_completed_is_applied(state):
    assert can_apply(facts(state)).rules == ("StateRule",)


@pytest.mark.parametrize(
    ("command", "changed", "reason"),
    [
        (can_reset, {"decided": 0}, "Nothing is decided yet."),
        (can_remind, {"waiting": 0}, "Everything is decided."),
        (
            can_reset,
            {"is_denied": True},
            "Your own access was denied in it. Another administrator does this.",
        ),
        (can_end, {"is_ended": True}, "No further round is planned."),
        (can_take_over, {"is_owner": True}, "You own this review."),
        (can_stop, {"state": RoundState.APPLIED}, "This round is over: result applied."),
        (can_stop, {"state": RoundState.STARTING}, "This round is starting."),
        (can_stop, {"state": RoundState.NOT_STARTED}, "It has not begun."),
        (
            can_apply,
            {"state": RoundState.COMPLETED, "is_held": True},
            "Its owner may no longer do this. Take the review over first.",
        ),
    ],
)
def test_says_why_there_is_nothing_to_do(command, changed, reason):
    assert command(facts(**changed)).reason == reason


def test_whoever_owns_a_review_that_is_held_may_take_it_up_again():
    assert can_take_over(facts(is_owner=True, is_held=True))


def test_says_where_the_right_is_missing():
    assert may_keep([])
    assert may_keep(["Sales", "Stock"]).reason == (
        "Your active roles do not manage reviews and assignments on Sales or Stock."
    )


def test_what_is_over_goes_nowhere_but_to_its_results():
    assert not [move for move in TRANSITIONS if move[0] in (RoundState.APPLIED, RoundState.CANCELED)]
    assert not set(RUNNING) & set(OVER)


# ---- Answering ---------------------------------------------------------------------------------------------


def answering(**changed):
    usual = {"answer": Answer.APPROVE, "is_mine": True, "is_open": True, "second_factor": FRESH, "now": NOW}
    return AnswerFacts(**usual | changed)


@pytest.mark.parametrize("answer", [Answer.APPROVE, Answer.DENY, Answer.DONT_KNOW])
def test_an_answer_needs_no_reason_unless_it_approves_where_one_is_required(answer):
    assert can_answer(answering(answer=answer))
    required = can_answer(answering(answer=answer, reason_required=True, reason="\u200b "))
    assert required.rules == (("JustificationRule",) if answer == Answer.APPROVE else ())


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"is_open": False}, "StateRule"),
        ({"answer": Answer.NOT_REVIEWED}, "AnswerRule"),
        ({"reason": "x" * 501}, "JustificationRule"),
        ({"second_factor": SecondFactor(None)}, "MfaRule"),
    ],
)
def test_answers_that_are_not_taken(changed, rule):
    assert can_answer(answering(**changed)).rules == (rule,)


def test_whoever_a_line_is_not_for_hears_only_that():
    assert can_answer(answering(is_mine=False, is_open=False, second_factor=SecondFactor(None))).rules == (
        "ReviewerRule",
    )


# ---- Results -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "result"),
    [
        (["RoleAssignmentDoesNotExist"], ApplyResult.NOT_FOUND),
        (["RoleAssignmentDoesNotExist", "LastAdminRule"], ApplyResult.NOT_SUPPORTED),
        (["LastAdminRule"], ApplyResult.NOT_SUPPORTED),
        (["AdminRequestRule"], ApplyResult.NOT_SUPPORTED),
        ([], ApplyResult.NOT_SUPPORTED),
    ],
)
def test_what_a_refusal_of_the_door_means_for_a_line(rules, result):
    assert result_of_refusal(rules) == result
