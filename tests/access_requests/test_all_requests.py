"""Everybody's requests, for whoever may read those of others."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from apps.access_requests.selectors.all_requests import Search, Tab, all_requests
from apps.access_requests.services.settling import settle_all
from apps.assignments.selectors import access_of, holdings_of
from apps.roles import built_in
from tests.access_requests.pages import text_of
from tests.factories import (
    activate,
    answer,
    assign,
    disable,
    make_active,
    make_group,
    make_resource,
    make_user,
    may_join,
)

pytestmark = [pytest.mark.django_db, pytest.mark.postgres, pytest.mark.usefixtures("at_the_door")]

ALL = reverse("access_requests:all_requests")
TICK, HOUR, DAY = timedelta(microseconds=1), timedelta(hours=1), timedelta(days=1)


def found_by(reader, now, **search):
    access = access_of(reader.id, holdings_of(reader, now=now))
    return all_requests(reader, access, Search(**search), now=now)


def items(found):
    return {line.item for line in found.lines}


def everything(reader, now, **search):
    return items(found_by(reader, now, tab=Tab.ALL, **search))


@pytest.fixture
def denied(requester, approver, needs_approval, now):
    """Bea asked for Teams Administrator, and was refused."""
    bea = make_user("Bea Baker", now=now)
    request = activate(assign(bea, now=now), bea, now=now)
    return answer(request, approver, now=now, approve=False, why="Say what for")


@pytest.fixture
def running(requester, now):
    """Granted to John without anybody being asked."""
    return activate(assign(requester, built_in.USER_ADMINISTRATOR, now=now), requester, now=now)


# ---- What is found -----------------------------------------------------------------------------------------


def test_sorts_into_what_waits_what_was_decided_and_all(auditor, waiting, denied, running, now):
    by_tab = {tab: items(found_by(auditor, now, tab=tab)) for tab in Tab}

    assert (by_tab[Tab.WAITING], by_tab[Tab.DECIDED]) == ({waiting}, {denied})
    assert by_tab[Tab.ALL] >= {waiting, denied, running}
    counts = found_by(auditor, now).counts
    assert counts == {tab: str(len(rows)) for tab, rows in by_tab.items()}


def test_shows_the_latest_first(auditor, requester, eligible, needs_approval, running, now):
    later = activate(eligible, requester, now=now + TICK)

    lines = found_by(auditor, now + TICK, tab=Tab.ALL).lines

    assert [line.item for line in lines[:1]] == [later]
    assert [line.item.created_at for line in lines] == sorted(
        (line.item.created_at for line in lines), reverse=True
    )


@pytest.mark.parametrize(("at", "waits"), [(DAY - TICK, True), (DAY, False), (DAY + TICK, False)])
def test_leaves_out_what_has_timed_out_before_any_sweep(auditor, waiting, now, at, waits):
    found = found_by(auditor, now + at)
    badge = next(
        line.reading.badge for line in found_by(auditor, now + at, tab=Tab.ALL).lines if line.item == waiting
    )

    assert items(found) == ({waiting} if waits else set())
    assert found.counts[Tab.WAITING] == ("1" if waits else "0")
    assert badge == ("pending_approval" if waits else "timed_out")


def test_leaves_out_what_has_lost_its_ground_before_any_sweep(auditor, requester, waiting, now):
    disable(requester)

    before = found_by(auditor, now)
    settle_all(now=now)
    after = found_by(auditor, now)

    assert items(before) == items(after) == set()
    assert before.counts == after.counts


def test_shows_nobody_more_than_they_may_read(visitor, requester, waiting, now):
    platform = make_resource("Platform", now=now)
    inside = make_resource("Production", parent=platform, now=now)
    outside = make_resource("Elsewhere", now=now)
    make_active(visitor, built_in.RESOURCE_OWNER, platform, now=now, ends_at=now + DAY)
    seen, unseen = (
        activate(
            assign(requester, built_in.CONTRIBUTOR, place, now=now, ends_at=now + DAY), requester, now=now
        )
        for place in (inside, outside)
    )

    shown = everything(visitor, now)

    assert seen in shown
    assert not {unseen, waiting} & shown


def test_shows_an_approver_s_own_decision_once(auditor, approver, denied, now):
    make_active(approver, built_in.SECURITY_READER, now=now)

    lines = [line for line in found_by(approver, now, tab=Tab.ALL).lines if line.item == denied]

    assert len(lines) == 1


@pytest.mark.parametrize(
    ("search", "finds"),
    [
        ({"q": "john"}, {"waiting", "running", "group"}),
        ({"q": "BEA"}, {"denied"}),
        ({"q": "teams john"}, {"waiting"}),
        ({"q": "operators"}, {"group"}),
        ({"q": "nobody"}, set()),
        ({"q": "100%"}, set()),
        ({"provider": "groups"}, {"group"}),
        ({"provider": "directory", "q": "user adm"}, {"running"}),
        ({"provider": "resources"}, set()),
    ],
)
def test_finds_by_person_role_resource_and_provider(
    auditor, requester, waiting, denied, running, now, search, finds
):
    group = make_group("Operators", now=now)
    joined = activate(may_join(requester, group, now=now), requester, now=now)
    named = {"waiting": waiting, "denied": denied, "running": running, "group": joined}

    shown = everything(auditor, now, **search)

    assert {name for name, request in named.items() if request in shown} == finds


# ---- The page ----------------------------------------------------------------------------------------------


@pytest.fixture
def page(client, auditor, now):
    """The page as the auditor sees it."""

    def show(**query):
        with time_machine.travel(now, tick=False):
            client.force_login(auditor)
            return client.get(ALL, query)

    return show


def test_shows_who_waits_until_when_and_leads_to_the_request(page, waiting):
    text = strip_tags(text_of(page()))

    assert all(part in text for part in ("Teams Administrator", "John Doe", "Waiting for approval"))
    assert "Times out in 1 day" in text
    assert "25 Nov 2026, 13:00 UTC" in text
    assert f'href="{waiting.get_absolute_url()}"' in text_of(page())


def test_shows_who_decided_and_why(page, denied):
    text = text_of(page(tab="decided"))

    assert "Denied by Ada Approver" in text
    assert "Say what for" in text


def test_says_for_whom_another_asked(page, eligible):
    assert "For John Doe" in text_of(page(tab="all", q="teams"))


@pytest.mark.parametrize(
    "query",
    [
        {"tab": "\0", "provider": "\0", "q": "\0"},
        {"q": "x" * 5000},
        {"q": "🚒 חירום ‮"},
        {"q": " ".join("abcdefghijklmnopqrstuvwxyz" * 4)},
    ],
)
def test_finds_its_way_through_bad_input(page, waiting, query):
    assert page(**query).status_code == 200


def test_answers_an_address_that_names_no_page_with_a_sentence(page):
    response = page(after="nonsense")

    assert response.status_code == 400
    assert "first page" in text_of(response)


def test_leads_on_to_the_next_page_and_keeps_the_search(page, now):
    for _ in range(51):
        assign(make_user(now=now), now=now)

    first = page(tab="all", q="teams")
    following = first.context["page"].following
    second = page(tab="all", q="teams", after=following)

    assert "tab=all&amp;q=teams&amp;after=" in text_of(first)
    assert (len(first.context["found"].lines), len(second.context["found"].lines)) == (50, 1)


def test_names_the_roles_that_open_it_to_whoever_has_none(client, visitor):
    client.force_login(visitor)

    response = client.get(ALL)

    assert response.status_code == 403
    assert "Security Reader" in text_of(response)
    assert "My roles" in text_of(response)


def test_costs_the_same_queries_for_few_and_many(page, approver, needs_approval, now):
    def ask(count):
        for _ in range(count):
            people = [make_user(now=now) for _ in range(2)]
            _, second = (activate(assign(person, now=now), person, now=now) for person in people)
            answer(second, approver, now=now)

    def cost(tab):
        with CaptureQueriesContext(connection) as queries:
            page(tab=tab)
        return len(queries)

    page()
    ask(1)
    few = [cost(tab) for tab in Tab]
    ask(9)

    assert [cost(tab) for tab in Tab] == few


# ---- About one place ---------------------------------------------------------------------------------------


def test_shows_those_of_one_place_and_below(administrator, requester, running, now):
    platform = make_resource("Platform", now=now)
    inside = make_resource("Production", parent=platform, now=now)
    beside = make_resource("Sandbox", now=now)
    for place in (inside, beside):
        row = assign(requester, built_in.CONTRIBUTOR, place, now=now, ends_at=now + DAY)
        activate(row, requester, now=now)

    found = everything(administrator, now, provider="resources", path=platform.path)

    assert {item.resource for item in found} == {inside}


def test_stands_in_the_frame_of_its_place(client, administrator, waiting, now):
    with time_machine.travel(now, tick=False):
        client.force_login(administrator)
        directory = text_of(client.get(reverse("access_requests:provider_requests", args=["directory"])))
        groups = text_of(client.get(reverse("access_requests:provider_requests", args=["groups"])))

    assert waiting.get_absolute_url() in directory
    assert waiting.get_absolute_url() not in groups
