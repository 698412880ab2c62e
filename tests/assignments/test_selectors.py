from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.assignments.selectors import (
    EXPIRED_SHOWN,
    NOTHING,
    access_now,
    access_of,
    expired_of,
    groundless,
    holders_of,
    holdings_of,
    holdings_of_many,
)
from apps.assignments.services import end
from apps.audit.vocabulary import CONSOLE
from apps.common.access import Permission, Provider
from apps.roles import built_in
from apps.roles.selectors import directory
from tests.factories import (
    activate,
    assign,
    disable,
    join,
    make_active,
    make_group,
    make_resource,
    make_user,
    may_join,
    set_rules,
)

pytestmark = pytest.mark.django_db

TICK, HOUR, DAY = timedelta(microseconds=1), timedelta(hours=1), timedelta(days=1)
ELIGIBLE, ACTIVE = Assignment.Kind.ELIGIBLE, Assignment.Kind.ACTIVE
TEAMS, PRA = built_in.TEAMS_ADMINISTRATOR, built_in.PRIVILEGED_ROLE_ADMINISTRATOR


@pytest.fixture
def operators(db, now):
    return make_group("Operators", now=now, is_role_assignable=True)


def names(held):
    return [row.assignment.role.name for row in held]


def active_names(user, now):
    return names(holdings_of(user, now=now).active)


def remove(assignment, now):
    end(assignment, how=Assignment.End.REMOVED, by=CONSOLE, now=now)


def query_count(ask):
    with CaptureQueriesContext(connection) as queries:
        ask()
    return len(queries)


# ---- What somebody holds -----------------------------------------------------------------------------------


def test_holds_what_is_eligible_and_what_is_active(requester, eligible, now):
    make_active(requester, built_in.SECURITY_READER, now=now)

    holdings = holdings_of(requester, now=now)

    assert names(holdings.eligible) == ["Teams Administrator"]
    assert names(holdings.active) == ["Security Reader"]


@pytest.mark.parametrize(
    ("at", "held"),
    [
        pytest.param(-TICK, [], id="just before the start"),
        pytest.param(timedelta(0), ["Teams Administrator"], id="at the start"),
        pytest.param(HOUR - TICK, ["Teams Administrator"], id="just before the end"),
        pytest.param(HOUR, [], id="at the end"),
        pytest.param(HOUR + TICK, [], id="just after the end"),
    ],
)
def test_holds_an_activation_from_start_to_end_with_no_sweep_run(requester, eligible, now, at, held):
    activate(eligible, requester, now=now, minutes=60)

    assert active_names(requester, now + at) == held


def test_holds_what_is_activated_later_only_then(requester, eligible, now):
    activate(eligible, requester, now=now, starts_at=now + DAY, minutes=60)

    assert active_names(requester, now + DAY - TICK) == []
    assert active_names(requester, now + DAY) == ["Teams Administrator"]


def test_says_through_which_group_it_is_held(requester, operators, now):
    make_active(operators, TEAMS, now=now)
    join(requester, operators, now=now)

    teams = next(held for held in holdings_of(requester, now=now).active if held.assignment.role_id == TEAMS)

    assert (teams.membership, teams.via) == ("Group", "Operators")


def test_says_directly_of_what_is_ones_own(requester, eligible, now):
    activate(eligible, requester, now=now)

    assert {(held.membership, held.via) for held in holdings_of(requester, now=now).active} == {
        ("Direct", "")
    }


def test_says_through_which_group_an_activation_came(requester, operators, now):
    join(requester, operators, now=now)
    activate(assign(operators, now=now), requester, now=now)

    via = {held.assignment.role.name: held.via for held in holdings_of(requester, now=now).active}

    assert via == {"Member": "", "Teams Administrator": "Operators"}


def test_keeps_what_a_member_activated_from_the_others(requester, approver, operators, now):
    for person in (requester, approver):
        join(person, operators, now=now)
    activate(assign(operators, now=now), requester, now=now)

    assert "Teams Administrator" not in active_names(approver, now)


