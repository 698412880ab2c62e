from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.assignments.services import end
from apps.reviews.selectors.evidence import evidence_for
from apps.roles import built_in
from tests.factories import (
    activate,
    answer,
    assign,
    disable,
    join,
    make_active,
    make_group,
    make_user,
    may_join,
    set_rules,
)

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]  # groups are followed by raw SQL

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def earlier(now):
    """Long before, when what is reviewed was assigned."""
    return now - 200 * DAY


@pytest.fixture
def eligible(requester, earlier):
    return assign(requester, now=earlier)


@pytest.fixture
def admins(db, earlier):
    """A group that may have roles of the directory."""
    return make_group("Admins", now=earlier, is_role_assignable=True)


def evidence_on(row, now, **facts):
    [row] = Assignment.objects.with_names().filter(pk=row.pk)
    return evidence_for([row], now=now, **facts)[row.id]


def signed_in(user, at):
    User.objects.filter(pk=user.pk).update(last_sign_in_at=at)


def use(eligible, user, at, minutes=60):
    """It was activated then, for so long; what ran before has ended."""
    return activate(eligible, user, now=at, minutes=minutes).result


def names(evidence):
    return [person.name for person in evidence.people]


# ---- Who holds it ------------------------------------------------------------------------------------------


def test_knows_the_holder_of_a_row_and_their_last_sign_in(eligible, requester, now, earlier):
    signed_in(requester, now - DAY)

    evidence = evidence_on(eligible, now, look_back_days=14, zone=ZoneInfo("Asia/Tokyo"))

    [person] = evidence.people
    assert (person.id, person.email, person.is_enabled) == (requester.id, requester.email, True)
    assert evidence.last_sign_in_at == now - DAY
    assert evidence.holder_created_at == requester.created_at
    assert (evidence.is_eligible, evidence.is_group, evidence.held_since) == (True, False, earlier)
    assert evidence.look_back_from == now - 14 * DAY
    assert evidence.day(now + 3 * HOUR) == "25 Nov 2026"


def test_knows_that_an_account_is_disabled(eligible, requester, now):
    disable(requester)

    assert [person.is_enabled for person in evidence_on(eligible, now).people] == [False]


def test_names_whoever_is_or_may_come_to_be_in_a_group(admins, visitor, requester, approver, now, earlier):
    join(visitor, admins, now=now - DAY)
    may_join(requester, admins, now=now - DAY)
    gone = make_user("Gone", now=earlier)
    join(gone, admins, now=earlier, days=30)
    row = make_active(admins, built_in.TEAMS_ADMINISTRATOR, now=now - DAY)

    people = evidence_on(row, now).people

    assert [(person.name, person.is_member) for person in people] == [
        (requester.name, False),
        (visitor.name, True),
    ]


def test_names_the_people_of_groups_in_a_group(visitor, requester, now):
    outer, inner = make_group("Outer", now=now), make_group("Inner", now=now)
    join(inner, outer, now=now)
    join(visitor, inner, now=now)
    may_join(requester, inner, now=now)
    row = join(outer, make_group(now=now), now=now)

    assert names(evidence_on(row, now)) == [requester.name, visitor.name]


def test_takes_the_latest_sign_in_of_a_group_from_those_who_are_enabled(
    admins, visitor, requester, approver, now
):
    for person, days in ((visitor, 5), (requester, 9), (approver, 1)):
        join(person, admins, now=now)
        signed_in(person, now - days * DAY)
    disable(approver)
    row = make_active(admins, built_in.TEAMS_ADMINISTRATOR, now=now)

    assert evidence_on(row, now).last_sign_in_at == now - 5 * DAY


def test_knows_an_empty_group(admins, now):
    row = make_active(admins, built_in.TEAMS_ADMINISTRATOR, now=now)

    evidence = evidence_on(row, now)

    assert (evidence.is_group, evidence.people, evidence.last_sign_in_at) == (True, (), None)


def test_writes_people_as_json(eligible, requester, now):
    assert [person.to_json() for person in evidence_on(eligible, now).people] == [
        {
            "id": str(requester.id),
            "name": requester.name,
            "email": requester.email,
            "is_enabled": True,
            "is_member": True,
        }
    ]


