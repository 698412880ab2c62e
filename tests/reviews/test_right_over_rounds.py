"""A round removes by the terms with which it began, so it is for whoever has the right to all of those."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from apps.access_requests.asks import THE_CONSOLE, Ask
from apps.access_requests.services.door import submit
from apps.access_requests.states import Action
from apps.assignments.models import Assignment
from apps.common.errors import NotAllowed
from apps.reviews.models import Review
from apps.reviews.services.keeping import change_reviewers, stop_round
from apps.reviews.services.setting_up import change_review
from apps.reviews.states import Answer
from apps.roles import built_in
from tests.factories import acting, assign, make_active, make_resource, make_user
from tests.reviews.making import calendar_from, line_of, make_review, named, run, say, start_review, terms_for

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=60)


@pytest.fixture
def places():
    return [make_resource(name, now=NOW) for name in ("Sales", "Stock")]


@pytest.fixture
def rows(places):
    role = built_in.CONTRIBUTOR
    return [assign(make_user(now=NOW), role, place, now=NOW, ends_at=LATER) for place in places]


@pytest.fixture
def round_of_both(places, rows):
    """Of a review that its owner has narrowed to the first place since it began."""
    owner, reviewer = make_user("Olga Owner", now=NOW), make_user("Rita", now=NOW)
    for place in places:
        make_active(owner, built_in.RESOURCE_OWNER, place, now=NOW, ends_at=LATER)
    round_ = start_review(owner, terms_for(*rows, reviewers=[reviewer]), now=NOW)
    narrowed = terms_for(rows[0], reviewers=[reviewer])
    change_review(
        round_.review_id, terms=narrowed, calendar=calendar_from(NOW), actor=acting(owner, now=NOW), now=NOW
    )
    return round_


def test_a_round_is_not_for_whoever_keeps_only_what_its_review_was_narrowed_to(places, round_of_both):
    keeper = make_user("Karl Keeper", now=NOW)
    make_active(keeper, built_in.RESOURCE_OWNER, places[0], now=NOW, ends_at=LATER)

    with pytest.raises(NotAllowed, match="on a resource that you do not see"):
        change_reviewers(
            round_of_both.pk, reviewers=named(keeper), fallback=(), actor=acting(keeper, now=NOW), now=NOW
        )
    with pytest.raises(NotAllowed, match="on a resource that you do not see"):
        stop_round(round_of_both.pk, actor=acting(keeper, now=NOW), now=NOW)


def test_a_round_takes_nothing_once_its_owner_has_lost_a_part_of_what_it_began_with(
    places, rows, round_of_both
):
    review = round_of_both.review
    say(line_of(round_of_both, rows[1]), Answer.DENY, by=_reviewer(), now=NOW)
    held = Assignment.objects.get(principal=review.owner_id, resource=places[1])
    submit(Ask(Action.ADMIN_REMOVE, assignment_id=held.id), actor=THE_CONSOLE, now=NOW)

    run(now=NOW + timedelta(days=14))

    review.refresh_from_db()
    assert review.held_because
    assert Assignment.objects.not_ended(NOW).filter(pk=rows[1].pk).exists()


def test_no_review_is_called_as_the_console(places, rows):
    owner = make_user(now=NOW)
    make_active(owner, built_in.RESOURCE_OWNER, places[0], now=NOW, ends_at=LATER)

    with pytest.raises(NotAllowed, match="console"):
        make_review(owner, terms_for(rows[0], reviewers=[owner], name=" console "), now=NOW)

    assert not Review.objects.exists()


def _reviewer():
    return Review.objects.get().stages.get().reviewers.get().principal.user
