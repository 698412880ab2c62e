"""Which round comes next, and who has power as long as one comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from apps.access_requests.models import ReviewSeat
from apps.access_requests.services.people import disable_person
from apps.audit.vocabulary import CONSOLE
from apps.common.errors import Invalid
from apps.reviews.models import Review, Round
from apps.reviews.policy.calendar import Frequency
from apps.reviews.services.keeping import change_reviewers, take_over
from apps.reviews.services.setting_up import change_review
from apps.reviews.states import RoundState, Who
from apps.roles import built_in
from tests.factories import acting, assign, make_active, make_user
from tests.reviews.making import calendar_from, make_review, named, run, stage_of, start_review, terms_for

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


def global_administrator(name=""):
    user = make_user(name, now=NOW)
    make_active(user, built_in.GLOBAL_ADMINISTRATOR, now=NOW)
    return user


@pytest.fixture
def owner():
    return global_administrator("Olga Owner")


@pytest.fixture
def reviewer():
    return make_user("Rita Reviewer", now=NOW)


@pytest.fixture
def terms(reviewer):
    return terms_for(
        assign(make_user(now=NOW), now=NOW), reviewers=[reviewer], stages=(stage_of(reviewer, days=5),)
    )


def test_another_frequency_counts_from_the_last_round(owner, terms):
    weekly = calendar_from(NOW, Frequency.WEEKLY)
    round_ = start_review(owner, terms, now=NOW, calendar=weekly)
    for week in range(1, 4):
        run(now=NOW + timedelta(weeks=week) - timedelta(days=2))  # closes the one before
        run(now=NOW + timedelta(weeks=week))
    changed = NOW + timedelta(weeks=3, days=1)

    change_review(
        round_.review_id,
        terms=terms,
        calendar=calendar_from(datetime(2026, 12, 13, 9, tzinfo=UTC), Frequency.MONTHLY, occurrences=2),
        actor=acting(owner, now=changed),
        now=changed,
    )

    coming = Round.objects.get(state=RoundState.NOT_STARTED)
    assert (coming.number, coming.starts_at) == (5, datetime(2026, 12, 13, 9, tzinfo=UTC))


def test_what_was_held_at_its_start_begins_once_somebody_takes_it_over(owner, terms):
    review = make_review(owner, terms, now=NOW, calendar=calendar_from(NOW + timedelta(days=1)))
    heir = global_administrator("Hera Heir")
    disable_person(owner.id, actor=CONSOLE, now=NOW)
    later = NOW + timedelta(days=2)
    run(now=later)
    assert not review.rounds.exists()

    take_over(review.id, actor=acting(heir, now=later), now=later)
    run(now=later)

    assert review.rounds.get().state == RoundState.IN_PROGRESS


def test_reviewers_have_power_as_long_as_a_round_runs_or_comes(owner, reviewer, terms):
    start_review(owner, terms, now=NOW)
    assert ReviewSeat.objects.filter(principal=reviewer).exists()

    run(now=NOW + timedelta(days=5))

    assert not ReviewSeat.objects.exists()


def test_a_late_stage_still_has_all_of_its_days(owner, terms):
    make_review(owner, terms, now=NOW)
    late = NOW + timedelta(hours=23)

    run(now=late)

    assert Round.objects.get().stage_closes_at == late + timedelta(days=5)


def test_a_fallback_that_was_renamed_stays_the_same(owner, reviewer):
    terms = terms_for(assign(make_user(now=NOW), now=NOW), stages=(stage_of(reviewer, fallback=[owner]),))
    round_ = start_review(owner, terms, now=NOW)
    owner.name = "Olga Other"
    owner.save()

    change_reviewers(
        round_.pk, reviewers=named(reviewer), fallback=named(owner), actor=acting(owner, now=NOW), now=NOW
    )

    assert Review.objects.get().rounds.get().terms.stage(1).fallback == named(owner)


def test_nobody_is_chosen_where_managers_review(owner, reviewer):
    stage = stage_of(who=Who.MANAGERS, fallback=[owner])
    round_ = start_review(owner, terms_for(assign(make_user(now=NOW), now=NOW), stages=(stage,)), now=NOW)

    with pytest.raises(Invalid, match="nobody is chosen"):
        change_reviewers(
            round_.pk,
            reviewers=named(reviewer),
            fallback=named(owner),
            actor=acting(owner, now=NOW),
            now=NOW,
        )

    assert not ReviewSeat.objects.filter(principal=reviewer).exists()
