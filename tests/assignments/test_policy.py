from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from apps.assignments.models import Assignment
from apps.assignments.policy import access_from, ground_stands, groups_of, in_force
from apps.common.access import DIRECTORY_ID, DIRECTORY_PATH, Permission, Provider
from apps.roles.models import Resource, RoleDefinition

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
TICK, HOUR = timedelta(microseconds=1), timedelta(hours=1)
JOHN, RITA = UUID(int=1), UUID(int=2)
OPERATORS, LEADS, ADMINS = UUID(int=11), UUID(int=12), UUID(int=13)
NOBODYS = {}
SINCE = NOW - HOUR  # all begins together, unless told otherwise


def held(by, *, from_=SINCE, until=NOW + HOUR, ended_at=None, parent=None, given=SINCE, **facts):
    """A row as it would be loaded, in no database."""
    span = {"starts_at": from_, "ends_at": until, "ended_at": ended_at, "created_at": given}
    if parent is not None and parent.resource_id is None:
        parent.resource = facts.get("resource")  # activated where it is held, unless told otherwise
    return Assignment(principal_id=by, parent=parent, **span, **facts)


def member(by, group, **facts):
    """A row that makes somebody a member."""
    return held(by, resource=Resource(group_id=group), **facts)


def a_place(path):
    return Resource(provider=Provider.RESOURCES, path=path)


# ---- In force ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(NOW - HOUR - TICK, False, id="just before the start"),
        pytest.param(NOW - HOUR, True, id="at the start"),
        pytest.param(NOW + HOUR - TICK, True, id="just before the end"),
        pytest.param(NOW + HOUR, False, id="at the end"),
        pytest.param(NOW + HOUR + TICK, False, id="just after the end"),
    ],
)
def test_is_in_force_from_its_start_up_to_its_end(now, expected):
    assert in_force(held(JOHN), groups=NOBODYS, now=now) is expected


def test_stays_in_force_without_an_end():
    assert in_force(held(JOHN, until=None), groups=NOBODYS, now=NOW + 87600 * HOUR)


def test_is_not_in_force_once_somebody_ended_it():
    assert not in_force(held(JOHN, ended_at=NOW), groups=NOBODYS, now=NOW)


@pytest.mark.parametrize(
    ("ground", "groups", "stands"),
    [
        pytest.param(held(JOHN), NOBODYS, True, id="one's own, running"),
        pytest.param(held(JOHN, ended_at=NOW), NOBODYS, False, id="one's own, removed"),
        pytest.param(held(JOHN, until=NOW), NOBODYS, False, id="one's own, past its end"),
        pytest.param(held(JOHN, from_=NOW + TICK), NOBODYS, False, id="one's own, not begun"),
        pytest.param(held(OPERATORS), {OPERATORS: SINCE}, True, id="a group's, and still in it"),
        pytest.param(held(OPERATORS), {LEADS: SINCE}, False, id="a group's, and in another one"),
        pytest.param(held(OPERATORS), NOBODYS, False, id="a group's, and in it no more"),
        pytest.param(held(OPERATORS), {OPERATORS: SINCE + TICK}, False, id="a group's, and in it anew"),
        pytest.param(held(OPERATORS, until=NOW), {OPERATORS: SINCE}, False, id="a group's, past its end"),
        pytest.param(held(RITA), {OPERATORS: SINCE}, False, id="somebody else's"),
    ],
)
def test_stands_only_on_a_ground_that_is_in_force(ground, groups, stands):
    activated = held(JOHN, parent=ground)

    assert ground_stands(activated, groups=groups, now=NOW) is stands
    assert in_force(activated, groups=groups, now=NOW) is stands


def test_stands_only_below_the_place_where_it_is_eligible():
    wide, narrow, moved_away = a_place("wide/"), a_place("wide/narrow/"), a_place("other/narrow/")
    below = held(JOHN, parent=held(JOHN, resource=wide), resource=narrow)
    left = held(JOHN, parent=held(JOHN, resource=wide), resource=moved_away)

    assert ground_stands(below, groups=NOBODYS, now=NOW)
    assert not ground_stands(left, groups=NOBODYS, now=NOW)


def test_needs_no_ground_when_it_was_assigned():
    assert ground_stands(held(JOHN), groups=NOBODYS, now=NOW)


# ---- Groups ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("memberships", "groups"),
    [
        pytest.param([], set(), id="none"),
        pytest.param([member(JOHN, OPERATORS)], {OPERATORS}, id="directly"),
        pytest.param([member(RITA, OPERATORS)], set(), id="somebody else"),
        pytest.param(
            [member(OPERATORS, LEADS), member(JOHN, OPERATORS), member(LEADS, ADMINS)],
            {OPERATORS, LEADS, ADMINS},
            id="through groups in groups, in whatever order",
        ),
        pytest.param(
            [member(JOHN, OPERATORS), member(OPERATORS, LEADS, ended_at=NOW)],
            {OPERATORS},
            id="not through a link that has ended",
        ),
        pytest.param([member(JOHN, OPERATORS, until=NOW)], set(), id="not past its end"),
        pytest.param([member(JOHN, OPERATORS, from_=NOW + TICK)], set(), id="not before its start"),
        pytest.param(
            [member(JOHN, OPERATORS, parent=held(JOHN))], {OPERATORS}, id="by an activated membership"
        ),
        pytest.param(
            [member(JOHN, OPERATORS, parent=held(JOHN, until=NOW))],
            set(),
            id="not by one whose ground has ended",
        ),
        pytest.param(
            [member(JOHN, LEADS, parent=held(OPERATORS)), member(JOHN, OPERATORS)],
            {OPERATORS, LEADS},
            id="by one that rests on another group",
        ),
        pytest.param(
            [member(JOHN, LEADS, parent=held(OPERATORS)), member(JOHN, OPERATORS, until=NOW)],
            set(),
            id="not by one that rests on a group one is in no more",
        ),
        pytest.param(
            [member(OPERATORS, LEADS), member(LEADS, OPERATORS)], set(), id="groups that hold each other"
        ),
        pytest.param(
            [member(JOHN, LEADS), member(OPERATORS, LEADS), member(LEADS, OPERATORS)],
            {LEADS, OPERATORS},
            id="entering groups that hold each other",
        ),
        pytest.param(
            [member(JOHN, OPERATORS, parent=held(OPERATORS))], set(), id="not by one that rests on itself"
        ),
        pytest.param(
            [member(JOHN, OPERATORS, parent=held(LEADS)), member(JOHN, LEADS, parent=held(OPERATORS))],
            set(),
            id="not by two that rest on each other",
        ),
    ],
)
def test_is_in_the_groups_that_follow_from_its_memberships(memberships, groups):
    assert set(groups_of(JOHN, memberships, now=NOW)) == groups


