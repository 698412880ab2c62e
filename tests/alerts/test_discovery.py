"""Discovery and insights: what is always there, and what nobody uses."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.alerts.selectors.discovery import UNUSED_FOR, Step
from apps.assignments.models import Assignment
from apps.roles import built_in
from tests.access_requests.pages import code_of
from tests.factories import activate, assign, make_active, make_resource, make_user, set_rules

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def admin(now):
    user = make_user("Ada Admin", now=now)
    make_active(user, built_in.GLOBAL_ADMINISTRATOR, now=now)
    return user


def names(user, step):
    client = Client()
    client.force_login(user)
    page = client.get(reverse("alerts:discovery", args=[step])).context
    return [line.item.principal.name for line in page["lines"]]


def test_lists_who_is_always_global_administrator(admin, now):
    make_active(make_user("Bea", now=now), built_in.GLOBAL_ADMINISTRATOR, now=now, ends_at=now + DAY)
    assign(make_user("Cy", now=now), built_in.GLOBAL_ADMINISTRATOR, now=now)

    assert names(admin, Step.GLOBAL_ADMINISTRATORS) == ["Ada Admin", "Bea"]


def test_lists_other_privileged_roles_that_are_permanently_active(admin, now):
    make_active(make_user("Bea", now=now), built_in.GLOBAL_READER, now=now)
    make_active(make_user("Cy", now=now), built_in.GLOBAL_READER, now=now, ends_at=now + DAY)
    make_active(make_user("Dee", now=now), built_in.TEAMS_ADMINISTRATOR, now=now)  # not privileged

    assert names(admin, Step.STANDING) == ["Bea"]


@pytest.mark.parametrize(("given", "listed"), [(UNUSED_FOR, ["Bea"]), (UNUSED_FOR - DAY, [])])
def test_lists_what_nobody_used_for_30_days(admin, now, given, listed):
    assign(make_user("Bea", now=now), built_in.GLOBAL_READER, now=now - given)

    assert names(admin, Step.UNUSED) == listed


def test_leaves_out_what_was_activated_lately(admin, now):
    bea, then = make_user("Bea", now=now), now - UNUSED_FOR - DAY
    set_rules(built_in.GLOBAL_READER, now=then)
    eligible = assign(bea, built_in.GLOBAL_READER, now=then)
    activate(eligible, bea, now=now - DAY)

    assert names(admin, Step.UNUSED) == []


def test_shows_a_keeper_what_lies_below_them(now):
    keeper, production = make_user("Kim Keeper", now=now), make_resource("Production", now=now)
    make_active(keeper, built_in.RESOURCE_OWNER, production, now=now, ends_at=now + DAY)
    for resource in (production, make_resource(now=now)):
        set_rules(built_in.RESOURCE_OWNER, resource=resource, now=now, permanent_active=True)
        make_active(make_user(f"At {resource.name}", now=now), built_in.RESOURCE_OWNER, resource, now=now)

    assert names(keeper, Step.STANDING) == ["At Production"]


def test_turns_standing_access_into_eligible(admin, now):
    bea = make_user("Bea", now=now)
    row = make_active(bea, built_in.GLOBAL_READER, now=now)
    client = Client()
    client.force_login(admin)
    page = reverse("alerts:discovery", args=[Step.STANDING])
    change = reverse("access_requests:change_assignments", args=["make-eligible"])
    sent = {
        "pick": [row.pk],
        "next": page,
        "end": "90",
        "start": "now",
        "justification": "No standing access",
    }

    response = client.post(change, sent | {"code": code_of(admin)})

    assert response.url == page
    assert Assignment.objects.not_ended(now).get(principal=bea).kind == "eligible"
    assert names(admin, Step.STANDING) == []


@pytest.mark.parametrize("step", Step)
def test_asks_the_same_of_the_database_however_many_there_are(admin, now, step):
    client = Client()
    client.force_login(admin)

    def queries():
        with CaptureQueriesContext(
            connection,
        ) as found:
            client.get(reverse("alerts:discovery", args=[step]))
        return len(found)

    def add(count):
        for _ in range(count):
            user = make_user(now=now, enrolled=False)
            make_active(user, built_in.GLOBAL_READER, now=now)
            make_active(user, built_in.GLOBAL_ADMINISTRATOR, now=now)
            assign(user, built_in.SECURITY_READER, now=now - UNUSED_FOR)

    add(2)
    queries()  # what is looked up once
    few = queries()
    add(10)

    assert queries() == few
