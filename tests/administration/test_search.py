from datetime import timedelta

import pytest
from django.utils import timezone

from apps.administration.selectors.search import SHOWN, Searcher, search
from apps.assignments.selectors import holdings_of
from apps.roles import built_in
from tests.factories import (
    acting,
    activate,
    assign,
    make_active,
    make_group,
    make_resource,
    make_user,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def find(now):
    """What somebody finds: names by kind."""

    def answer(user, q):
        searcher = Searcher(user, acting(user, now=now).access, holdings_of(user, now=now))
        return {kind.label: [hit.name for hit in kind.hits] for kind in search(q, searcher)}

    return answer


def test_finds_everything_for_whoever_sees_everything(find, administrator, now):
    make_user("Nora North", now=now)
    make_group("North sea", now=now)
    make_resource("north-1", parent=make_resource("Production", now=now), now=now)

    assert find(administrator, "north") == {
        "People": ["Nora North"],
        "Groups": ["North sea"],
        "Resources": ["north-1"],
    }
    assert find(administrator, "teams adm")["Roles"] == ["Teams Administrator"]


def test_finds_for_an_end_user_their_own_alone(find, requester, visitor, eligible, now):
    assign(visitor, now=now)
    mine = activate(eligible, requester, now=now)
    activate(assign(visitor, built_in.GLOBAL_READER, now=now), visitor, now=now)
    make_group("Teams", now=now)
    make_resource("Teams", now=now)

    found = find(requester, "teams")

    assert found.keys() == {"My roles", "Requests"}
    assert f"{mine.number} · John Doe" in found["Requests"]
    assert not any("Vera" in name for name in found["Requests"])
    assert find(requester, "reader") == {}


def test_finds_for_a_keeper_what_lies_below(find, now):
    production, sandbox = make_resource("Production", now=now), make_resource("Sandbox", now=now)
    for parent in (production, sandbox):
        make_resource(f"orders of {parent.name}", parent=parent, now=now)
    owner = make_user(now=now)
    make_active(owner, built_in.RESOURCE_OWNER, production, now=now, ends_at=now + DAY)

    assert find(owner, "orders")["Resources"] == ["orders of Production"]
    assert "People" not in find(owner, "example.com")


def test_finds_a_request_by_its_number_and_only_for_those_who_see_it(
    find, requester, visitor, administrator, eligible, now
):
    request = activate(eligible, requester, now=now)

    for number in (request.number, request.number.lower(), request.number.removeprefix("REQ-")):
        assert find(requester, number)["Requests"] == [f"{request.number} · John Doe"]
        assert find(administrator, number)["Requests"]
        assert find(visitor, number) == {}


def test_finds_people_by_their_address(find, administrator, now):
    make_user("Nora North", email="n.n@elsewhere.org", now=now)

    assert find(administrator, "nora elsewhere.org")["People"] == ["Nora North"]


@pytest.mark.parametrize("q", ["", "   ", "%", "_", "no such thing at all"])
def test_finds_nothing_for_what_is_nothing(find, administrator, q):
    assert find(administrator, q) == {}


def test_asks_as_often_for_20_as_for_2(administrator, django_assert_num_queries, now):
    searcher = Searcher(
        administrator, acting(administrator, now=now).access, holdings_of(administrator, now=now)
    )
    parent = make_resource("Top", now=now)

    def grow(count):
        for number in range(count):
            make_user(f"North {count} {number}", now=now)
            make_group(f"North {count} {number}", now=now)
            make_resource(f"North {count} {number}", parent=parent, now=now)

    for count in (2, 18):
        grow(count)
        with django_assert_num_queries(6):
            kinds = search("north", searcher)
    assert {len(kind.hits) for kind in kinds} == {SHOWN}


def test_shows_what_was_found(client):
    now = timezone.now()  # pages read the clock
    user = make_user("Nora North", now=now)
    assign(user, now=now)
    client.force_login(user)

    page = client.get("/search/", {"q": "teams"}).content.decode()

    assert "My roles" in page
    assert 'value="teams"' in page
    assert "Nothing found" in client.get("/search/", {"q": "<b>"}).content.decode()
