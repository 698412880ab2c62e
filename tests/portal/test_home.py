"""Home: what waits, what is active, and what somebody may want again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import AuthenticatorDevice
from apps.reviews.states import Answer
from apps.roles import built_in
from tests.factories import activate, assign, make_active
from tests.reviews.making import line_of, say, start_review, terms_for

pytestmark = pytest.mark.django_db

HOME = reverse("portal:home")
DAY = timedelta(days=1)


@pytest.fixture
def now():
    """Pages read the clock."""
    return timezone.now()


@pytest.fixture
def lately(client, requester):
    """The roles that home offers to activate again, in their order."""
    client.force_login(requester)
    return lambda: [row.assignment.role_id for row in client.get(HOME).context["lately_used"]]


def used(requester, role_id, *, at, **facts):
    eligible = assign(requester, role_id, now=at - DAY, **facts)
    activate(eligible, requester, now=at)
    return eligible


def test_offers_what_was_used_before_the_latest_first(lately, requester, now):
    used(requester, built_in.SECURITY_READER, at=now - 9 * DAY)
    used(requester, built_in.USER_ADMINISTRATOR, at=now - 2 * DAY)
    used(requester, built_in.TEAMS_ADMINISTRATOR, at=now - 5 * DAY)
    assign(requester, built_in.GLOBAL_READER, now=now - DAY)

    assert lately() == [built_in.USER_ADMINISTRATOR, built_in.TEAMS_ADMINISTRATOR, built_in.SECURITY_READER]


def test_offers_nothing_that_may_no_longer_be_activated(lately, requester, now):
    used(requester, built_in.SECURITY_READER, at=now - 9 * DAY, ends_at=now - DAY)

    assert lately() == []


def test_says_why_what_runs_cannot_be_activated_again(client, lately, requester, eligible, now):
    activate(eligible, requester, now=now)

    assert lately() == [built_in.TEAMS_ADMINISTRATOR]
    assert "Active until" in client.get(HOME).content.decode()


def test_is_short_for_whoever_has_used_nothing(client, requester, eligible):
    client.force_login(requester)

    page = client.get(HOME).content.decode()

    assert "Used lately" not in page
    assert "Nothing waits for you. No role is activated." in page


def test_leads_whoever_has_no_second_factor_to_setting_one_up(client, visitor, requester):
    AuthenticatorDevice.objects.filter(user=visitor).delete()

    client.force_login(requester)
    assert "You have no second factor." not in client.get(HOME).content.decode()
    client.force_login(visitor)
    page = client.get(HOME).content.decode()

    assert "You have no second factor." in page
    assert reverse("accounts:add_factor") in page


def test_counts_what_was_assigned_as_active_too(client, requester, now):
    make_active(requester, built_in.SECURITY_READER, now=now)
    client.force_login(requester)

    page = client.get(HOME)

    assert page.context["active_count"] == 1
    assert "No role is activated." in page.content.decode()


def test_says_what_is_to_review_until_it_is_done(client, requester, administrator, visitor, now):
    row = assign(visitor, now=now - DAY)
    round_ = start_review(administrator, terms_for(row, reviewers=[requester], name="Each quarter"), now=now)
    client.force_login(requester)

    page = client.get(HOME).content.decode()
    say(line_of(round_, row), Answer.APPROVE, by=requester, now=now)
    done = client.get(HOME).content.decode()

    assert "1 access review waits for you." in page
    assert f'href="{round_.get_review_url()}"' in page
    assert "Nothing waits for you." in done
    assert round_.get_review_url() not in done