def test_counts_a_disabled_person_as_holding_nothing_and_forgets_nothing(requester, eligible, now):
    activate(eligible, requester, now=now)

    disable(requester)

    assert holdings_of(requester, now=now) == NOTHING
    User.objects.update(is_enabled=True)
    requester.refresh_from_db()
    assert names(holdings_of(requester, now=now).eligible) == ["Teams Administrator"]


# ---- When the ground goes, access goes with it, in the same second -----------------------------------------


def test_loses_an_activation_with_its_eligible_assignment(requester, now):
    eligible = assign(requester, now=now, ends_at=now + 30 * DAY)
    late = eligible.ends_at - 2 * HOUR
    activate(eligible, requester, now=late, minutes=60)
    # Cut short past the door, which would have ended the activation too.
    Assignment.objects.filter(pk=eligible.pk).update(ends_at=late + HOUR / 2)

    assert active_names(requester, late + HOUR / 2 - TICK) == ["Teams Administrator"]
    assert active_names(requester, late + HOUR / 2) == []


def test_loses_an_activation_when_the_eligible_assignment_is_removed(requester, eligible, now):
    activate(eligible, requester, now=now)

    remove(eligible, now + TICK)

    assert active_names(requester, now + TICK) == []


def test_loses_what_a_group_gave_when_membership_ends(requester, operators, now):
    make_active(operators, TEAMS, now=now)
    membership = join(requester, operators, now=now)

    assert active_names(requester, membership.ends_at - TICK) == ["Member", "Teams Administrator"]
    assert active_names(requester, membership.ends_at) == []


def test_loses_what_it_activated_through_a_group_when_membership_ends(requester, operators, now):
    membership = join(requester, operators, now=now, days=1)
    eligible = assign(operators, now=now)
    activate(eligible, requester, now=membership.ends_at - HOUR, minutes=120)

    assert active_names(requester, membership.ends_at - TICK) == ["Member", "Teams Administrator"]
    assert active_names(requester, membership.ends_at) == []


def test_gains_and_loses_a_groups_roles_with_an_activated_membership(requester, operators, now):
    make_active(operators, TEAMS, now=now)
    membership = may_join(requester, operators, now=now)

    before = active_names(requester, now)
    activate(membership, requester, now=now, minutes=60)

    assert before == []
    assert active_names(requester, now) == ["Member", "Teams Administrator"]
    assert active_names(requester, now + HOUR - TICK) == ["Member", "Teams Administrator"]
    assert active_names(requester, now + HOUR) == []


def test_loses_the_second_of_two_activations_that_build_on_each_other(requester, operators, now):
    activate(may_join(requester, operators, now=now), requester, now=now, minutes=60)
    activate(assign(operators, now=now), requester, now=now, minutes=240)

    assert active_names(requester, now + HOUR - TICK) == ["Member", "Teams Administrator"]
    assert active_names(requester, now + HOUR) == []


# ---- What that allows in the portal ------------------------------------------------------------------------


def may_read_requests(user, now):
    access = access_of(user.id, holdings_of(user, now=now))
    return access.may(Permission.REQUESTS_READ, Provider.DIRECTORY, directory().path)


def test_opens_the_portal_with_an_activated_role_and_closes_it_at_its_end(requester, now):
    set_rules(PRA, now=now, requires_approval=False)
    eligible = assign(requester, PRA, now=now)

    assert not may_read_requests(requester, now)
    activate(eligible, requester, now=now, minutes=60)

    assert may_read_requests(requester, now)
    assert may_read_requests(requester, now + HOUR - TICK)
    assert not may_read_requests(requester, now + HOUR)


def test_opens_nothing_by_being_eligible(requester, now):
    assign(requester, PRA, now=now)

    assert access_of(requester.id, holdings_of(requester, now=now)).grants == frozenset()


# ---- What somebody held ------------------------------------------------------------------------------------


