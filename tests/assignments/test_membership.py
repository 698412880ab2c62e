from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.assignments.membership import groups_of_user, members_of, sizes_of
from apps.assignments.models import Assignment
from apps.assignments.policy import groups_of
from apps.roles import built_in
from tests.factories import activate, disable, join, make_group, make_user, may_join

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]  # raw SQL

TICK, HOUR, DAY = timedelta(microseconds=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def operators(db, now):
    return make_group("Operators", now=now)


@pytest.fixture
def leads(db, now):
    return make_group("Leads", now=now)


def is_in(user, group, now):
    """Asked in both directions, which never disagree."""
    upwards = group.id in groups_of_user(user.id, now=now)
    downwards = user.id in members_of([group.id], now=now)[group.id]
    assert upwards is downwards
    return upwards


# ---- One chain at a time -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        pytest.param(timedelta(0), True, id="at the start"),
        pytest.param(-TICK, False, id="just before the start"),
        pytest.param(90 * DAY - TICK, True, id="just before the end"),
        pytest.param(90 * DAY, False, id="at the end"),
    ],
)
def test_counts_a_member_from_start_to_end(requester, operators, now, at, expected):
    join(requester, operators, now=now)

    assert is_in(requester, operators, now + at) is expected


def test_does_not_count_an_eligible_member(requester, operators, now):
    may_join(requester, operators, now=now)

    assert not is_in(requester, operators, now)


def test_counts_an_activated_member_as_long_as_it_lasts(requester, operators, now):
    activate(may_join(requester, operators, now=now), requester, now=now, minutes=60)

    assert is_in(requester, operators, now)
    assert is_in(requester, operators, now + HOUR - TICK)
    assert not is_in(requester, operators, now + HOUR)


def test_counts_members_of_groups_in_the_group(requester, operators, leads, now):
    join(operators, leads, now=now)
    join(requester, operators, now=now)

    assert is_in(requester, leads, now)
    assert not is_in(requester, leads, now + 90 * DAY)


def test_loses_everybody_below_when_the_link_between_groups_ends(requester, operators, leads, now):
    link = join(operators, leads, now=now, days=30)
    join(requester, operators, now=now)

    assert is_in(requester, leads, link.ends_at - TICK)
    assert not is_in(requester, leads, link.ends_at)
    assert is_in(requester, operators, link.ends_at)


def test_keeps_nobody_inside_groups_that_hold_each_other(requester, operators, leads, now):
    """The door lets no such ring be closed."""
    join(operators, leads, now=now)
    third = make_group(now=now)
    closing = Assignment.objects.filter(pk=join(leads, third, now=now).pk)
    closing.update(resource=operators.resource)
    entry = join(requester, operators, now=now, days=30)

    assert is_in(requester, leads, now)
    assert is_in(requester, operators, now)
    assert not is_in(requester, leads, entry.ends_at)
    assert not is_in(requester, operators, entry.ends_at)


def test_counts_who_activates_what_a_group_may_join(requester, operators, leads, now):
    membership = join(requester, operators, now=now, days=1)
    eligible = may_join(operators, leads, now=now)
    in_the_last_hour = membership.ends_at - HOUR
    activate(eligible, requester, now=in_the_last_hour, minutes=120)

    assert is_in(requester, leads, membership.ends_at - TICK)
    assert not is_in(requester, leads, membership.ends_at)


def test_does_not_count_the_other_members_of_that_group(requester, approver, operators, leads, now):
    for person in (requester, approver):
        join(person, operators, now=now)
    activate(may_join(operators, leads, now=now), requester, now=now)

    assert is_in(requester, leads, now)
    assert not is_in(approver, leads, now)


def test_keeps_a_disabled_member(requester, operators, now):
    join(requester, operators, now=now)

    disable(requester)

    assert is_in(requester, operators, now)


def test_does_not_take_owners_for_members(requester, operators, now):
    owner = join(requester, operators, now=now)
    Assignment.objects.filter(pk=owner.pk).update(role_id=built_in.GROUP_OWNER)

    assert not is_in(requester, operators, now)


def test_knows_no_members_of_no_group(django_assert_num_queries, now):
    with django_assert_num_queries(0):
        assert members_of([], now=now) == sizes_of([], now=now) == {}


