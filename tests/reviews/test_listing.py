"""The list of access reviews inside a provider."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.reviews.models import Review
from apps.reviews.policy.calendar import Frequency
from apps.reviews.states import Answer
from apps.roles import built_in
from tests.access_requests.pages import text_of
from tests.factories import assign, make_active, make_resource, make_user
from tests.reviews.making import calendar_from, line_of, make_review, say, start_review, terms_for

pytestmark = pytest.mark.django_db

MONTH = timedelta(days=30)


@pytest.fixture
def now():
    """Pages read the clock."""
    return timezone.now()


@pytest.fixture
def rows(now):
    return [assign(make_user(name, now=now), now=now) for name in ("Ann", "Ben")]


@pytest.fixture
def alma(client, administrator):
    client.force_login(administrator)
    return administrator


def shown(client, provider="directory", **asked):
    page = client.get(reverse("reviews:list", args=[provider]), asked)
    assert page.status_code == 200
    return page


def names(page):
    return [line.review.name for line in page.context["found"].lines]


def test_shows_each_with_how_far_it_is_and_when_it_comes_again(client, alma, rows, now):
    terms = terms_for(*rows, reviewers=[make_user("Rita", now=now)])
    calendar = calendar_from(now, Frequency.QUARTERLY)
    round_ = start_review(alma, terms, now=now, calendar=calendar)
    say(line_of(round_, rows[0]), Answer.APPROVE, by=make_reviewer(round_), now=now)

    page = shown(client)

    (line,) = page.context["found"].lines
    assert (line.decided, line.lines) == (1, 2)
    assert line.following.starts_at == calendar.occurrence(2)
    assert line.scopes == ["Teams Administrator"]
    assert "1 of 2 decided" in text_of(page)
    assert "Quarterly" in text_of(page)


def make_reviewer(round_):
    """The person who was chosen to review."""
    return round_.desks.get().seats.get().principal.user


def test_finds_them_by_what_they_do_now(client, alma, rows, now):
    reviewers = [make_user("Rita", now=now)]
    start_review(alma, terms_for(*rows, reviewers=reviewers, name="Runs"), now=now)
    later = calendar_from(now + timedelta(days=3))
    make_review(alma, terms_for(*rows, reviewers=reviewers, name="Comes"), now=now, calendar=later)
    for name, columns in {
        "Held": {"held_because": "Nobody owns it."},
        "Over": {"ended_at": now},
        "Gone": {"deleted_at": now},
        "Long gone": {"deleted_at": now - timedelta(days=31)},
    }.items():
        review = make_review(alma, terms_for(*rows, reviewers=reviewers, name=name), now=now)
        review.rounds.all().delete()
        Review.objects.filter(pk=review.pk).update(**columns)

    assert names(shown(client)) == ["Comes", "Held", "Over", "Runs"]
    assert names(shown(client, tab="running")) == ["Runs"]
    assert names(shown(client, tab="coming")) == ["Comes", "Held"]
    assert names(shown(client, tab="ended")) == ["Over"]
    assert names(shown(client, tab="deleted")) == ["Gone"]
    assert names(shown(client, tab="nonsense", q="uN")) == ["Runs"]


def test_a_place_lists_what_is_about_it(client, alma, now):
    production = make_resource("Production", now=now)
    shop = make_resource("Web shop", parent=production, now=now)
    below = assign(make_user("Ann", now=now), built_in.CONTRIBUTOR, shop, now=now, ends_at=now + MONTH)
    above = assign(make_user("Ben", now=now), built_in.READER, production, now=now, ends_at=now + MONTH)
    rita = make_user("Rita", now=now)
    make_review(alma, terms_for(below, reviewers=[rita], name="Shop"), now=now)
    make_review(alma, terms_for(above, reviewers=[rita], name="Only production"), now=now)
    wide = terms_for(above, reviewers=[rita], name="All of production")
    make_review(alma, reaching_down(wide), now=now)

    assert names(shown(client, "resources")) == ["All of production", "Only production", "Shop"]
    assert names(shown(client, "resources", on=shop.pk)) == ["All of production", "Shop"]
    assert names(shown(client)) == []


def reaching_down(terms):
    return replace(terms, scopes=tuple(replace(scope, includes_below=True) for scope in terms.scopes))


def test_shows_a_keeper_only_their_part(client, alma, now):
    mine, other = make_resource("Mine", now=now), make_resource("Other", now=now)
    held = [
        assign(make_user(now=now), built_in.CONTRIBUTOR, place, now=now, ends_at=now + MONTH)
        for place in (mine, other)
    ]
    rita = make_user("Rita", now=now)
    both = start_review(alma, terms_for(*held, reviewers=[rita], name="Both"), now=now)
    other_only = make_review(alma, terms_for(held[1], reviewers=[rita], name="Other only"), now=now)
    keeper = make_user("Kim", now=now)
    make_active(keeper, built_in.RESOURCE_OWNER, mine, now=now, ends_at=now + MONTH)
    client.force_login(keeper)

    page = shown(client, "resources", on=mine.pk)

    (line,) = page.context["found"].lines
    assert (line.review, line.lines, line.scopes) == (both.review, 1, ["Contributor on Mine"])
    assert client.get(other_only.get_absolute_url()).status_code == 404


def test_asks_as_often_for_many_as_for_few(client, alma, rows, now):
    rita = make_user("Rita", now=now)

    def count():
        with CaptureQueriesContext(connection) as asked:
            shown(client)
        return len(asked)

    for name in ("One", "Two"):
        start_review(alma, terms_for(*rows, reviewers=[rita], name=name), now=now)
    shown(client)  # what a session asks once
    few = count()
    for number in range(18):
        start_review(alma, terms_for(*rows, reviewers=[rita], name=f"More {number}"), now=now)

    assert count() == few