def test_shows_what_the_clock_ended_before_and_after_a_sweep(requester, now):
    row = assign(requester, now=now, ends_at=now + HOUR)

    assert expired_of(requester, now=row.ends_at - TICK) == []
    assert [held.assignment for held in expired_of(requester, now=row.ends_at)] == [row]
    end(row, how=Assignment.End.EXPIRED, by=CONSOLE, now=row.ends_at + HOUR, at=row.ends_at)
    assert [held.assignment for held in expired_of(requester, now=row.ends_at + HOUR)] == [row]


@pytest.mark.parametrize(
    ("since", "shown"),
    [
        pytest.param(EXPIRED_SHOWN - TICK, True, id="just before 30 days"),
        pytest.param(EXPIRED_SHOWN, False, id="at 30 days"),
    ],
)
def test_shows_it_for_30_days(requester, now, since, shown):
    row = assign(requester, now=now, ends_at=now + HOUR)

    assert bool(expired_of(requester, now=row.ends_at + since)) is shown


@pytest.mark.postgres  # where those without an end sort differently
def test_shows_the_latest_end_first_however_it_came(requester, now):
    ended_by_clock = assign(requester, now=now, ends_at=now + 2 * HOUR)
    removed_early = assign(requester, built_in.SECURITY_READER, now=now, ends_at=now + 90 * DAY)
    removed_for_good = assign(requester, built_in.GLOBAL_READER, now=now)
    remove(removed_early, now + HOUR)
    remove(removed_for_good, now + 3 * HOUR)

    rows = [held.assignment for held in expired_of(requester, now=now + DAY)]

    assert rows == [removed_for_good, ended_by_clock, removed_early]


def test_leaves_activations_to_the_history_of_requests(requester, eligible, now):
    activate(eligible, requester, now=now, minutes=60)

    assert expired_of(requester, now=now + HOUR) == []


# ---- Who holds a role --------------------------------------------------------------------------------------


def holders(role_id, resource, now, kind=ACTIVE):
    return {user.name for user in holders_of([role_id], resource, kind=kind, now=now)}


def test_finds_holders_on_the_resource_and_above_it(requester, approver, visitor, now):
    production = make_resource("Production", now=now)
    shop = make_resource("Web shop", parent=production, now=now)
    below, beside = make_resource(parent=shop, now=now), make_resource(parent=production, now=now)
    month = {"now": now, "ends_at": now + 30 * DAY}
    make_active(requester, built_in.RESOURCE_OWNER, shop, **month)
    make_active(approver, built_in.RESOURCE_OWNER, production, **month)
    for place in (below, beside):
        make_active(visitor, built_in.RESOURCE_OWNER, place, **month)

    assert holders(built_in.RESOURCE_OWNER, shop, now) == {"John Doe", "Ada Approver"}


def test_tells_eligible_from_active_holders(requester, eligible, approver, now):
    make_active(approver, TEAMS, now=now)

    assert holders(TEAMS, directory(), now, ELIGIBLE) == {"John Doe"}
    assert holders(TEAMS, directory(), now, ACTIVE) == {"Ada Approver"}


def test_finds_who_activated_a_role_as_long_as_it_lasts(requester, eligible, now):
    activate(eligible, requester, now=now, minutes=60)

    assert holders(TEAMS, directory(), now + HOUR - TICK) == {"John Doe"}
    assert holders(TEAMS, directory(), now + HOUR) == set()


def test_finds_people_through_groups_in_groups(requester, approver, operators, now):
    inner = make_group(now=now)
    outer = make_group(now=now)
    for member, group in ((requester, inner), (inner, outer), (approver, outer)):
        join(member, group, now=now)
    production = make_resource(now=now)
    make_active(outer, built_in.RESOURCE_OWNER, production, now=now, ends_at=now + DAY)

    assert holders(built_in.RESOURCE_OWNER, production, now) == {"John Doe", "Ada Approver"}
    assert holders(built_in.RESOURCE_OWNER, production, now + DAY) == set()


