"""Who may answer on a line, on which proof, and what is written of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.access_requests.asks import Actor
from apps.accounts.policy import NO_FACTOR, SecondFactor
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.errors import Conflict, NotAllowed
from apps.reviews.models import Decision, Item
from apps.reviews.policy.answering import REVIEWING_LASTS, AnswerFacts, can_answer
from apps.reviews.policy.recommending import Recommendation
from apps.reviews.selectors.reviewing import Reviewing, digest_of, front_of, recommended_on
from apps.reviews.services.answering import Said, answer_lines, follow_recommendations
from apps.reviews.states import Answer, Who
from apps.roles import built_in
from tests.factories import assign, join, make_active, make_group, make_user, may_join
from tests.reviews.making import line_of, reviewing, run, say, stage_of, start_review, terms_for

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
MINUTE, HOUR, TICK = timedelta(minutes=1), timedelta(hours=1), timedelta(microseconds=1)


# ---- The rules ---------------------------------------------------------------------------------------------


def facts(**other):
    usual = {"answer": Answer.APPROVE, "now": NOW, "is_mine": True, "is_open": True}
    return AnswerFacts(**usual | {"second_factor": SecondFactor(NOW)} | other)


def rules(**other):
    return [refusal.rule for refusal in can_answer(facts(**other)).refusals]


def test_takes_an_answer_of_its_reviewer():
    assert rules() == []


@pytest.mark.parametrize(
    ("other", "refused"),
    [
        ({"is_mine": False, "is_open": False, "second_factor": NO_FACTOR}, ["ReviewerRule"]),
        ({"is_open": False}, ["StateRule"]),
        ({"answer": Answer.NOT_REVIEWED}, ["AnswerRule"]),
        ({"reason_required": True, "reason": " \u200b"}, ["JustificationRule"]),
        ({"reason_required": True, "answer": Answer.DENY}, []),
        ({"reason_required": True, "answer": Answer.DONT_KNOW}, []),
        ({"second_factor": NO_FACTOR}, ["MfaRule"]),
        ({"second_factor": SecondFactor(NOW - 6 * MINUTE)}, ["MfaRule"]),
    ],
)
def test_refuses(other, refused):
    assert rules(**other) == refused


@pytest.mark.parametrize(
    ("ago", "refused"), [(HOUR, []), (REVIEWING_LASTS, []), (REVIEWING_LASTS + TICK, ["MfaRule"])]
)
def test_goes_on_for_eight_hours_with_the_proof_it_began_with(ago, refused):
    began = NOW - ago

    assert rules(second_factor=SecondFactor(began - MINUTE, given_at=began)) == refused


def test_does_not_go_on_with_a_proof_that_was_old_when_it_began():
    assert rules(second_factor=SecondFactor(NOW - HOUR, given_at=NOW)) == ["MfaRule"]


# ---- Who reviews what --------------------------------------------------------------------------------------


@pytest.fixture
def owner(db):
    user = make_user("Olga Owner", now=NOW)
    make_active(user, built_in.GLOBAL_ADMINISTRATOR, now=NOW)
    return user


@pytest.fixture
def rita(db):
    return make_user("Rita Reviewer", now=NOW)


@pytest.fixture
def ben(db):
    return make_user("Ben Carter", now=NOW)


@pytest.fixture
def open_line(owner, rita, ben):
    """One line in front of Rita and of the owner."""
    row = assign(ben, now=NOW)
    return line_of(start_review(owner, terms_for(row, reviewers=[rita, owner]), now=NOW), row)


def in_front_of(user):
    return set(Reviewing(user, (), now=NOW).lines.values_list("holder_name", flat=True))


@pytest.mark.parametrize("bring_in", [join, may_join])
@pytest.mark.parametrize("depth", [0, 1])
@pytest.mark.django_db
def test_nobody_judges_what_they_hold_through_a_group(owner, rita, ben, bring_in, depth):
    holder = inner = make_group("Holders", now=NOW)
    if depth:
        inner = make_group("Inner", now=NOW)
        join(inner, holder, now=NOW)
    bring_in(rita, inner, now=NOW)
    target = make_group("Target", now=NOW)
    rows = [join(each, target, now=NOW) for each in (holder, ben)]
    round_ = start_review(owner, terms_for(*rows, reviewers=[rita, owner]), now=NOW)

    assert in_front_of(rita) == {"Ben Carter"}
    with pytest.raises(NotAllowed, match="not yours"):
        say(line_of(round_, rows[0]), Answer.APPROVE, by=rita, now=NOW)
    say(line_of(round_, rows[0]), Answer.APPROVE, by=owner, now=NOW)


def test_nobody_judges_what_they_hold_themself(owner, rita, ben):
    rows = [assign(user, now=NOW) for user in (rita, ben)]
    round_ = start_review(owner, terms_for(*rows, reviewers=[rita, owner]), now=NOW)

    assert in_front_of(rita) == {"Ben Carter"}
    with pytest.raises(NotAllowed, match="not yours"):
        say(line_of(round_, rows[0]), Answer.APPROVE, by=rita, now=NOW)
    assert not Decision.objects.exists()


def test_holders_answer_for_themselves_where_they_are_asked(owner, rita, ben):
    row = assign(ben, now=NOW)
    terms = terms_for(row, stages=(stage_of(who=Who.HOLDERS, fallback=[rita]),))
    line = line_of(start_review(owner, terms, now=NOW), row)

    say(line, Answer.APPROVE, by=ben, now=NOW)

    assert Decision.objects.get().is_own
    with pytest.raises(NotAllowed, match="not yours"):
        say(line, Answer.DENY, by=rita, now=NOW)


# ---- What is written ---------------------------------------------------------------------------------------


def test_writes_down_each_answer_with_its_reason(open_line, rita):
    say(open_line, Answer.DENY, by=rita, now=NOW, reason="Left the team")
    say(open_line, Answer.APPROVE, by=rita, now=NOW + MINUTE, reason="Came back")

    decision = Decision.objects.get()
    assert (decision.answer, decision.reason, decision.version) == (Answer.APPROVE, "Came back", 2)
    events = AuditEvent.objects.filter(action=AuditAction.LINE_DECIDED).order_by("at")
    assert [(each.details["answer"], each.justification) for each in events] == [
        ("deny", "Left the team"),
        ("approve", "Came back"),
    ]
    assert {(each.actor_name, each.target_name) for each in events} == {("Rita Reviewer", "Ben Carter")}


@pytest.mark.parametrize("seen", [0, 1])
def test_of_two_the_slower_changes_nothing(open_line, rita, owner, seen):
    if seen:
        say(open_line, Answer.DONT_KNOW, by=owner, now=NOW)
    say(open_line, Answer.DENY, by=owner, now=NOW, seen=seen)

    with pytest.raises(Conflict, match="Somebody else answered"):
        say(open_line, Answer.APPROVE, by=rita, now=NOW, seen=seen)

    assert Item.objects.get().answer == Answer.DENY
    assert Decision.objects.get().decided_by == owner
    assert AuditEvent.objects.filter(action=AuditAction.LINE_DECIDED).count() == seen + 1


def test_takes_nothing_after_the_end(open_line, rita):
    with pytest.raises(NotAllowed, match="closed"):
        say(open_line, Answer.DENY, by=rita, now=NOW + timedelta(days=14))

    assert Item.objects.get().answer == Answer.NOT_REVIEWED


def lines_for(owner, rita, count):
    rows = [assign(make_user(now=NOW), now=NOW) for _ in range(count)]
    return start_review(owner, terms_for(*rows, reviewers=[rita], recommends=True), now=NOW)


def queries_of(action):
    with CaptureQueriesContext(connection) as queries:
        action()
    return len(queries)


def test_saves_many_with_as_many_queries_as_two(owner, rita):
    round_ = lines_for(owner, rita, 20)
    ids = list(round_.items.values_list("pk", flat=True))
    actor = reviewing(rita, now=NOW)

    def save(ids, answer, seen):
        return queries_of(
            lambda: answer_lines([Said(id_, answer, "", seen) for id_ in ids], actor=actor, now=NOW)
        )

    assert save(ids[:2], Answer.DENY, 0) == save(ids[2:], Answer.DENY, 0)
    assert save(ids[:2], Answer.APPROVE, 1) == save(ids[2:], Answer.APPROVE, 1)


def test_all_or_none_of_many_are_saved(owner, rita):
    round_ = lines_for(owner, rita, 3)
    ids = list(round_.items.values_list("pk", flat=True))
    said = [Said(id_, Answer.DENY) for id_ in ids[:2]] + [Said(ids[2], Answer.DENY, seen=7)]

    with pytest.raises(Conflict):
        answer_lines(said, actor=reviewing(rita, now=NOW), now=NOW)

    assert not Decision.objects.exists()
    assert not AuditEvent.objects.filter(action=AuditAction.LINE_DECIDED).exists()


# ---- As recommended ----------------------------------------------------------------------------------------


@pytest.fixture
def recommended(owner, rita):
    """Three lines: approve, deny and nothing are recommended."""
    round_ = lines_for(owner, rita, 3)
    for item, advice in zip(round_.items.order_by("holder_name"), Recommendation.values, strict=True):
        Item.objects.filter(pk=item.pk).update(
            recommendation=advice, recommendation_reason=f"It is {advice}."
        )
    return round_


def seen_by(rita, round_):
    return recommended_on(front_of(Reviewing(rita, (), now=NOW), round_.pk))


def test_follows_recommendations_where_there_are_any(recommended, rita):
    found = seen_by(rita, recommended)
    assert (found.approve, found.deny, found.none, found.left) == (1, 1, 1, 0)

    count = follow_recommendations(recommended.pk, found.digest, actor=reviewing(rita, now=NOW), now=NOW)

    assert count == 2
    answers = dict(recommended.items.values_list("recommendation", "answer"))
    assert answers == {"approve": "approve", "deny": "deny", "no_info": "not_reviewed"}
    assert set(Decision.objects.values_list("reason", flat=True)) == {
        "As recommended: It is approve.",
        "As recommended: It is deny.",
    }
    assert AuditEvent.objects.filter(action=AuditAction.LINE_DECIDED).count() == 2


def test_follows_nothing_but_what_was_shown(recommended, rita):
    digest = seen_by(rita, recommended).digest
    say(recommended.items.get(recommendation="deny"), Answer.APPROVE, by=rita, now=NOW)

    with pytest.raises(Conflict, match="changed meanwhile"):
        follow_recommendations(recommended.pk, digest, actor=reviewing(rita, now=NOW), now=NOW)

    assert Decision.objects.count() == 1


def test_follows_nothing_without_a_proof(recommended, rita):
    digest = seen_by(rita, recommended).digest

    with pytest.raises(NotAllowed, match="Confirm that it is you"):
        follow_recommendations(recommended.pk, digest, actor=Actor.person(rita), now=NOW)

    assert not Decision.objects.exists()


def test_takes_so_many_at_once(recommended, rita, monkeypatch):
    monkeypatch.setattr("apps.reviews.selectors.reviewing.AT_ONCE", 1)
    found = seen_by(rita, recommended)
    assert (len(found.items), found.left, found.digest) == (1, 1, digest_of(found.items))

    assert follow_recommendations(recommended.pk, found.digest, actor=reviewing(rita, now=NOW), now=NOW) == 1
    assert seen_by(rita, recommended).left == 0


# ---- What waits --------------------------------------------------------------------------------------------


def test_counts_the_rounds_with_something_undecided(open_line, rita, ben):
    assert Reviewing(rita, (), now=NOW).waiting_count == 1
    assert Reviewing(ben, (), now=NOW).waiting_count == 0

    say(open_line, Answer.DENY, by=rita, now=NOW)

    assert Reviewing(rita, (), now=NOW).waiting_count == 0


def test_counts_no_round_that_is_over(open_line, rita):
    over = NOW + timedelta(days=14)
    assert Reviewing(rita, (), now=over).waiting_count == 0
    run(now=over)
    assert Reviewing(rita, (), now=over).waiting_count == 0


def test_counts_nothing_of_ones_own(owner, rita):
    row = assign(rita, now=NOW)
    start_review(owner, terms_for(row, reviewers=[rita, owner]), now=NOW)

    assert Reviewing(rita, (), now=NOW).waiting_count == 0
    assert Reviewing(owner, (), now=NOW).waiting_count == 1


def test_asks_once_about_whoever_reviews_nothing(open_line, ben):
    assert queries_of(lambda: Reviewing(ben, (), now=NOW).waiting_count) == 1
