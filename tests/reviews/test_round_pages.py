"""The pages of a round for those who administer its review."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.reviews.states import Answer
from tests.access_requests.pages import text_of
from tests.factories import assign, make_user
from tests.reviews.making import line_of, say, start_review, terms_for

pytestmark = pytest.mark.django_db

TABS = ("round", "results", "reviewers", "round_settings", "rounds", "round_audit")


@pytest.fixture
def now():
    """Pages read the clock."""
    return timezone.now()


@pytest.fixture
def reviewer(now):
    return make_user("Rita Reviewer", now=now)


@pytest.fixture
def rows(now):
    return [assign(make_user(name, now=now), now=now) for name in ("Ann", "Ben", "Cem")]


@pytest.fixture
def round_(administrator, reviewer, rows, now):
    round_ = start_review(
        administrator, terms_for(*rows, reviewers=[reviewer], applies_automatically=False), now=now
    )
    say(line_of(round_, rows[0]), Answer.APPROVE, by=reviewer, now=now)
    say(line_of(round_, rows[1]), Answer.DENY, by=reviewer, now=now, reason="Left the team")
    return round_


def page(client, round_, name="round", **asked):
    return client.get(reverse(f"reviews:{name}", args=[round_.pk]), asked)


@pytest.mark.parametrize("name", TABS)
def test_opens_every_tab(client, administrator, round_, name):
    client.force_login(administrator)

    answer = page(client, round_, name)

    assert answer.status_code == 200
    assert "Privileged roles" in text_of(answer)
