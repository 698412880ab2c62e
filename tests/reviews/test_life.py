"""The life of a review, from its beginning to the access that is gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from apps.access_requests.models import AccessRequest
from apps.assignments.models import Assignment
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.notifications.models import Notice
from apps.reviews.models import Item, Round
from apps.reviews.policy.calendar import Frequency
from apps.reviews.services.applying import apply_round
from apps.reviews.states import Answer, ApplyResult, NoAnswer, Outcome, RoundState
from apps.roles import built_in
from tests.factories import acting, assign, make_active, make_user
from tests.reviews.making import calendar_from, line_of, run, say, start_review, terms_for

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
CLOSED = NOW + timedelta(days=14)


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


def test_what_is_denied_is_gone_once_the_round_is_over(owner, reviewer, rows):
    round_ = start_review(owner, terms_for(*rows, reviewers=[reviewer]), now=NOW)
    assert round_.state == RoundState.IN_PROGRESS
    assert round_.items.count() == 3
    say(line_of(round_, rows[0]), Answer.APPROVE, by=reviewer, now=NOW)
    say(line_of(round_, rows[1]), Answer.DENY, by=reviewer, now=NOW, reason="Left the team")

    run(now=CLOSED)

    round_.refresh_from_db()
    assert round_.state == RoundState.APPLIED
    rows[1].refresh_from_db()
    assert rows[1].ended_how == Assignment.End.REMOVED
    assert Assignment.objects.not_ended(CLOSED).filter(pk__in=[rows[0].pk, rows[2].pk]).count() == 2
    results = dict(round_.items.values_list("holder_name", "apply_result"))
    assert results == {"Ann": "", "Ben": ApplyResult.APPLIED, "Cem": ""}
    request = AccessRequest.objects.get(action="admin_remove")
    assert request.justification == "Denied by Rita Reviewer: Left the team"
    ended = AuditEvent.objects.get(action=AuditAction.ASSIGNMENT_ENDED)
    assert (ended.actor_kind, ended.actor_name) == ("review", "Privileged roles")
    said = AuditEvent.objects.get(action=AuditAction.LINE_DECIDED, target_name="Ben").sentence
    assert said == "Rita Reviewer reviewed Teams Administrator on Example Organisation of Ben: denied."
    applied = AuditEvent.objects.get(action=AuditAction.ROUND_APPLIED)
    assert applied.sentence == "Access review Privileged roles applied its results."


def test_reviewers_are_told_once_and_reminded_twice(owner, reviewer, rows):
    round_ = start_review(owner, terms_for(*rows, reviewers=[reviewer]), now=NOW)
    run(now=NOW + timedelta(hours=1))
    run(now=NOW + timedelta(days=7))
    run(now=NOW + timedelta(days=13))
    run(now=NOW + timedelta(days=13, hours=2))

    told = Notice.objects.filter(recipient_id=reviewer.id, event="review_open").order_by("created_at")
    assert [each.subject for each in told] == [
        "PIM: Review access: Privileged roles",
        "PIM: Still to review: Privileged roles",
        "PIM: Last day to review: Privileged roles",
    ]
    assert all(each.link == round_.get_review_url() for each in told)


def test_the_next_round_starts_by_the_clock_with_fresh_lines(owner, reviewer, rows):
    calendar = calendar_from(NOW, Frequency.QUARTERLY)
    start_review(owner, terms_for(*rows, reviewers=[reviewer]), now=NOW, calendar=calendar)
    run(now=CLOSED)
    later = assign(make_user("Dora", now=CLOSED), now=CLOSED)

    run(now=datetime(2027, 2, 2, 9, tzinfo=UTC))

    second = Round.objects.get(number=2)
    assert second.state == RoundState.IN_PROGRESS
    assert {item.assignment_id for item in second.items.all()} == {*(row.pk for row in rows), later.pk}


@pytest.mark.parametrize(
    ("no_answer", "outcome"),
    [(NoAnswer.KEEP, Outcome.KEEP), (NoAnswer.APPROVE, Outcome.KEEP), (NoAnswer.REMOVE, Outcome.REMOVE)],
)
def test_silence_does_what_the_review_says(owner, reviewer, rows, no_answer, outcome):
    terms = terms_for(*rows, reviewers=[reviewer], no_answer=no_answer)
    round_ = start_review(owner, terms, now=NOW)

    run(now=CLOSED)

    assert set(Item.objects.filter(round=round_).values_list("outcome", flat=True)) == {outcome}


def test_it_is_written_down_who_had_the_results_applied(owner, reviewer, rows):
    round_ = start_review(owner, terms_for(*rows, reviewers=[reviewer], applies_automatically=False), now=NOW)
    say(line_of(round_, rows[1]), Answer.DENY, by=reviewer, now=NOW)
    run(now=CLOSED)

    apply_round(round_.id, actor=acting(owner, now=CLOSED), now=CLOSED)

    round_.refresh_from_db()
    assert round_.state == RoundState.APPLYING
    assert (round_.applied_by, round_.applied_by_email) == ("Olga Owner", "olga.owner@example.com")
    event = AuditEvent.objects.get(action=AuditAction.APPLYING_STARTED)
    assert event.sentence == (
        "Olga Owner started to apply the results of the access review Privileged roles."
    )
