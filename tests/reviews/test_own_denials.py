"""Nobody gets out of what reviewers said of their own access, whatever they may do with the review."""

from __future__ import annotations

import pytest

from apps.common.errors import NotAllowed
from apps.reviews.models import Decision, Item
from apps.reviews.services.keeping import delete_review, note_handled, reset_round
from apps.reviews.states import Answer
from apps.roles import built_in
from tests.factories import acting, assign, join, make_active, make_group, make_user
from tests.reviews.making import CLOSED, NOW, line_of, run, say, start_review, terms_for

pytestmark = pytest.mark.django_db

REFUSED = "Your own access was denied in it. Another administrator does this."


@pytest.fixture
def other():
    user = make_user("Otto Other", now=NOW)
    make_active(user, built_in.GLOBAL_ADMINISTRATOR, now=NOW)
    return user


def _directly(owner):
    return assign(owner, now=NOW)


def _through_a_group(owner):
    group = make_group("Teams", now=NOW, is_role_assignable=True)
    join(owner, group, now=NOW)
    return assign(group, now=NOW)


@pytest.fixture(params=[_directly, _through_a_group])
def denied(request, owner, other, reviewer):
    """A line by which the owner of the review holds something; not applied by itself."""
    row = request.param(owner)
    terms = terms_for(row, reviewers=[reviewer], applies_automatically=False)
    line = line_of(start_review(owner, terms, now=NOW), row)
    return say(line, Answer.DENY, by=reviewer, now=NOW)


def test_nobody_resets_what_denies_their_own_access(owner, other, denied):
    with pytest.raises(NotAllowed, match=REFUSED):
        reset_round(denied.round_id, actor=acting(owner, now=NOW), now=NOW)
    assert Decision.objects.exists()

    reset_round(denied.round_id, actor=acting(other, now=NOW), now=NOW)
    assert not Decision.objects.exists()


@pytest.mark.parametrize("at", [NOW, CLOSED])
def test_nor_do_they_delete_the_review_before_it_is_applied(owner, other, denied, at):
    run(now=at)
    review_id = denied.round.review_id

    with pytest.raises(NotAllowed, match=REFUSED):
        delete_review(review_id, actor=acting(owner, now=at), now=at)

    delete_review(review_id, actor=acting(other, now=at), now=at)


def test_nor_do_they_say_that_it_was_removed_by_hand(owner, other, denied):
    Item.objects.update(outcome="remove", apply_result="not_supported", applied_at=NOW)

    with pytest.raises(NotAllowed, match=REFUSED):
        note_handled(denied.pk, note="Done", actor=acting(owner, now=NOW), now=NOW)

    note_handled(denied.pk, note="Done", actor=acting(other, now=NOW), now=NOW)


def test_what_was_approved_keeps_nobody_from_anything(owner, reviewer):
    row = assign(owner, now=NOW)
    round_ = start_review(owner, terms_for(row, reviewers=[reviewer]), now=NOW)
    say(line_of(round_, row), Answer.APPROVE, by=reviewer, now=NOW)

    reset_round(round_.pk, actor=acting(owner, now=NOW), now=NOW)
    assert line_of(round_, row).answer == Answer.NOT_REVIEWED
    assert delete_review(round_.review_id, actor=acting(owner, now=NOW), now=NOW).deleted_at == NOW
