import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from django.utils import timezone

from apps.accounts.middleware import time_zone
from apps.accounts.models import User


@pytest.fixture
def zone_during():
    """The zone that a page is made in for a user."""

    def run(user):
        seen = []
        request = RequestFactory().get("/")
        request.user = user
        time_zone(lambda _: seen.append(timezone.get_current_timezone_name()))(request)
        return seen[0]

    return run


@pytest.mark.parametrize(
    ("user", "zone"),
    [
        (User(time_zone="Asia/Tokyo"), "Asia/Tokyo"),
        (User(time_zone="nonsense"), "UTC"),
        (AnonymousUser(), "UTC"),
    ],
)
def test_makes_pages_in_the_zone_of_the_person(zone_during, user, zone):
    assert zone_during(user) == zone


def test_leaves_no_zone_behind(zone_during):
    zone_during(User(time_zone="Asia/Tokyo"))

    assert timezone.get_current_timezone_name() == "UTC"
