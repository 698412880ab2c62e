"""The pages of the report of who held what."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.roles import built_in
from tests.factories import assign, make_active, make_resource

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
REPORT = reverse("portal:report")


@pytest.fixture
def now():
    """Pages read the clock."""
    return timezone.now()


@pytest.fixture
def page(client, auditor):
    client.force_login(auditor)
    return lambda route, **query: client.get(reverse(route), query)


@pytest.fixture
def today(requester, now):
    return assign(requester, now=now)


def test_shows_today_where_no_day_was_chosen(page, today):
    response = page("portal:report")

    assert today in {line.item for line in response.context["lines"]}
    assert response.context["form"]["since"].value() == timezone.localdate().isoformat()


def test_shows_one_day_where_one_was_chosen(page, today):
    yesterday = (timezone.localdate() - timedelta(days=3)).isoformat()

    assert not page("portal:report", since=yesterday).context["lines"]
    assert page("portal:report", since=yesterday, until="2190-01-01").context["lines"]


def test_prints_who_made_it_when_and_of_which_day(page, today):
    text = page("portal:print_report", q="doe").content.decode()

    for part in ("Otto Auditor", "Example Organisation", "Teams Administrator", "UTC", "“<bdi>doe</bdi>”"):
        assert part in text


@pytest.mark.parametrize(
    "query", [{"on": "nonsense"}, {"since": "2026-03-25", "until": "2026-03-24"}, {"held": "firmly"}]
)
@pytest.mark.parametrize("route", ["portal:report", "portal:print_report"])
def test_says_what_is_wrong_with_what_was_asked(page, route, query):
    response = page(route, **query)

    assert response.status_code == 400
    assert "lines" not in response.context


def test_names_nobody_to_whoever_may_not_see_people(client, visitor, requester, now):
    platform = make_resource("Platform", now=now)
    make_active(visitor, built_in.RESOURCE_OWNER, platform, now=now, ends_at=now + DAY)
    client.force_login(visitor)

    assert client.get(REPORT).status_code == 200
    assert client.get(REPORT, {"person": requester.pk}).status_code == 404
    assert client.get(REPORT, {"on": make_resource(now=now).pk}).status_code == 404
