"""Why somebody holds what they hold."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.assignments.models import Assignment
from apps.assignments.paths import paths_of
from apps.roles import built_in
from tests.factories import activate, assign, disable, join, make_group, make_resource, may_join

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

DAY = timedelta(days=1)
CONTRIBUTOR = built_in.CONTRIBUTOR


@pytest.fixture
def platform(db, now):
    return make_resource("Platform", now=now)


@pytest.fixture
def production(platform, now):
    return make_resource("Production", parent=platform, now=now)


@pytest.fixture
def operators(db, now):
    return make_group("Operators", now=now)


@pytest.fixture
def leads(db, now):
    return make_group("Leads", now=now)


def told(person, now, role=CONTRIBUTOR, kind=Assignment.Kind.ELIGIBLE):
    """Each way to the role, by resource: the groups on it, whether it comes from above, and its end."""
    return {
        path.resource.name: [
            ([group.name for group in way.groups], way.is_from_above, way.ends_at) for way in path.ways
        ]
        for path in paths_of(person, now=now)
        if (path.role.id, path.kind) == (role, kind)
    }


def test_explains_what_is_ones_own(requester, eligible, now):
    (path,) = paths_of(requester, now=now)

    assert [way.assignment for way in path.ways] == [eligible]
    assert (path.ways[0].groups, path.ends_at) == ([], None)


def test_explains_every_group_on_the_way(requester, platform, operators, leads, now):
    assign(operators, CONTRIBUTOR, platform, now=now, ends_at=now + 60 * DAY)
    join(requester, operators, now=now, days=10)
    join(requester, leads, now=now, days=20)
    join(leads, operators, now=now, days=90)

    ways = told(requester, now)
    (path,) = [path for path in paths_of(requester, now=now) if path.role.id == CONTRIBUTOR]

    assert ways == {
        "Platform": [
            (["Operators"], False, now + 10 * DAY),
            (["Leads", "Operators"], False, now + 20 * DAY),
        ]
    }
    assert path.ends_at == now + 20 * DAY


def test_explains_what_comes_from_above(requester, platform, production, now):
    assign(requester, CONTRIBUTOR, platform, now=now, ends_at=now + 5 * DAY)
    assign(requester, CONTRIBUTOR, production, now=now, ends_at=now + DAY)

    assert told(requester, now) == {
        "Platform": [([], False, now + 5 * DAY)],
        "Production": [([], True, now + 5 * DAY), ([], False, now + DAY)],
    }


def test_explains_what_was_activated_and_through_whom(requester, platform, operators, now):
    join(requester, operators, now=now)
    held = assign(operators, CONTRIBUTOR, platform, now=now, ends_at=now + DAY)
    running = activate(held, requester, now=now).result

    active = [path for path in paths_of(requester, now=now) if path.role.id == CONTRIBUTOR][-1]

    assert active.kind == Assignment.Kind.ACTIVE
    assert [(way.assignment, [group.name for group in way.groups]) for way in active.ways] == [
        (running, ["Operators"])
    ]
    assert active.ends_at == running.ends_at


def test_ends_with_an_activated_membership(requester, platform, operators, now):
    assign(operators, CONTRIBUTOR, platform, now=now, ends_at=now + 60 * DAY)
    membership = activate(may_join(requester, operators, now=now), requester, now=now).result

    assert told(requester, now) == {"Platform": [(["Operators"], False, membership.ends_at)]}
    assert told(requester, membership.ends_at) == {}


def test_explains_groups_that_hold_each_other(requester, platform, operators, now):
    """Such a loop is refused today; a row from before must not hang the page."""
    assign(operators, CONTRIBUTOR, platform, now=now, ends_at=now + DAY)
    join(requester, operators, now=now)
    Assignment.objects.create(
        principal=operators.principal,
        role_id=built_in.GROUP_MEMBER,
        resource=operators.resource,
        kind=Assignment.Kind.ACTIVE,
        starts_at=now,
        created_at=now,
    )

    assert told(requester, now) == {"Platform": [(["Operators"], False, now + DAY)]}


def test_has_nothing_to_explain_for_the_disabled(requester, eligible, now):
    disable(requester)

    assert paths_of(requester, now=now) == []


def test_asks_two_queries_however_much_is_held(requester, platform, now):
    for _ in range(4):
        group = make_group(now=now)
        join(requester, group, now=now)
        assign(group, CONTRIBUTOR, platform, now=now, ends_at=now + DAY)

    with CaptureQueriesContext(connection) as queries:
        for path in paths_of(requester, now=now):
            _ = [(path.resource.name, [group.name for group in way.groups]) for way in path.ways]

    assert len(queries) == 2