def test_does_not_find_an_activation_whose_group_was_left(requester, operators, now):
    membership = join(requester, operators, now=now, days=1)
    activate(assign(operators, now=now), requester, now=membership.ends_at - HOUR, minutes=120)

    assert holders(TEAMS, directory(), membership.ends_at - TICK) == {"John Doe"}
    assert holders(TEAMS, directory(), membership.ends_at) == set()


def test_does_not_find_disabled_people(administrator, now):
    disable(administrator)

    assert holders(built_in.GLOBAL_ADMINISTRATOR, directory(), now) == set()


# ---- Who left and is back ----------------------------------------------------------------------------------


@pytest.fixture
def left(requester, now):
    """Somebody activates in the last hour of a membership what lasts longer than that."""
    group = make_group("Builders", now=now)
    membership = join(requester, group, now=now, days=1)
    ground = assign(group, built_in.CONTRIBUTOR, make_resource(now=now), now=now, ends_at=now + 30 * DAY)
    activate(ground, requester, now=membership.ends_at - HOUR, minutes=480)
    return group, membership.ends_at


def join_by_another_way(requester, group, now, starts_at):
    crew = make_group("Crew", now=now)
    join(requester, crew, now=now)
    facts = {"starts_at": starts_at, "ends_at": starts_at + DAY}
    make_active(crew, built_in.GROUP_MEMBER, group.resource, now=now, **facts)


@pytest.mark.parametrize(
    "gap",
    [pytest.param(HOUR, id="after a while"), pytest.param(timedelta(0), id="at the moment of leaving")],
)
def test_does_not_get_back_what_ended_with_a_membership(requester, left, now, gap):
    group, ends_at = left
    join_by_another_way(requester, group, now, starts_at=ends_at + gap)

    assert "Contributor" in active_names(requester, ends_at - TICK)
    assert "Contributor" not in active_names(requester, ends_at)
    assert group.id in holdings_of(requester, now=ends_at + gap).groups  # the clock alone brought them back
    assert "Contributor" not in active_names(requester, ends_at + gap)
    assert [row.role.name for row in groundless(now=ends_at + gap)] == ["Contributor"]


def test_keeps_what_another_way_into_the_group_has_carried_all_along(requester, left, now):
    group, ends_at = left
    join_by_another_way(requester, group, now, starts_at=ends_at - 2 * HOUR)

    assert "Contributor" in active_names(requester, ends_at)
    assert groundless(now=ends_at) == []


@pytest.mark.parametrize("size", [2, 20])
def test_reads_the_holdings_of_many_in_one_query(requester, crowd, size):
    now = crowd(size)
    people = [requester, *(make_user(now=now) for _ in range(size))]

    assert query_count(lambda: holdings_of_many(people, now=now)) == 1
    assert holdings_of_many(people, now=now)[requester.id] == holdings_of(requester, now=now)


# ---- What has lost its ground ------------------------------------------------------------------------------


def test_finds_nothing_groundless_while_all_is_well(requester, eligible, operators, now):
    activate(eligible, requester, now=now)
    activate(may_join(requester, operators, now=now), requester, now=now)
    activate(assign(operators, built_in.GLOBAL_READER, now=now), requester, now=now)

    assert groundless(now=now) == []


def test_finds_the_activations_of_somebody_disabled(requester, eligible, now):
    row = activate(eligible, requester, now=now).result

    disable(requester)

    assert groundless(now=now) == [row]


def test_finds_activations_that_have_not_begun(requester, eligible, now):
    row = activate(eligible, requester, now=now, starts_at=now + DAY).result

    disable(requester)

    assert groundless(now=now) == [row]


def test_finds_activations_whose_group_was_left(requester, operators, now):
    membership = join(requester, operators, now=now, days=1)
    late = membership.ends_at - HOUR
    row = activate(assign(operators, now=now), requester, now=late, minutes=120).result

    assert groundless(now=membership.ends_at - TICK) == []
    assert groundless(now=membership.ends_at) == [row]


