"""What becomes of each answer, and of each denial that is applied."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.access_requests.asks import THE_CONSOLE, Ask
from apps.access_requests.models import AccessRequest
from apps.access_requests.services.door import submit
from apps.access_requests.states import Action
from apps.assignments.membership import members_of
from apps.assignments.models import Assignment
from apps.assignments.selectors import access_of, holdings_of
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.access import Permission
from apps.common.errors import NotAllowed
from apps.reviews.models import Item
from apps.reviews.services.applying import apply_round
from apps.reviews.services.keeping import note_handled
from apps.reviews.states import Answer, ApplyResult, NoAnswer, Outcome, RoundState
from apps.roles import built_in
from tests.factories import (
    acting,
    activate,
    assign,
    join,
    make_active,
    make_group,
    make_resource,
    make_user,
)
from tests.reviews.making import CLOSED, NOW, line_of, run, say, start_review, terms_for

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
LATER = NOW + 60 * DAY


@pytest.fixture
def row(ann):
    return assign(ann, now=NOW)


@pytest.fixture
def deny(owner, reviewer):
    """A round in which these rows are denied."""

    def denied(*rows, **terms):
        round_ = start_review(owner, terms_for(*rows, reviewers=[reviewer], **terms), now=NOW)
        for row in rows:
            say(line_of(round_, row), Answer.DENY, by=reviewer, now=NOW)
        return round_

    return denied


def remove(row, *, now):
    submit(Ask(Action.ADMIN_REMOVE, assignment_id=row.id), actor=THE_CONSOLE, now=now)


def is_there(row):
    return Assignment.objects.not_ended(CLOSED).filter(pk=row.pk).exists()


# ---- What an answer, and none, means -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("no_answer", "advice", "outcome"),
    [
        (NoAnswer.KEEP, "deny", Outcome.KEEP),
        (NoAnswer.APPROVE, "deny", Outcome.KEEP),
        (NoAnswer.REMOVE, "approve", Outcome.REMOVE),
        (NoAnswer.RECOMMENDATION, "deny", Outcome.REMOVE),
        (NoAnswer.RECOMMENDATION, "approve", Outcome.KEEP),
        (NoAnswer.RECOMMENDATION, "no_info", Outcome.KEEP),
    ],
)
def test_what_silence_means_and_that_dont_know_is_no_silence(
    owner, reviewer, ben, row, no_answer, advice, outcome
):
    unsure = assign(ben, now=NOW)
    terms = terms_for(row, reviewers=[reviewer], no_answer=no_answer)
    round_ = start_review(owner, terms, now=NOW)
    Item.objects.update(recommendation=advice)
    say(line_of(round_, unsure), Answer.DONT_KNOW, by=reviewer, now=NOW)

    run(now=CLOSED)

    silent, known = line_of(round_, row), line_of(round_, unsure)
    assert (silent.outcome, is_there(row)) == (outcome, outcome == Outcome.KEEP)
    assert silent.outcome_reason.startswith("Nobody answered: ")
    assert (known.outcome, known.outcome_reason, is_there(unsure)) == (Outcome.KEEP, "", True)


def test_an_answer_counts_whatever_silence_would_mean(owner, reviewer, row):
    terms = terms_for(row, reviewers=[reviewer], no_answer=NoAnswer.REMOVE)
    round_ = start_review(owner, terms, now=NOW)
    say(line_of(round_, row), Answer.APPROVE, by=reviewer, now=NOW)

    run(now=CLOSED)

    assert is_there(row)


def test_by_hand_nothing_is_removed_until_somebody_applies_it(owner, row, deny):
    round_ = deny(row, applies_automatically=False)
    run(now=CLOSED)
    round_.refresh_from_db()
    assert (round_.state, line_of(round_, row).apply_result) == (RoundState.COMPLETED, ApplyResult.NEW)
    assert is_there(row)

    apply_round(round_.pk, actor=acting(owner, now=CLOSED), now=CLOSED)
    run(now=CLOSED)

    assert line_of(round_, row).apply_result == ApplyResult.APPLIED
    assert not is_there(row)
    applied = AuditEvent.objects.get(action=AuditAction.ROUND_APPLIED)
    assert applied.details["applied"] == 1


def test_nothing_is_removed_before_the_round_is_over(row, deny):
    deny(row)

    run(now=CLOSED - timedelta(minutes=1))

    assert is_there(row)


# ---- What comes of a denial --------------------------------------------------------------------------------


def test_what_has_gone_meanwhile_was_gone_already(row, deny):
    round_ = deny(row)
    remove(row, now=NOW + DAY)

    run(now=CLOSED)

    assert line_of(round_, row).apply_result == ApplyResult.NOT_FOUND


def test_what_was_given_anew_is_left_to_do_by_hand(ann, row, deny):
    round_ = deny(row)
    remove(row, now=NOW + DAY)
    again = assign(ann, now=NOW + 2 * DAY)

    run(now=CLOSED)

    item = line_of(round_, row)
    assert (item.apply_result, item.apply_reason) == (
        ApplyResult.NOT_SUPPORTED,
        "It ended, and was given anew on 4 Nov 2026: that was not reviewed. "
        "Remove it by hand, then note it here.",
    )
    assert is_there(again)


def test_what_was_held_besides_was_not_given_anew(owner, reviewer, ann, row):
    active = make_active(ann, built_in.TEAMS_ADMINISTRATOR, now=NOW)
    round_ = start_review(owner, terms_for(row, reviewers=[reviewer]), now=NOW)
    say(line_of(round_, row), Answer.DENY, by=reviewer, now=NOW)
    remove(row, now=NOW + DAY)

    run(now=CLOSED)

    assert line_of(round_, row).apply_result == ApplyResult.NOT_FOUND
    assert is_there(active)


def test_the_last_global_administrator_stays(owner, deny):
    row = owner.assignments.get(role=built_in.GLOBAL_ADMINISTRATOR)
    round_ = deny(row)

    run(now=CLOSED)

    item = line_of(round_, row)
    assert item.apply_result == ApplyResult.NOT_SUPPORTED
    assert item.apply_reason.startswith("This is the last Global Administrator.")
    assert is_there(row)


def test_what_is_activated_on_it_ends_too(ann, deny):
    row = assign(ann, now=NOW)
    round_ = deny(row)
    activated = activate(row, ann, now=CLOSED - timedelta(minutes=10)).result

    run(now=CLOSED)

    activated.refresh_from_db()
    assert line_of(round_, row).apply_result == ApplyResult.APPLIED
    assert activated.ended_how == Assignment.End.GROUND_LOST


def test_of_a_group_everybody_loses_it(ann, ben, deny):
    group = make_group(now=NOW, is_role_assignable=True)
    for each in (ann, ben):
        join(each, group, now=NOW)
    row = make_active(group, built_in.SECURITY_READER, now=NOW)
    assert may_read(ann, NOW)

    deny(row)
    run(now=CLOSED)

    assert not may_read(ann, CLOSED)
    assert not may_read(ben, CLOSED)
    assert set(members_of({group.id}, now=CLOSED)[group.id]) == {ann.id, ben.id}


def may_read(user, now):
    return access_of(user.id, holdings_of(user, now=now)).may_somewhere(Permission.AUDIT_READ)


def test_membership_that_is_denied_ends_with_all_that_the_group_gives(ann, deny):
    group = make_group(now=NOW, is_role_assignable=True)
    make_active(group, built_in.SECURITY_READER, now=NOW)
    row = join(ann, group, now=NOW)

    deny(row)
    run(now=CLOSED)

    assert not may_read(ann, CLOSED)


def test_each_removal_is_a_request_of_the_review_with_who_denied_it(row, deny):
    deny(row, name="Quarterly")

    run(now=CLOSED)

    request = AccessRequest.objects.get(action=Action.ADMIN_REMOVE)
    assert (request.requester, request.requester_name, request.justification) == (
        None,
        "Quarterly",
        "Denied by Rita Reviewer: Needed.",
    )


def test_what_nobody_answered_says_that_nobody_did(owner, reviewer, row):
    start_review(owner, terms_for(row, reviewers=[reviewer], no_answer=NoAnswer.REMOVE), now=NOW)

    run(now=CLOSED)

    request = AccessRequest.objects.get(action=Action.ADMIN_REMOVE)
    assert request.justification == "Nobody answered: access is removed."


# ---- By hand -----------------------------------------------------------------------------------------------


def test_what_is_done_by_hand_is_noted_once_by_whoever_manages_it(owner, reviewer, ann, ben, deny):
    here, there = make_resource("Here", now=NOW), make_resource("There", now=NOW)
    rows = [assign(ann, built_in.READER, at, now=NOW, ends_at=LATER) for at in (here, there)]
    round_ = deny(*rows)
    for row in rows:
        remove(row, now=NOW + DAY)
        assign(ann, built_in.READER, row.resource, now=NOW + DAY, ends_at=LATER)
    run(now=CLOSED)
    keeper = make_user(now=NOW)
    make_active(keeper, built_in.RESOURCE_OWNER, here, now=NOW, ends_at=LATER)
    items = [line_of(round_, row) for row in rows]
    assert Item.objects.by_hand().count() == 2

    with pytest.raises(NotAllowed):
        note_handled(items[1].pk, note="Done", actor=acting(keeper, now=CLOSED), now=CLOSED)
    stale = acting(owner, now=CLOSED, proven_at=NOW)
    with pytest.raises(NotAllowed) as refused:
        note_handled(items[1].pk, note="Done", actor=stale, now=CLOSED)
    assert refused.value.rules == ("MfaRule",)
    note_handled(items[1].pk, note="Done", actor=acting(owner, now=CLOSED), now=CLOSED)

    assert [item.pk for item in Item.objects.by_hand()] == [items[0].pk]
    event = AuditEvent.objects.get(action=AuditAction.LINE_HANDLED)
    assert (event.actor_name, event.justification, event.target_name) == ("Olga Owner", "Done", "Ann")