@pytest.mark.parametrize(
    ("memberships", "since"),
    [
        pytest.param([member(JOHN, OPERATORS)], SINCE, id="since it began"),
        pytest.param(
            [member(JOHN, OPERATORS, from_=NOW), member(JOHN, OPERATORS)], SINCE, id="of two the longest"
        ),
        pytest.param(
            [member(JOHN, OPERATORS, ended_at=NOW), member(JOHN, OPERATORS, from_=NOW)],
            NOW,
            id="not since one that has ended, were it at that moment",
        ),
        pytest.param(
            [member(JOHN, LEADS, from_=NOW), member(LEADS, OPERATORS)],
            NOW,
            id="through another group since one is in that",
        ),
        pytest.param(
            [member(JOHN, LEADS), member(LEADS, OPERATORS, from_=NOW)], NOW, id="... and since that is in it"
        ),
        pytest.param(
            [
                member(JOHN, LEADS, from_=NOW),
                member(LEADS, OPERATORS),
                member(JOHN, ADMINS),
                member(ADMINS, OPERATORS),
            ],
            SINCE,
            id="of two chains the longest",
        ),
    ],
)
def test_knows_since_when_somebody_is_in_a_group(memberships, since):
    for rows in (memberships, memberships[::-1]):
        assert groups_of(JOHN, rows, now=NOW)[OPERATORS] == since


def test_loses_an_activated_membership_with_the_group_it_came_from_for_good():
    back_in_the_group = member(JOHN, LEADS, from_=NOW)
    activated_before = member(JOHN, OPERATORS, parent=held(LEADS))

    assert set(groups_of(JOHN, [back_in_the_group, activated_before], now=NOW)) == {LEADS}


def test_knows_what_was_at_an_instant_before():
    ended = member(JOHN, OPERATORS, ended_at=NOW)

    assert groups_of(JOHN, [ended], now=NOW - TICK) == {OPERATORS: SINCE}
    assert groups_of(JOHN, [ended], now=NOW) == {}


# ---- What it allows ----------------------------------------------------------------------------------------

ROOT = Resource(id=UUID(int=21), provider=Provider.RESOURCES, path="root/")
BELOW = Resource(id=UUID(int=22), provider=Provider.RESOURCES, path="root/below/", parent_id=ROOT.id)
WHOLE_DIRECTORY = Resource(id=DIRECTORY_ID, provider=Provider.DIRECTORY, path=DIRECTORY_PATH)
READ = Permission.ASSIGNMENTS_READ


def role(**permissions):
    return RoleDefinition(permissions=permissions)


def test_allows_where_the_role_is_held_and_below():
    access = access_from(JOHN, [held(JOHN, role=role(resources=[READ]), resource=BELOW)])

    assert access.user_id == JOHN
    assert access.may(READ, Provider.RESOURCES, "root/below/leaf/")
    assert not access.may(READ, Provider.RESOURCES, "root/")


def test_reaches_another_provider_from_the_directory():
    access = access_from(JOHN, [held(JOHN, role=role(groups=[READ]), resource=WHOLE_DIRECTORY)])

    assert access.may(READ, Provider.GROUPS, "any/")
    assert not access.may(READ, Provider.DIRECTORY, DIRECTORY_PATH)


@pytest.mark.parametrize("resource", [ROOT, BELOW])
def test_does_not_reach_another_provider_from_anywhere_else(resource):
    permissions = {"groups": [READ], "directory": [Permission.ASSIGNMENTS_MANAGE]}

    access = access_from(JOHN, [held(JOHN, role=role(**permissions), resource=resource)])

    assert access.grants == frozenset()


def test_adds_up_what_several_roles_allow():
    reader = held(JOHN, role=role(resources=[READ]), resource=BELOW)
    keeper = held(JOHN, role=role(resources=[Permission.ASSIGNMENTS_MANAGE]), resource=ROOT)

    access = access_from(JOHN, [reader, keeper])

    assert access.scopes(READ) == [(Provider.RESOURCES, "root/below/")]
    assert access.scopes(Permission.ASSIGNMENTS_MANAGE) == [(Provider.RESOURCES, "root/")]


def test_allows_nothing_by_a_role_without_permissions():
    assert access_from(JOHN, [held(JOHN, role=role(), resource=ROOT)]).grants == frozenset()