def test_leaves_out_what_its_own_clock_has_ended(requester, eligible, now):
    activate(eligible, requester, now=now, minutes=60)
    disable(requester)

    assert groundless(now=now + HOUR) == []


def test_looks_at_one_person_alone_when_asked(requester, approver, eligible, now):
    row = activate(eligible, requester, now=now).result
    activate(assign(approver, now=now), approver, now=now)
    for person in (requester, approver):
        disable(person)

    assert groundless(now=now, principal_id=requester.id) == [row]


# ---- How often the database is asked -----------------------------------------------------------------------


def a_row(principal, role_id, place, now, **columns):
    """A row past the door, where only the number of them matters."""
    given = {"kind": ACTIVE, "starts_at": now, "ends_at": now + DAY, "created_at": now}
    return Assignment(principal_id=principal.id, role_id=role_id, resource=place, **given | columns)


@pytest.fixture
def crowd(requester, now):
    """As many groups as asked for, each with a role, and in each the requester, who activated one more."""

    def crowd(size):
        groups = [make_group(now=now) for _ in range(size)]
        grounds = [a_row(group, TEAMS, directory(), now, kind=ELIGIBLE) for group in groups]
        activated = {"origin": "activated", "activated_by": requester}
        Assignment.objects.bulk_create(
            [a_row(requester, built_in.GROUP_MEMBER, group.resource, now) for group in groups]
            + [a_row(group, built_in.GLOBAL_READER, directory(), now) for group in groups]
            + grounds
        )
        Assignment.objects.bulk_create(
            a_row(requester, TEAMS, directory(), now + number * TICK, parent=ground, **activated)
            for number, ground in enumerate(grounds)
        )
        return now + HOUR

    return crowd


@pytest.mark.parametrize("size", [2, 20])
def test_reads_holdings_in_one_query(requester, crowd, size):
    now = crowd(size)

    assert query_count(lambda: holdings_of(requester, now=now)) == 1
    assert len(holdings_of(requester, now=now).active) == 3 * size


@pytest.mark.parametrize("size", [2, 20])
def test_reads_holders_in_two_queries(crowd, size):
    now = crowd(size)
    roles, place = [built_in.GLOBAL_READER, TEAMS], directory()

    assert query_count(lambda: holders_of(roles, place, kind=ACTIVE, now=now)) == 2


@pytest.mark.parametrize("size", [2, 20])
def test_reads_what_is_groundless_in_two_queries(requester, crowd, size):
    now = crowd(size)
    disable(requester)

    assert query_count(lambda: groundless(now=now)) == 2
    assert len(groundless(now=now)) == size


@pytest.mark.parametrize("size", [2, 20])
def test_reads_expired_ones_in_one_query(requester, now, size):
    places = [make_resource(now=now) for _ in range(size)]
    Assignment.objects.bulk_create(a_row(requester, built_in.READER, place, now) for place in places)

    assert query_count(lambda: expired_of(requester, now=now + DAY)) == 1
    assert len(expired_of(requester, now=now + DAY)) == size


def test_works_out_access_alone_as_with_everything_that_is_held(requester, now, django_assert_num_queries):
    group = make_group("Readers", is_role_assignable=True, now=now)
    make_active(group, built_in.SECURITY_READER, now=now)
    join(requester, group, now=now)
    activate(assign(requester, built_in.USER_ADMINISTRATOR, now=now), requester, now=now)
    assign(requester, built_in.GLOBAL_ADMINISTRATOR, now=now)
    left = make_group("Left", is_role_assignable=True, now=now)
    make_active(left, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now)
    may_join(requester, left, now=now)

    with django_assert_num_queries(1):
        access = access_now(requester, now=now)

    assert access == access_of(requester.id, holdings_of(requester, now=now))
    assert access.grants
    disable(requester)
    assert not access_now(requester, now=now).grants