@pytest.mark.parametrize("depth", [2, 20])
def test_follows_any_chain_in_one_query(requester, now, django_assert_num_queries, depth):
    groups = [make_group(now=now) for _ in range(depth)]
    for inner, outer in zip([requester, *groups], groups, strict=False):
        join(inner, outer, now=now)

    with django_assert_num_queries(1):
        assert groups_of_user(requester.id, now=now) == {group.id: now for group in groups}
    with django_assert_num_queries(1):
        members = members_of([groups[0].id, groups[-1].id], now=now)

    assert members == {groups[0].id: {requester.id: now}, groups[-1].id: {requester.id: now}}


# ---- Any constellation -------------------------------------------------------------------------------------

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
PEOPLE, GROUPS = 2, 3
# Who (a person or, from PEOPLE on, a group), in which group, since and until how many hours from now, and for
# activated ones by whose eligibility (None: assigned) and until when that lasts.
holders = st.integers(0, PEOPLE + GROUPS - 1)
RUNNING = (-1, 1)
spans = st.sampled_from([RUNNING, RUNNING, RUNNING, (-2, 0), (0, None), (1, 2)])
ends = st.sampled_from([False, False, False, True])
assigned = st.tuples(holders, st.integers(0, GROUPS - 1), spans, ends)
activated = st.tuples(st.integers(0, PEOPLE - 1), st.integers(0, GROUPS - 1), spans, ends, holders, spans)


@pytest.fixture
def world(now):
    """People and groups to draw lines between, as (holders, groups)."""
    people = [make_user(enrolled=False, now=now) for _ in range(PEOPLE)]
    groups = [make_group(now=now) for _ in range(GROUPS)]
    return [*people, *groups], groups


def write(holder, group, span, *, is_ended=False, **columns):
    """A row past the door: what rules would keep out is just what has to be understood here too."""
    start, end = span
    return Assignment.objects.create(
        principal_id=holder.id,
        role_id=built_in.GROUP_MEMBER,
        resource=group.resource,
        starts_at=NOW + start * HOUR,
        ends_at=None if end is None else NOW + end * HOUR,
        created_at=NOW,
        **({"ended_at": NOW, "ended_how": Assignment.End.REMOVED} if is_ended else {}),
        **columns,
    )


def draw_assigned(world, holder, group, span, is_ended):
    holders, groups = world
    row = {"principal_id": holders[holder].id, "resource": groups[group].resource, "kind": "active"}
    taken = Assignment.objects.filter(**row, origin="assigned", ended_at__isnull=True).exists()
    write(holders[holder], groups[group], span, is_ended=is_ended or taken, kind="active")


def draw_activated(world, person, group, span, is_ended, ground, ground_span):
    holders, groups = world
    user = User.objects.get(pk=holders[person].id)
    row = {"principal_id": holders[ground].id, "resource": groups[group].resource, "kind": "eligible"}
    parent = Assignment.objects.filter(**row, ended_at__isnull=True).first()
    parent = parent or write(holders[ground], groups[group], ground_span, kind="eligible")
    span = (span[0], 2 if span[1] is None else span[1])
    starts_at = NOW + span[0] * HOUR
    taken = user.activations.filter(resource=parent.resource, starts_at=starts_at, ended_at__isnull=True)
    write(
        user,
        groups[group],
        span,
        is_ended=is_ended or taken.exists(),
        kind="active",
        origin="activated",
        parent=parent,
        activated_by=user,
    )


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.one_of(assigned, activated), min_size=3, max_size=8))
def test_agrees_in_both_directions_whoever_holds_what(world, lines):
    holders, groups = world
    with transaction.atomic():
        for line in lines:
            (draw_assigned if len(line) == 4 else draw_activated)(world, *line)
        rows = list(Assignment.objects.active().select_related("resource", "parent"))
        people = [holder.id for holder in holders[:PEOPLE]]

        upwards = {id_: groups_of_user(id_, now=NOW) for id_ in people}
        downwards = {group.id: members_of([group.id], now=NOW)[group.id] for group in groups}
        all_at_once = members_of([group.id for group in groups], now=NOW)
        sizes = sizes_of([group.id for group in groups], now=NOW)
        transaction.set_rollback(True)

    from_every_row = {id_: groups_of(id_, rows, now=NOW) for id_ in people}
    assert upwards == from_every_row
    assert sizes == {id_: len(people) for id_, people in all_at_once.items()}
    assert (
        all_at_once
        == downwards
        == {
            group.id: {id_: held[group.id] for id_, held in from_every_row.items() if group.id in held}
            for group in groups
        }
    )
