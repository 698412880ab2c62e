"""Who hears what of a review, when, once, and in which words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from apps.access_requests.services.people import disable_person
from apps.audit.vocabulary import CONSOLE
from apps.common.errors import NotAllowed
from apps.notifications.models import Notice
from apps.reviews.models import Review
from apps.reviews.services.applying import apply_round
from apps.reviews.states import Answer, NoAnswer, RoundState, Who
from apps.roles import built_in
from tests.factories import (
    acting,
    assign,
    disable,
    join,
    make_active,
    make_group,
    make_resource,
    make_user,
    may_join,
)
from tests.reviews.making import (
    CLOSED,
    NOW,
    line_of,
    make_review,
    named,
    run,
    say,
    stage_of,
    start_review,
    terms_for,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def row(ann):
    return assign(ann, now=NOW)


@pytest.fixture
def terms(row, reviewer):
    return terms_for(row, reviewers=[reviewer])


def told(event="review_open", **of):
    found = Notice.objects.filter(event=event, **of).order_by("recipient_name")
    return [each.recipient_name for each in found]


# ---- Reviewers ---------------------------------------------------------------------------------------------


def test_a_reviewer_reads_what_how_much_until_when_and_where(owner, row, ben):
    tokyo = make_user("Tomo", now=NOW, time_zone="Asia/Tokyo")
    rows = [row, assign(ben, now=NOW)]
    terms = terms_for(
        *rows, reviewers=[tokyo], name="Directory", description="Each quarter", extra_text="Ask <b>Olga</b>."
    )

    round_ = start_review(owner, terms, now=NOW)

    notice = Notice.objects.get(recipient_id=tokyo.id)
    assert notice.subject == "PIM: Review access: Directory"
    assert (
        notice.text == "Say until 16 Nov 2026, 18:00 JST of each of 2 assignments whether it is still needed."
    )
    assert notice.facts == [["Review", "Directory"], ["About", "Each quarter"], ["Note", "Ask <b>Olga</b>."]]
    assert notice.link == round_.get_review_url()


def test_only_those_hear_of_it_who_have_something_to_say(owner, reviewer, ann, fallback, row):
    gone = make_user("Gone", now=NOW)
    disable(gone)

    start_review(owner, terms_for(row, stages=(stage_of(reviewer, ann, gone, fallback=[fallback]),)), now=NOW)

    assert told() == ["Rita Reviewer"]  # of Ann it is her own, and the fallback has nothing to do


def test_of_a_group_everybody_in_it_hears_and_whoever_joins_later_then(owner, reviewer, ben, row):
    board = make_group(now=NOW)
    join(reviewer, board, now=NOW)
    start_review(owner, terms_for(row, reviewers=[board]), now=NOW)
    assert told() == ["Rita Reviewer"]

    join(ben, board, now=NOW)
    run(now=NOW + timedelta(hours=1))
    run(now=NOW + timedelta(hours=2))

    assert told() == ["Ben", "Rita Reviewer"]


def test_of_a_group_that_nobody_is_in_those_hear_who_may_join_it(owner, reviewer, ben, row):
    board = make_group(now=NOW)
    may_join(reviewer, board, now=NOW)
    away = make_user("Away", now=NOW)
    may_join(away, board, now=NOW)
    disable(away)

    round_ = start_review(owner, terms_for(row, reviewers=[board]), now=NOW)

    assert told() == ["Rita Reviewer"]
    with pytest.raises(NotAllowed, match="not yours to review"):
        say(line_of(round_, row), Answer.APPROVE, by=reviewer, now=NOW)


def test_whoever_is_done_is_not_reminded(owner, reviewer, ben, row, terms):
    round_ = start_review(owner, terms, now=NOW)
    say(line_of(round_, row), Answer.APPROVE, by=reviewer, now=NOW)

    for days in range(14):
        run(now=NOW + days * DAY)

    assert len(told()) == 1


@pytest.mark.parametrize(
    ("setting", "count"), [({"sends_mails": False}, 2), ({"sends_reminders": False}, 1), ({}, 3)]
)
def test_mails_and_reminders_are_sent_where_the_review_says_so(owner, terms, setting, count):
    start_review(owner, replace(terms, **setting), now=NOW)
    for days in range(14):
        run(now=NOW + days * DAY)

    assert len(told()) == count


def test_holders_who_answer_for_themselves_each_hear_of_it(owner, fallback, ann, ben):
    rows = [assign(each, now=NOW) for each in (ann, ben)]

    start_review(owner, terms_for(*rows, stages=(stage_of(who=Who.HOLDERS, fallback=[fallback]),)), now=NOW)

    assert told() == ["Ann", "Ben"]


def test_a_line_break_in_a_name_begins_no_header(owner, terms):
    start_review(owner, replace(terms, name="Admins\nBcc: eve@example.com"), now=NOW)

    assert Notice.objects.get(event="review_open").subject == (
        "PIM: Review access: Admins Bcc: eve@example.com"
    )


# ---- Owner and others --------------------------------------------------------------------------------------


def test_owner_and_whom_the_review_names_hear_once_that_it_is_completed(owner, reviewer, ben, terms):
    board, away = make_group(now=NOW), make_user("Away", now=NOW)
    for each in (ben, owner, away):
        join(each, board, now=NOW)
    disable(away)

    start_review(owner, replace(terms, tells=named(board, reviewer)), now=NOW)
    run(now=CLOSED)
    run(now=CLOSED)

    assert told("review_completed") == ["Ben", "Olga Owner", "Rita Reviewer"]


@pytest.mark.parametrize(
    ("answer", "automatic", "text"),
    [
        (Answer.DENY, True, "Being removed now: 1 assignment."),
        (Answer.DENY, False, "To be removed: 1 assignment. Look at the results, then apply them."),
        (Answer.APPROVE, True, "Everybody keeps their access."),
    ],
)
def test_the_owner_reads_what_follows(owner, reviewer, row, terms, answer, automatic, text):
    round_ = start_review(owner, replace(terms, applies_automatically=automatic), now=NOW)
    say(line_of(round_, row), answer, by=reviewer, now=NOW)

    run(now=CLOSED)

    completed = Notice.objects.get(subject__startswith="PIM: Access review completed")
    assert (completed.recipient_name, completed.text) == ("Olga Owner", text)
    assert completed.link == round_.get_absolute_url()


def test_the_owner_reads_what_was_removed_and_what_is_left(owner, reviewer, row):
    last = owner.assignments.get(role=built_in.GLOBAL_ADMINISTRATOR)
    terms = terms_for(row, last, reviewers=[reviewer], no_answer=NoAnswer.REMOVE)

    start_review(owner, terms, now=NOW)
    run(now=CLOSED)

    applied = Notice.objects.get(subject="PIM: Access review applied: Privileged roles")
    assert applied.text == "Removed: 1 assignment. Left to remove by hand: 1."


def test_an_empty_review_closes_at_once_and_only_its_owner_hears_of_it(owner, reviewer, terms, row):
    terms = replace(terms, holders="guests")

    review = make_review(owner, terms, now=NOW)
    run(now=NOW)

    round_ = review.rounds.get()
    assert (round_.state, round_.closed_at, round_.items.count()) == (RoundState.APPLIED, NOW, 0)
    assert told() == []
    assert [(each.recipient_name, each.text) for each in Notice.objects.filter(event="review_completed")] == [
        ("Olga Owner", "Everybody keeps their access.")
    ]


def test_a_holder_hears_which_review_took_it_and_why(owner, reviewer, ann, row, terms):
    round_ = start_review(owner, terms, now=NOW)
    say(line_of(round_, row), Answer.DENY, by=reviewer, now=NOW, reason="Left the <b>team</b>")

    run(now=CLOSED)

    notice = Notice.objects.get(recipient_id=ann.id, subject__endswith="ended")
    assert notice.text == "Teams Administrator on Example Organisation: removed."
    facts = dict(notice.facts)
    assert facts["Removed by"] == "Access review Privileged roles"
    assert facts["Why"] == "Denied by Rita Reviewer: Left the <b>team</b>"


# ---- Held --------------------------------------------------------------------------------------------------


def test_admins_hear_once_that_a_review_is_held(owner, reviewer, ann, terms):
    shop = make_resource("Shop", now=NOW)
    keeper = make_user("Karl Keeper", now=NOW)
    make_active(keeper, built_in.RESOURCE_OWNER, shop, now=NOW, ends_at=CLOSED + DAY)
    other = make_user("Otto Other", now=NOW)
    make_active(other, built_in.GLOBAL_ADMINISTRATOR, now=NOW)
    held = assign(ann, built_in.READER, shop, now=NOW, ends_at=CLOSED + DAY)
    terms = terms_for(held, *terms_rows(ann), reviewers=[reviewer], no_answer=NoAnswer.REMOVE)
    start_review(owner, terms, now=NOW)
    disable_person(owner.id, actor=CONSOLE, now=NOW)

    run(now=CLOSED)
    run(now=CLOSED + DAY)

    assert Review.objects.get().held_because
    assert told("review_held") == ["Karl Keeper", "Otto Other"]
    notice = Notice.objects.filter(event="review_held").first()
    assert notice.link == Review.objects.get().get_absolute_url()
    assert notice.text.startswith("Olga Owner, who owns it, may no longer manage all that it reviews.")
    assert not Notice.objects.filter(subject__startswith="PIM: Access review completed").exists()


def terms_rows(holder):
    return holder.assignments.filter(role=built_in.TEAMS_ADMINISTRATOR)


def test_whoever_applies_by_hand_is_written_down(owner, reviewer, row, terms):
    round_ = start_review(owner, replace(terms, applies_automatically=False), now=NOW)
    run(now=CLOSED)

    apply_round(round_.pk, actor=acting(owner, now=CLOSED), now=CLOSED)

    round_.refresh_from_db()
    assert round_.applied_by == "Olga Owner"
