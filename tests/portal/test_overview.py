"""Overviews: what they count, for whom, and where they lead."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.access_requests.models import AccessRequest, Approval
from apps.access_requests.selectors.overview import waits_of
from apps.access_requests.states import Action, Family, State
from apps.alerts.models import Finding
from apps.alerts.policy.catalogue import RULES
from apps.assignments.roll_ups.writing import roll_up
from apps.common.access import Provider
from apps.roles import built_in
from apps.roles.selectors import directory
from tests.factories import (
    activate,
    answer,
    assign,
    join,
    make_active,
    make_group,
    make_resource,
    make_user,
)

pytestmark = pytest.mark.django_db

OVERVIEW = reverse("portal:overview")
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def now():
    """Pages read the clock."""
    return timezone.now()


@pytest.fixture
def world(administrator, requester, needs_approval, approver, now):
    """Some of everything: eligible, active, permanent, ending, new, activated, waiting, decided; on two
    resources, one below the other, and in a group."""
    platform = make_resource("Platform", now=now - 40 * DAY)
    production = make_resource("Production", parent=platform, now=now - 40 * DAY)
    guild = make_group("Guild", now=now - 40 * DAY)
    join(requester, guild, now=now - 2 * DAY)
    teams = assign(requester, now=now - 40 * DAY)
    reader = assign(requester, built_in.SECURITY_READER, now=now - 40 * DAY, ends_at=now + 9 * DAY)
    for days in (35, 3, 1):
        activate(reader, requester, now=now - days * DAY, minutes=60)
    answer(activate(teams, requester, now=now - 2 * DAY), approver, now=now - 2 * DAY + 20 * MINUTE)
    activate(teams, requester, now=now)
    for person, resource in ((requester, platform), (make_user(now=now), production)):
        held = assign(person, built_in.CONTRIBUTOR, resource, now=now - DAY, ends_at=now + 5 * DAY)
        activate(held, person, now=now, minutes=90)
        make_active(approver, built_in.READER, resource, now=now - DAY, ends_at=now + 20 * DAY)
    while roll_up(now=now):
        pass
    find(Provider.RESOURCES, production.path)
    return {"platform": platform, "production": production, "guild": guild}


def find(provider, path):
    """Something that an alert has found there."""
    Finding.objects.create(
        rule=RULES[0].id, key="one", provider=provider, path=path, text="Found.", found_at=timezone.now()
    )


def keeper_of(resource, now):
    keeper = make_user("Kim Keeper", now=now)
    make_active(keeper, built_in.RESOURCE_OWNER, resource, now=now, ends_at=now + 99 * DAY)
    return keeper


def overview(provider, on=None):
    address = reverse("portal:place_overview", args=[provider])
    return f"{address}?on={on.pk}" if on else address


def listed(client, url):
    """How many the list at this address says that it has."""
    context = client.get(url).context
    found = context["found"]
    if hasattr(found, "loud"):
        return len([line for line in found.loud if line.open])
    return int(found.counts[context["search"].tab] if "search" in context else found.count)


def numbers(context):
    return {tile.label: tile.value for tile in context["tiles"]}


def parts(bars):
    return {bar.share.label: [part.count for part in bar.share.parts] for bar in bars}


# ---- What is counted ---------------------------------------------------------------------------------------


@pytest.mark.postgres
def test_counts_what_there_is(client, administrator, world):
    client.force_login(administrator)

    context = client.get(OVERVIEW).context

    assert numbers(context) == {
        "Active with an end": 5,
        "Eligible": 4,
        "Permanent active": 1,
        "Waiting requests": 1,
        "Open alerts": 1,
    }
    assert parts(context["held"]) == {
        "Directory roles": [2, 0, 1],
        "Groups": [0, 1, 0],
        "Resources": [2, 4, 0],
    }
    assert parts(context["roles"]) == {
        "Contributor": [2, 2],
        "Reader": [0, 2],
        "Global Administrator": [0, 1],
        "Member": [0, 1],
        "Security Reader": [1, 0],
    }
    assert [row.role.name for row in context["found"].ending] == [
        "Contributor",
        "Contributor",
        "Security Reader",
    ]
    assert context["found"].newest[0].role.name == "Global Administrator"
    assert (context["found"].waits.decided, context["waited"]) == (1, ("20 min", "20 min"))


def test_counts_activations_of_the_days_that_were_asked_for(client, administrator, world):
    client.force_login(administrator)

    counts = {days: client.get(OVERVIEW, {"days": days}).context["activated_count"] for days in (7, 30, 90)}
    context = client.get(OVERVIEW, {"days": "12"}).context

    assert counts == {7: 5, 30: 5, 90: 6}
    assert context["days"] == 30
    assert [series.label for series in context["activations"].series] == [
        "Contributor",
        "Security Reader",
        "Teams Administrator",
    ]
    assert sum(context["activations"].totals) == 5


def test_compares_standing_with_just_in_time_access(client, administrator, world, now):
    client.force_login(administrator)

    context = client.get(overview(Provider.DIRECTORY)).context

    (month, (standing, activated, *_)) = context["hours"].rows[-1]
    assert month == f"{now - DAY:%b %Y}" or month == f"{now:%b %Y}"
    assert int(activated.replace(",", "")) >= 1 or now.day <= 3
    assert standing == "0" or now.day > 1  # the administrator is there since today


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("platform", {"Users": [2, 4, 0], "Groups": [0, 0, 0]}),
        ("production", {"Users": [1, 2, 0], "Groups": [0, 0, 0]}),
    ],
)
def test_is_cut_to_its_place(client, administrator, world, on, expected):
    client.force_login(administrator)

    context = client.get(overview(Provider.RESOURCES, world.get(on))).context

    assert parts(context["held"]) == expected
    assert context["activated_count"] == expected["Users"][1] // 2


# ---- Where it leads ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "on"),
    [
        (Provider.DIRECTORY, ""),
        (Provider.GROUPS, "guild"),
        (Provider.RESOURCES, "production"),
    ],
)
def test_each_number_leads_to_a_list_of_as_many(client, administrator, world, provider, on):
    client.force_login(administrator)
    place = world.get(on)
    place = place.resource if on == "guild" else place

    context = client.get(overview(provider, place)).context

    led = {tile.url: tile.value for tile in context["tiles"]}
    led |= {part.url: part.count for bar in (*context["held"], *context["roles"]) for part in bar.share.parts}
    total = context["total"]
    led |= dict(zip(context["ending_urls"], (total.eligible_ending, total.assigned_ending), strict=True))
    led |= dict(zip(context["new_urls"], (total.eligible_new, total.assigned_new), strict=True))
    led |= {context["activated_url"]: context["activated_count"]}
    led |= {context["decided_url"]: context["found"].waits.decided}
    assert {url: listed(client, url) for url in led} == led


def test_the_numbers_of_all_providers_lead_to_their_lists(client, administrator, world):
    client.force_login(administrator)

    context = client.get(OVERVIEW).context

    led = {part.url: part.count for bar in (*context["held"], *context["roles"]) for part in bar.share.parts}
    led |= {context["activated_url"]: context["activated_count"]}
    assert {url: listed(client, url) for url in led} == led


def test_lists_activations_with_how_they_ended(client, administrator, world):
    client.force_login(administrator)

    page = client.get(
        reverse("portal:place_activations", args=[Provider.DIRECTORY]), {"days": 90, "q": "reader"}
    )

    assert [row.role.name for row in page.context["page"].rows] == ["Security Reader"] * 3
    assert b"Ended by the clock" in page.content


# ---- Who sees what -----------------------------------------------------------------------------------------


def test_shows_everybody_their_part(client, world, now):
    keeper = keeper_of(world["production"], now)
    client.force_login(keeper)

    context = client.get(OVERVIEW).context

    assert parts(context["held"])["Directory roles"] == [0, 0, 0]
    assert parts(context["held"])["Resources"] == [1, 3, 0]
    assert context["activated_count"] == 1
    assert client.get(overview(Provider.DIRECTORY)).status_code == 403
    assert client.get(overview(Provider.RESOURCES, world["platform"])).status_code == 404


def test_says_what_will_stand_there(client, auditor):
    client.force_login(auditor)

    page = client.get(overview(Provider.GROUPS)).content.decode()

    for text in ("No activations", "Nothing to compare yet", "Nobody holds a role here", "Nothing ends soon"):
        assert text in page
    assert "<polyline" not in page


# ---- Waiting -----------------------------------------------------------------------------------------------


def decided(person, approver, asked_at, waited):
    """A request for a role, denied after so long."""
    request = AccessRequest.objects.create(
        action=Action.ADMIN_ASSIGN,
        family=Family.ELIGIBLE,
        state=State.DENIED,
        principal_id=person.pk,
        requester=person,
        role_id=built_in.SECURITY_READER,
        resource=directory(),
        created_at=asked_at,
        closed_at=asked_at + waited,
    )
    Approval.objects.create(
        request=request,
        approver=approver,
        requester=person,
        decision=Approval.Decision.DENIED,
        decided_at=asked_at + waited,
    )


@pytest.mark.parametrize(
    ("minutes", "median", "most"),
    [
        ([], None, None),
        ([7], 7, 7),
        ([7, 3], 3, 7),
        ([3, 9, 5], 5, 9),
        (range(1, 11), 5, 9),
        (range(1, 12), 6, 10),
    ],
)
@pytest.mark.postgres
def test_says_how_long_requests_waited(requester, approver, now, minutes, median, most):
    for waited in minutes:
        decided(requester, approver, now - DAY, waited * MINUTE)

    waits = waits_of(AccessRequest.objects.all(), since=now - 30 * DAY, now=now)

    in_minutes = [each and each / MINUTE for each in (waits.median, waits.most)]
    assert (waits.decided, *in_minutes) == (len(minutes), median, most)
    assert (waits.count, waits.oldest) == (0, None)


def test_counts_the_wait_of_what_was_decided_in_the_period(requester, approver, now):
    for ago, waited in ((31 * DAY, HOUR), (31 * DAY, 2 * DAY), (29 * DAY, HOUR)):
        decided(requester, approver, now - ago, waited)

    assert waits_of(AccessRequest.objects.all(), since=now - 30 * DAY, now=now).decided == 2


# ---- Cost --------------------------------------------------------------------------------------------------


def test_asks_the_same_of_the_database_however_much_there_is(client, administrator, world, now):
    client.force_login(administrator)
    client.get(OVERVIEW)

    few = queries(client)
    for _ in range(20):
        person, resource = make_user(now=now), make_resource(now=now)
        activate(assign(person, built_in.SECURITY_READER, now=now), person, now=now)
        assign(person, built_in.CONTRIBUTOR, resource, now=now, ends_at=now + 3 * DAY)

    assert queries(client) == few


def queries(client):
    with CaptureQueriesContext(connection) as captured:
        client.get(OVERVIEW)
        client.get(overview(Provider.DIRECTORY))
    return len(captured)
