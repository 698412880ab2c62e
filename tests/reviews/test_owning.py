"""A review acts with its owner's right. Without that it is held until somebody who may takes it over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.access_requests.asks import THE_CONSOLE, Ask
from apps.access_requests.services.door import submit
from apps.access_requests.services.people import disable_person
from apps.access_requests.states import Action
from apps.assignments.models import Assignment
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import CONSOLE, AuditAction
from apps.common.errors import NotAllowed
from apps.reviews.services.applying import apply_round
from apps.reviews.services.keeping import take_over
from apps.reviews.states import Answer, ApplyResult, RoundState
from apps.roles import built_in
from apps.roles.services.resources import move_resource
from tests.factories import acting, assign, join, make_active, make_group, make_resource, make_user
from tests.reviews.making import (
    CLOSED,
    NOW,
    line_of,
    make_review,
    run,
    say,
    start_review,
    terms_for,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
LATER = NOW + 60 * DAY


@pytest.fixture
def heir(owner):
    """Another Global Administrator, so that the owner may be taken away."""
    user = make_user("Hera Heir", now=NOW)
    make_active(user, built_in.GLOBAL_ADMINISTRATOR, now=NOW)
    return user


@pytest.fixture
def row(ann):
    return assign(ann, now=NOW)


@pytest.fixture
def terms(row, reviewer):
    return terms_for(row, reviewers=[reviewer])


def remove(row):
    submit(Ask(Action.ADMIN_REMOVE, assignment_id=row.id), actor=THE_CONSOLE, now=NOW)


def _role_removed(owner):
    remove(owner.assignments.get(role=built_in.GLOBAL_ADMINISTRATOR))


def _disabled(owner):
    disable_person(owner.id, actor=CONSOLE, now=NOW)


def _lower(owner):
    _role_removed(owner)
    make_active(owner, built_in.SECURITY_ADMINISTRATOR, now=NOW)


@pytest.mark.parametrize("loses", [_role_removed, _disabled, _lower])
def test_nothing_begins_once_the_owner_may_not_do_it_any_more(owner, heir, terms, loses):
    review = make_review(owner, terms, now=NOW)
    loses(owner)

    run(now=NOW)

    review.refresh_from_db()
    assert review.held_because == "Its owner may no longer manage all that it reviews."
    assert not review.rounds.exists()
    assert AuditEvent.objects.get(action=AuditAction.REVIEW_HELD).target_id == str(review.id)


@pytest.mark.parametrize("loses", [_role_removed, _disabled, _lower])
def test_nor_is_anything_applied(owner, heir, reviewer, row, terms, loses):
    round_ = start_review(owner, terms, now=NOW)
    say(line_of(round_, row), Answer.DENY, by=reviewer, now=NOW)
    loses(owner)

    run(now=CLOSED)

    round_.refresh_from_db()
    assert (round_.state, bool(round_.review.held_because)) == (RoundState.COMPLETED, True)
    assert Assignment.objects.not_ended(CLOSED).filter(pk=row.pk).exists()
    with pytest.raises(NotAllowed, match="Take the review over first"):
        apply_round(round_.pk, actor=acting(heir, now=CLOSED), now=CLOSED)


def _eligible(owner):
    _role_removed(owner)
    assign(owner, built_in.GLOBAL_ADMINISTRATOR, now=NOW)


def _through_a_group(owner):
    _role_removed(owner)
    admins = make_group(now=NOW, is_role_assignable=True)
    make_active(admins, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=NOW)
    join(owner, admins, now=NOW)


@pytest.mark.parametrize("keeps", [_eligible, _through_a_group])
def test_whoever_could_still_activate_the_right_still_owns_it(owner, heir, reviewer, row, terms, keeps):
    round_ = start_review(owner, terms, now=NOW)
    say(line_of(round_, row), Answer.DENY, by=reviewer, now=NOW)
    keeps(owner)

    run(now=CLOSED)

    assert line_of(round_, row).apply_result == ApplyResult.APPLIED


def test_whoever_takes_it_over_applies_what_was_decided(owner, heir, reviewer, row, terms):
    round_ = start_review(owner, terms, now=NOW)
    say(line_of(round_, row), Answer.DENY, by=reviewer, now=NOW)
    _disabled(owner)
    run(now=CLOSED)
    actor = acting(heir, now=CLOSED)

    take_over(round_.review_id, actor=actor, now=CLOSED)
    run(now=CLOSED)
    round_.refresh_from_db()
    assert round_.state == RoundState.COMPLETED  # they look at it first
    apply_round(round_.pk, actor=actor, now=CLOSED)
    run(now=CLOSED)

    assert line_of(round_, row).apply_result == ApplyResult.APPLIED
    round_.review.refresh_from_db()
    assert (round_.review.owner, round_.review.held_because) == (heir, "")


def test_nobody_takes_over_what_they_could_not_have_set_up(owner, heir, reviewer, ann, row):
    shop = make_resource("Shop", now=NOW)
    keeper = make_user("Karl Keeper", now=NOW)
    make_active(keeper, built_in.RESOURCE_OWNER, shop, now=NOW, ends_at=LATER)
    held = assign(ann, built_in.READER, shop, now=NOW, ends_at=LATER)
    review = make_review(owner, terms_for(row, held, reviewers=[reviewer]), now=NOW)

    with pytest.raises(NotAllowed) as refused:
        take_over(review.id, actor=acting(keeper, now=NOW), now=NOW)

    assert str(refused.value) == (
        "Your active roles do not manage reviews and assignments on a resource that you do not see."
    )
    review.refresh_from_db()
    assert review.owner == owner


def test_a_group_that_has_come_to_power_is_no_longer_its_owners_to_review(reviewer, ann):
    """An owner of a group manages who is in it until that gives a role; so does what they set up before."""
    club, keeper = make_group("Club", now=NOW, is_role_assignable=False), make_user("Karl", now=NOW)
    shop = make_resource(now=NOW)
    make_active(keeper, built_in.GROUP_OWNER, club.resource, now=NOW, ends_at=LATER)
    row = join(ann, club, now=NOW)
    round_ = start_review(keeper, terms_for(row, reviewers=[keeper]), now=NOW)
    say(line_of(round_, row), Answer.DENY, by=keeper, now=NOW)
    make_active(club, built_in.CONTRIBUTOR, shop, now=NOW, ends_at=LATER)

    run(now=CLOSED)

    round_.refresh_from_db()
    assert (round_.state, bool(round_.review.held_because)) == (RoundState.COMPLETED, True)
    assert Assignment.objects.not_ended(CLOSED).filter(pk=row.pk).exists()


def test_a_place_that_was_moved_away_is_no_longer_the_owners_to_review(owner, reviewer, ann):
    here, there = make_resource(now=NOW), make_resource(now=NOW)
    shop = make_resource(parent=here, now=NOW)
    keeper = make_user(now=NOW)
    make_active(keeper, built_in.RESOURCE_OWNER, here, now=NOW, ends_at=LATER)
    row = assign(ann, built_in.READER, shop, now=NOW, ends_at=LATER)
    round_ = start_review(keeper, terms_for(row, reviewers=[reviewer]), now=NOW)
    say(line_of(round_, row), Answer.DENY, by=reviewer, now=NOW)

    move_resource(resource=shop, parent=there, actor=CONSOLE, now=NOW)
    run(now=CLOSED)

    round_.review.refresh_from_db()
    assert round_.review.held_because
    assert Assignment.objects.not_ended(CLOSED).filter(pk=row.pk).exists()