# ---- What they made of it ----------------------------------------------------------------------------------


def test_counts_the_activations_of_the_last_90_days(eligible, requester, now):
    for at in (now - 91 * DAY, now - 90 * DAY, now - 40 * DAY, now - 5 * DAY):
        use(eligible, requester, at)

    evidence = evidence_on(eligible, now)

    assert (evidence.activations, evidence.habit) == (2, "used 2 times")
    assert evidence.last_used_at == now - 5 * DAY


def test_remembers_the_last_activation_however_long_ago(eligible, requester, now):
    use(eligible, requester, now - 120 * DAY)

    evidence = evidence_on(eligible, now)

    assert (evidence.activations, evidence.last_used_at) == (0, now - 120 * DAY)
    assert evidence.usual_minutes is None


def test_knows_nothing_of_what_was_never_activated(eligible, now):
    evidence = evidence_on(eligible, now)

    assert (evidence.activations, evidence.last_used_at, evidence.usual_minutes) == (0, None, None)
    assert (evidence.habit, evidence.decided_requests) == ("", 0)


def test_takes_the_median_of_real_lengths_as_usual(eligible, requester, now):
    use(eligible, requester, now - 9 * DAY, minutes=480)
    use(eligible, requester, now - 8 * DAY, minutes=30)
    given_back = use(eligible, requester, now - 7 * DAY, minutes=480)
    end(given_back, how=Assignment.End.DEACTIVATED, by=requester.party, now=now - 7 * DAY + 50 * MINUTE)

    assert evidence_on(eligible, now).usual_minutes == 50


def test_leaves_out_what_was_given_back_before_it_began(eligible, requester, now):
    later = activate(eligible, requester, now=now - 3 * DAY, starts_at=now - 2 * DAY).result
    end(later, how=Assignment.End.DEACTIVATED, by=requester.party, now=now - 3 * DAY + HOUR)

    evidence = evidence_on(eligible, now)

    assert (evidence.activations, evidence.last_used_at) == (0, None)


def test_leaves_out_what_begins_later(eligible, requester, now):
    activate(eligible, requester, now=now - DAY, starts_at=now + DAY)

    assert evidence_on(eligible, now).activations == 0


def test_counts_the_activations_of_a_groups_row_and_of_no_other(admins, requester, eligible, now):
    join(requester, admins, now=now - 9 * DAY)
    ours = assign(admins, built_in.SECURITY_READER, now=now - 9 * DAY)
    use(ours, requester, now - 2 * DAY)

    assert evidence_on(ours, now).activations == 1
    assert evidence_on(eligible, now).activations == 0


def test_counts_the_requests_that_somebody_decided(eligible, requester, approver, now):
    set_rules(now=now, approvers=(approver,))
    for days, approve in ((91, True), (20, True), (10, False)):
        at = now - days * DAY
        answer(activate(eligible, requester, now=at), approver, now=at + HOUR, approve=approve)
    activate(eligible, requester, now=now)  # waits

    assert evidence_on(eligible, now).decided_requests == 2


# ---- Many at once ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 20])
def test_asks_as_often_for_20_rows_as_for_2(requester, now, count, django_assert_num_queries):
    for number in range(count // 2):
        group = make_group(f"Group {number}", now=now, is_role_assignable=True)
        member, holder = make_user(now=now, enrolled=False), make_user(now=now, enrolled=False)
        join(member, group, now=now)
        make_active(group, built_in.TEAMS_ADMINISTRATOR, now=now)
        use(assign(holder, now=now), holder, now)
    rows = Assignment.objects.with_names().filter(
        origin=Assignment.Origin.ASSIGNED, role_id=built_in.TEAMS_ADMINISTRATOR
    )
    rows = list(rows)
    assert len(rows) == count

    with django_assert_num_queries(7):
        found = evidence_for(rows, now=now)

    assert set(found) == {row.id for row in rows}
    assert all(len(evidence.people) == 1 for evidence in found.values())


def test_asks_nothing_for_no_rows(now, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        assert evidence_for([], now=now) == {}
