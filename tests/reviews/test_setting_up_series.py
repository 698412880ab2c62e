"""A series of reviews: changed, ended, deleted, restored, taken over, and gone in the end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.reviews.forms.setting_up import initial_of
from apps.reviews.models import Decision, Item, Review, Round
from apps.reviews.policy.calendar import Frequency
from apps.reviews.selectors.terms import calendar_of, terms_of
from apps.reviews.services.keeping import delete_review, restore_review
from apps.reviews.services.tidying import forget_reviews
from apps.reviews.states import Answer, RoundState
from apps.roles import built_in
from tests.access_requests.pages import code_of, text_of
from tests.factories import acting, assign, make_active, make_user
from tests.reviews.making import calendar_from, line_of, make_review, say, start_review, terms_for

pytestmark = pytest.mark.django_db

KEPT = timedelta(days=30)


@pytest.fixture
def now():
    """Pages read the clock."""
    return timezone.now()


@pytest.fixture
def alma(client, administrator):
    client.force_login(administrator)
    return administrator


@pytest.fixture
def rita(now):
    return make_user("Rita Reviewer", now=now)


@pytest.fixture
def row(now):
    return assign(make_user("Ann", now=now), now=now)


@pytest.fixture
def series(alma, rita, row, now):
    """Its first round is open, and the second one comes in a quarter."""
    terms = terms_for(row, reviewers=[rita])
    return start_review(alma, terms, now=now, calendar=calendar_from(now, Frequency.QUARTERLY)).review


def address(name, review):
    return reverse(f"reviews:{name}", args=[review.pk])


def press(client, view, review, user, /, **typed):
    return client.post(address(view, review), {"code": code_of(user), **typed})


def standing(review, **typed):
    """What a browser sends of the form as it stands there."""
    data = {}
    for name, value in initial_of(terms_of(review), calendar_of(review)).items():
        if value is True or isinstance(value, list):
            data[name] = "on" if value is True else [str(each) for each in value]
        elif value not in (False, None, ""):
            data[name] = str(value)
    return data | {"seen": str(review.version)} | typed


def events(action):
    return AuditEvent.objects.filter(action=action)


# ---- Changing ----------------------------------------------------------------------------------------------


def test_saving_as_it_stands_changes_nothing(client, series, alma):
    before = terms_of(series), calendar_of(series)

    page = press(client, "change", series, alma, **standing(series))

    series.refresh_from_db()
    assert page.status_code == 302
    assert (terms_of(series), calendar_of(series)) == before


def test_a_change_counts_from_the_next_round_on(client, series, alma, now):
    running = series.rounds.get(state=RoundState.IN_PROGRESS)
    shown = client.get(address("change", series))
    typed = standing(series, name="Teams", days_1="5", frequency="monthly")

    page = press(client, "change", series, alma, **typed)

    series.refresh_from_db()
    running.refresh_from_db()
    assert "This round goes on as it began." in text_of(shown)
    assert page["Location"] == series.get_absolute_url()
    assert (series.name, terms_of(series).days) == ("Teams", 5)
    assert (running.terms.name, running.terms.days) == ("Privileged roles", 14)
    assert series.rounds.get(state=RoundState.NOT_STARTED).starts_at < now + timedelta(days=32)
    assert events(AuditAction.REVIEW_CHANGED).count() == 1


def test_of_two_who_change_a_series_the_slower_is_told(client, series, alma, rita):
    slower = standing(series, name="Slower")
    press(client, "change", series, alma, **standing(series, name="Faster"))

    page = client.post(address("change", series), slower | {"code": code_of(alma)})

    assert page.status_code == 409
    assert "Somebody else changed this review meanwhile." in text_of(page)
    assert Review.objects.get().name == "Faster"


def test_a_preview_of_a_change_changes_nothing(client, series, alma):
    page = client.post(address("change", series), standing(series, name="Teams", preview="1"))

    series.refresh_from_db()
    assert (page.status_code, series.name) == (200, "Privileged roles")
    assert "If it began now" in text_of(page)


def test_a_fault_changes_nothing(client, series, alma):
    page = press(client, "change", series, alma, **standing(series, name="Teams", days_1="400"))

    series.refresh_from_db()
    assert {*page.context["form"].errors} == {"days_1"}
    assert (page.status_code, series.name) == (400, "Privileged roles")


# ---- What is asked first -----------------------------------------------------------------------------------


def test_ends_with_the_round_that_runs(client, series, alma):
    page = press(client, "end", series, alma)

    assert page.status_code == 302
    assert set(series.rounds.values_list("state", flat=True)) == {RoundState.IN_PROGRESS}
    assert events(AuditAction.REVIEW_ENDED).count() == 1
    assert client.get(address("end", series)).status_code == 403


def test_deletes_and_restores(client, series, alma):
    press(client, "delete", series, alma)

    gone = client.get(series.get_absolute_url())
    assert "It can be restored until" in text_of(gone)
    assert gone.context["may"]["restore"]
    assert client.get(address("change", series)).status_code == 403

    page = press(client, "restore", series, alma)
    series.refresh_from_db()
    assert (page.status_code, series.deleted_at) == (302, None)
    assert series.rounds.filter(state=RoundState.NOT_STARTED).exists()
    for action in (AuditAction.REVIEW_DELETED, AuditAction.REVIEW_RESTORED):
        assert events(action).count() == 1


def test_nothing_is_done_without_a_code(client, series, alma):
    for name in ("end", "delete"):
        assert client.post(address(name, series)).status_code == 400

    series.refresh_from_db()
    assert (series.ended_at, series.deleted_at) == (None, None)


def test_takes_over_what_is_held(client, rita, row, alma, now):
    heir = make_user("Hilda Heir", now=now)
    make_active(heir, built_in.GLOBAL_ADMINISTRATOR, now=now)
    review = make_review(alma, terms_for(row, reviewers=[rita]), now=now)
    review.rounds.all().delete()
    Review.objects.filter(pk=review.pk).update(held_because="Its owner has left.")
    client.force_login(heir)

    shown = client.get(review.get_absolute_url())
    press(client, "take_over", review, heir)

    review.refresh_from_db()
    assert "Its owner has left." in text_of(shown)
    assert (review.owner, review.held_because) == (heir, "")
    assert review.rounds.filter(state=RoundState.NOT_STARTED).exists()
    assert events(AuditAction.REVIEW_TAKEN_OVER).count() == 1


def test_a_reader_sees_why_they_may_not(client, rita, row, auditor, administrator, now):
    review = make_review(administrator, terms_for(row, reviewers=[rita]), now=now)
    review.rounds.all().delete()
    client.force_login(auditor)

    page = client.get(review.get_absolute_url())

    assert not any(page.context["may"].values())
    assert "do not manage reviews and assignments" in text_of(page)
    for name in ("change", "end", "delete", "restore", "take_over"):
        assert client.post(address(name, review)).status_code == 403


# ---- Gone for good -----------------------------------------------------------------------------------------


def test_is_gone_thirty_days_after_it_was_deleted(series, rita, row, alma, now):
    round_ = series.rounds.get(state=RoundState.IN_PROGRESS)
    say(line_of(round_, row), Answer.APPROVE, by=rita, now=now)
    delete_review(series.pk, actor=acting(alma, now=now), now=now)
    told = AuditEvent.objects.count()

    assert forget_reviews(now=now + KEPT - timedelta(seconds=1)) == 0
    assert forget_reviews(now=now + KEPT) == 1

    left = [model.objects.count() for model in (Review, Round, Item, Decision)]
    assert left == [0, 0, 0, 0]
    assert AuditEvent.objects.count() == told
    row.refresh_from_db()
    assert row.ended_at is None


def test_what_was_restored_stays(series, alma, now):
    actor = acting(alma, now=now)
    delete_review(series.pk, actor=actor, now=now)
    restore_review(series.pk, actor=actor, now=now)

    assert forget_reviews(now=now + 2 * KEPT) == 0
    assert Review.objects.exists()
