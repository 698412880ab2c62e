"""A round is of one moment: its terms and its lines are those of its beginning, whatever changes since."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from apps.access_requests.asks import THE_CONSOLE, Ask
from apps.access_requests.services.door import submit
from apps.access_requests.services.people import disable_person
from apps.access_requests.states import Action
from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.audit.vocabulary import CONSOLE
from apps.reviews.policy.calendar import Frequency
from apps.reviews.policy.terms import Scope
from apps.reviews.services.setting_up import change_review
from apps.reviews.states import Answer, NoAnswer, RoundState
from apps.roles import built_in
from apps.roles.services.custom_roles import create_role, retire_role
from apps.roles.services.resources import move_resource, retire_resource
from tests.factories import acting, activate, assign, join, make_active, make_group, make_resource, make_user
from tests.reviews.making import (
    CLOSED,
    NOW,
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

DAY = timedelta(days=1)
LATER = NOW + 60 * DAY


@pytest.fixture
def row(ann):
    return assign(ann, now=NOW)


def remove(row, *, now=NOW):
    submit(Ask(Action.ADMIN_REMOVE, assignment_id=row.id), actor=THE_CONSOLE, now=now)


# ---- Terms -------------------------------------------------------------------------------------------------


def test_a_change_of_the_series_does_not_touch_the_round_that_runs(owner, reviewer, ben, row):
    terms = terms_for(row, reviewers=[reviewer], name="Before")
    round_ = start_review(owner, terms, now=NOW, calendar=calendar_from(NOW, Frequency.MONTHLY))
    other = assign(ben, built_in.SECURITY_READER, now=NOW)
    after = terms_for(other, stages=(stage_of(ben, days=3),), name="After", no_answer=NoAnswer.REMOVE)

    change_review(
        round_.review_id,
        terms=after,
        calendar=calendar_from(NOW, Frequency.MONTHLY),
        actor=acting(owner, now=NOW),
        now=NOW,
    )
    run(now=NOW + 3 * DAY)
    round_.refresh_from_db()
    assert (round_.state, round_.terms.name, round_.stage_closes_at) == (
        RoundState.IN_PROGRESS,
        "Before",
        CLOSED,
    )
    say(line_of(round_, row), Answer.DENY, by=reviewer, now=NOW + 3 * DAY)
    run(now=CLOSED)

    assert not Assignment.objects.not_ended(CLOSED).filter(pk=row.pk).exists()  # by the scope it began with
    run(now=NOW + 30 * DAY)
    second = round_.review.rounds.get(number=2)
    assert (second.terms.name, [item.assignment for item in second.items.all()]) == ("After", [other])


# ---- Lines -------------------------------------------------------------------------------------------------


def test_only_what_is_assigned_in_its_scopes_then_is_a_line(owner, reviewer, ann, ben, row):
    top = make_resource(now=NOW)
    leaf = make_resource(parent=top, now=NOW)
    here = assign(ann, built_in.READER, top, now=NOW, ends_at=LATER)
    below = assign(ann, built_in.READER, leaf, now=NOW, ends_at=LATER)
    activate(row, ann, now=NOW)
    assign(ben, now=NOW, starts_at=NOW + DAY)  # begins later
    remove(assign(make_user(now=NOW), now=NOW))
    assign(make_user(now=NOW - 9 * DAY), now=NOW - 9 * DAY, ends_at=NOW)  # ended by the clock this instant
    assign(ben, built_in.SECURITY_READER, now=NOW)  # another role
    assign(ben, built_in.CONTRIBUTOR, top, now=NOW, ends_at=LATER)

    round_ = start_review(owner, terms_for(row, here, reviewers=[reviewer]), now=NOW)
    assert {item.assignment for item in round_.items.all()} == {row, here}

    scope = Scope(built_in.READER, top.id, includes_below=True)
    round_ = start_review(owner, terms_for(reviewers=[reviewer], scopes=(scope,)), now=NOW)
    assert {item.assignment for item in round_.items.all()} == {here, below}


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [((True, False), {"eligible"}), ((False, True), {"active"}), ((True, True), {"eligible", "active"})],
)
def test_eligible_or_active_or_both(owner, reviewer, row, ben, kinds, expected):
    make_active(ben, built_in.TEAMS_ADMINISTRATOR, now=NOW)
    eligible, active = kinds

    terms = terms_for(row, reviewers=[reviewer], includes_eligible=eligible, includes_active=active)

    assert set(start_review(owner, terms, now=NOW).items.values_list("kind", flat=True)) == expected


def test_guests_only_or_only_whoever_has_not_signed_in(owner, reviewer, row):
    guest = assign(make_user("Gus Guest", now=NOW, type=User.Type.GUEST), now=NOW)
    User.objects.filter(pk=row.principal_id).update(last_sign_in_at=NOW)
    User.objects.update(created_at=NOW - 400 * DAY)
    for changed in ({"holders": "guests"}, {"inactive_days": 365}):
        terms = terms_for(row, reviewers=[reviewer], **changed)
        assert [item.assignment for item in start_review(owner, terms, now=NOW).items.all()] == [guest]


def test_lines_are_those_of_the_beginning(owner, reviewer, ann, ben, row):
    gone = assign(ben, now=NOW)
    round_ = start_review(owner, terms_for(row, reviewers=[reviewer], no_answer=NoAnswer.REMOVE), now=NOW)
    User.objects.filter(pk=ann.pk).update(name="Anna Anew")
    remove(gone)
    late = assign(make_user("Lea Late", now=NOW), now=NOW + DAY)
    run(now=NOW + 2 * DAY)

    assert {item.holder_name for item in round_.items.all()} == {"Ann", "Ben"}
    run(now=CLOSED)

    results = dict(round_.items.values_list("holder_name", "apply_result"))
    assert results == {"Ann": "applied", "Ben": "not_found"}
    assert Assignment.objects.not_ended(CLOSED).filter(pk=late.pk).exists()


def test_what_was_ended_while_lines_were_written_is_still_one_of_them(owner, reviewer, ann, ben, row):
    review = make_review(owner, terms_for(row, reviewers=[reviewer]), now=NOW)
    remove(row, now=NOW + timedelta(seconds=1))
    round_ = review.rounds.get()
    run(now=NOW)

    assert line_of(round_, row).holder_name == "Ann"


def test_a_group_is_one_line_that_names_its_people(owner, reviewer, ann, ben):
    group = make_group("Admins", now=NOW, is_role_assignable=True)
    for each in (ann, ben):
        join(each, group, now=NOW)
    row = make_active(group, built_in.SECURITY_READER, now=NOW)

    round_ = start_review(owner, terms_for(row, reviewers=[reviewer]), now=NOW)

    item = round_.items.get()
    assert (item.holder_type, [person["name"] for person in item.people]) == ("group", ["Ann", "Ben"])


# ---- What goes out of use while it runs --------------------------------------------------------------------


def started_on(owner, reviewer, *rows):
    """A round in which everything is denied."""
    round_ = start_review(owner, terms_for(*rows, reviewers=[reviewer]), now=NOW)
    for row in rows:
        say(line_of(round_, row), Answer.DENY, by=reviewer, now=NOW)
    return round_


def results(round_):
    run(now=CLOSED)
    round_.refresh_from_db()
    assert round_.state == RoundState.APPLIED
    return [(item.apply_result, item.apply_reason) for item in round_.items.all()]


def test_a_role_that_is_retired_while_the_round_runs(owner, reviewer, ann):
    role = create_role(provider="directory", name="Custom", actor=CONSOLE, now=NOW)
    row = assign(ann, role.id, now=NOW)
    round_ = started_on(owner, reviewer, row)
    remove(row)
    retire_role(role=role, actor=CONSOLE, now=NOW)

    assert results(round_) == [("not_found", "This has ended already.")]


def test_a_resource_that_is_retired_while_the_round_runs(owner, reviewer, ann):
    shop = make_resource(now=NOW)
    row = assign(ann, built_in.READER, shop, now=NOW, ends_at=LATER)
    round_ = started_on(owner, reviewer, row)
    remove(row)
    retire_resource(resource=shop, actor=CONSOLE, now=NOW)

    assert results(round_) == [("not_found", "This has ended already.")]


def test_a_round_on_what_is_retired_is_empty_and_over_at_once(owner, reviewer, ann):
    role = create_role(provider="directory", name="Custom", actor=CONSOLE, now=NOW)
    row = assign(ann, role.id, now=NOW)
    review = make_review(owner, terms_for(row, reviewers=[reviewer]), now=NOW)
    remove(row)
    retire_role(role=role, actor=CONSOLE, now=NOW)

    run(now=NOW + timedelta(minutes=1))

    round_ = review.rounds.get()
    assert (round_.state, round_.items.count()) == (RoundState.APPLIED, 0)


def test_a_resource_that_is_moved_is_covered_by_where_it_lies_then(owner, reviewer, ann):
    here, there = make_resource("Here", now=NOW), make_resource("There", now=NOW)
    shop, mall = (make_resource(name, parent=here, now=NOW) for name in ("Shop", "Mall"))
    rows = [assign(ann, built_in.READER, at, now=NOW, ends_at=LATER) for at in (shop, mall)]
    scope = Scope(built_in.READER, here.id, includes_below=True)
    terms = terms_for(reviewers=[reviewer], scopes=(scope,), no_answer=NoAnswer.REMOVE)
    round_ = start_review(owner, terms, now=NOW)

    move_resource(resource=shop, parent=there, actor=CONSOLE, now=NOW)
    run(now=CLOSED)

    moved, stayed = (line_of(round_, row) for row in rows)
    assert (moved.apply_result, moved.apply_reason) == (
        "not_supported",
        "This access review does not cover this assignment. Remove it by hand, then note it here.",
    )
    assert stayed.apply_result == "applied"
    assert Assignment.objects.not_ended(CLOSED).filter(pk=rows[0].pk).exists()


def test_a_holder_who_is_disabled_loses_what_is_denied_all_the_same(owner, reviewer, ann, row):
    round_ = started_on(owner, reviewer, row)
    disable_person(ann.id, actor=CONSOLE, now=NOW)

    assert results(round_) == [("applied", "")]


def test_the_recommendation_is_that_of_the_beginning(owner, reviewer, ann, row):
    User.objects.filter(pk=ann.pk).update(created_at=NOW - 400 * DAY)
    terms = terms_for(row, reviewers=[reviewer], no_answer=NoAnswer.RECOMMENDATION)
    round_ = start_review(owner, terms, now=NOW)
    assert line_of(round_, row).recommendation == "deny"
    User.objects.filter(pk=ann.pk).update(last_sign_in_at=NOW + DAY)

    run(now=CLOSED)

    item = line_of(round_, row)
    assert (item.apply_result, item.outcome_reason) == (
        "applied",
        "Nobody answered: the recommendation counts.",
    )


def test_the_next_round_has_what_became_of_it(owner, reviewer, ann, row):
    terms = terms_for(row, reviewers=[reviewer])
    round_ = start_review(owner, terms, now=NOW, calendar=calendar_from(NOW, Frequency.MONTHLY))
    say(line_of(round_, row), Answer.DENY, by=reviewer, now=NOW)
    run(now=CLOSED)
    again = assign(ann, now=CLOSED)

    run(now=NOW + 30 * DAY)

    second = round_.review.rounds.get(number=2)
    assert [item.assignment for item in second.items.all()] == [again]
    assert replace(second.terms, name="") == replace(round_.terms, name="")


def test_only_what_nobody_has_activated(owner, reviewer, ann, ben):
    long_ago = NOW - 100 * DAY
    unused, used = (assign(each, now=long_ago) for each in (ann, ben))
    activate(used, ben, now=NOW - DAY)

    round_ = start_review(owner, terms_for(unused, reviewers=[reviewer], unused_days=90), now=NOW)

    assert [item.assignment for item in round_.items.all()] == [unused]
