"""Who may approve. From a role's seats down to people, and from a person up to their seats: one answer."""

from datetime import timedelta

import pytest

from apps.access_requests.asks import THE_CONSOLE, Ask
from apps.access_requests.models import AccessRequest
from apps.access_requests.selectors.approvers import Standing, approvers_for
from apps.access_requests.selectors.decidable import Decidable
from apps.access_requests.services.door import submit
from apps.access_requests.states import Action
from apps.accounts.models import User
from apps.accounts.selectors import IS_ENROLLED
from apps.assignments.selectors import holdings_of
from apps.common.counting import Counts
from apps.roles import built_in
from apps.roles.policy.rules import RoleRules, Seat, SeatKind
from apps.roles.selectors import rules_for
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
    role,
    save_rules,
    set_rules,
)

pytestmark = pytest.mark.django_db

TICK, MINUTE = timedelta(microseconds=1), timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MANAGER, OWNERS = Seat(SeatKind.MANAGER), Seat(SeatKind.RESOURCE_OWNERS)
GLOBAL, PRIVILEGED = built_in.GLOBAL_ADMINISTRATOR, built_in.PRIVILEGED_ROLE_ADMINISTRATOR
OWNER = built_in.RESOURCE_OWNER


@pytest.fixture
def stand_in(now):
    """Somebody who can always decide, so that there is a request to ask about. Left out of the answers."""
    return make_user("Stand-in", now=now)


def seat(principal):
    return Seat(SeatKind.PRINCIPAL, principal.id)


def let_decide(seats, now, role_id=built_in.TEAMS_ADMINISTRATOR):
    save_rules(role_id, now=now, requires_approval=True, approvers=tuple(seats))


def downward(request, now):
    """Those whom the seats name: they are told."""
    rules = rules_for(request.role, request.eligible.resource)
    found = approvers_for(rules, resource=request.eligible.resource, requester=request.requester, now=now)
    return {user.name for user in found.people}


def upward(request, now):
    """Those who fill a seat: they may decide. Without a second factor nobody gets that far."""
    rules = rules_for(request.role, request.eligible.resource)
    return {
        user.name
        for user in User.objects.filter(IS_ENROLLED)
        if Standing(user, holdings_of(user, now=now)).fills_a_seat(rules, request)
    }


def listed(request, now):
    """Those on whose page "Approve requests" it stands."""
    return {
        user.name
        for user in User.objects.all()
        if Decidable(Standing(user, holdings_of(user, now=now)), Counts(), now)
        .rows.filter(pk=request.pk)
        .exists()
    }


def who_may(request, now):
    """The names of those who can decide, in which every direction agrees."""
    request = AccessRequest.objects.with_names().get(pk=request.pk)
    names = downward(request, now)
    assert upward(request, now) == names
    assert listed(request, now) == names
    return names - {"Stand-in"}


def ask(user, now, **facts):
    return activate(assign(user, now=now), user, now=now, **facts)


def test_finds_the_oldest_first_and_looks_at_no_more(stand_in, now):
    let_decide([seat(stand_in)], now)
    people = [make_user(name, now=now) for name in ("Ann", "Ben", "Cleo")]
    later = now + HOUR
    asked = [ask(person, now + minutes * MINUTE) for person, minutes in zip(people, (3, 1, 2), strict=True)]
    decidable = Decidable(Standing(stand_in, holdings_of(stand_in, now=later)), Counts(), later)

    assert set(decidable.oldest(2)) == {asked[1], asked[2]}
    assert set(decidable.oldest(5)) == set(decidable.rows) == set(asked)


# ---- People and groups -------------------------------------------------------------------------------------


def test_takes_people_and_members_of_groups(requester, now):
    group = make_group(now=now, is_role_assignable=True)
    for name in ("Mia", "Max"):
        join(make_user(name, now=now), group, now=now)
    let_decide([seat(make_user("Nora", now=now)), seat(group)], now)

    assert who_may(ask(requester, now), now) == {"Nora", "Mia", "Max"}


def test_takes_members_of_groups_in_the_group(requester, now):
    outer, inner = make_group("Outer", now=now), make_group("Inner", now=now)
    join(inner, outer, now=now)
    join(make_user("Mia", now=now), inner, now=now)
    let_decide([seat(outer)], now)

    assert who_may(ask(requester, now), now) == {"Mia"}


@pytest.mark.parametrize(("at", "names"), [(DAY - TICK, {"Mia"}), (DAY, set()), (DAY + TICK, set())])
def test_takes_a_member_up_to_the_end_of_membership(requester, stand_in, now, at, names):
    group = make_group(now=now, is_role_assignable=True)
    join(make_user("Mia", now=now), group, now=now, days=1)
    let_decide([seat(group), seat(stand_in)], now)
    request = ask(requester, now + HOUR)

    assert who_may(request, now + at) == names


def test_takes_an_eligible_member_only_while_membership_is_active(requester, stand_in, now):
    group, mia = make_group(now=now, is_role_assignable=True), make_user("Mia", now=now)
    may = may_join(mia, group, now=now)
    let_decide([seat(group), seat(stand_in)], now)
    request = ask(requester, now)

    assert who_may(request, now) == set()
    activate(may, mia, now=now)
    assert who_may(request, now) == {"Mia"}
    assert who_may(request, now + HOUR - TICK) == {"Mia"}
    assert who_may(request, now + HOUR) == set()


def test_does_not_take_the_owner_of_an_approving_group(requester, stand_in, now):
    group = make_group(now=now)
    keeper = make_user("Kim", now=now)
    make_active(keeper, built_in.GROUP_OWNER, group.resource, now=now, ends_at=now + DAY)
    let_decide([seat(group), seat(stand_in)], now)

    assert who_may(ask(requester, now), now) == set()


def test_never_takes_the_requester(requester, stand_in, now):
    group = make_group(now=now, is_role_assignable=True)
    join(requester, group, now=now)
    let_decide([seat(requester), seat(group), seat(stand_in)], now)

    assert who_may(ask(requester, now), now) == set()


def test_takes_a_person_once_who_sits_on_several_seats(requester, now):
    group, mia = make_group(now=now, is_role_assignable=True), make_user("Mia", now=now)
    join(mia, group, now=now)
    let_decide([seat(mia), seat(group)], now)
    request = ask(requester, now)

    found = approvers_for(
        rules_for(request.role, request.resource), resource=request.resource, requester=requester, now=now
    )

    assert [user.name for user in found.people] == ["Mia"]


def test_takes_nobody_who_is_disabled(requester, stand_in, now):
    nora = make_user("Nora", now=now)
    let_decide([seat(nora), seat(stand_in)], now)
    request = ask(requester, now)

    disable(nora)

    assert who_may(request, now) == set()


def test_tells_nobody_without_a_second_factor(requester, stand_in, now):
    """They may look at the request, and cannot answer before they have one."""
    nora = make_user("Nora", now=now, enrolled=False)
    let_decide([seat(nora), seat(stand_in)], now)
    request = ask(requester, now)

    assert downward(request, now) == {"Stand-in"}
    assert upward(request, now) == {"Stand-in"}


# ---- The manager -------------------------------------------------------------------------------------------


def test_takes_the_manager_of_whoever_asks_and_of_nobody_else(stand_in, now):
    mona, paul = make_user("Mona", now=now), make_user("Paul", now=now)
    let_decide([MANAGER, seat(stand_in)], now)
    asked = [make_user(now=now, manager=manager) for manager in (mona, paul, None)]

    names = [who_may(ask(user, now), now) for user in asked]

    assert names == [{"Mona"}, {"Paul"}, set()]


def test_takes_the_manager_of_now(requester, stand_in, now):
    mona = make_user("Mona", now=now)
    let_decide([MANAGER, seat(stand_in)], now)
    request = ask(requester, now)

    User.objects.filter(pk=requester.pk).update(manager=mona)

    assert who_may(request, now) == {"Mona"}


# ---- The owners of the resource ----------------------------------------------------------------------------


@pytest.fixture
def tree(now):
    """A subscription with a database below and another subscription, each with its owner."""
    top = make_resource("Top", now=now)
    below, elsewhere = make_resource("Below", now=now, parent=top), make_resource("Elsewhere", now=now)
    for resource in (top, below, elsewhere):
        keeper = make_user(f"Owner of {resource.name}", now=now)
        make_active(keeper, OWNER, resource, now=now, ends_at=now + DAY)
    return top, below


def on(user, resource, now, **facts):
    eligible = assign(user, built_in.CONTRIBUTOR, resource, now=now, ends_at=now + 30 * DAY)
    return activate(eligible, user, now=now, **facts)


def test_takes_owners_of_where_the_eligibility_lies_and_above(requester, tree, now):
    top, below = tree
    let_decide([OWNERS], now, built_in.CONTRIBUTOR)

    assert who_may(on(requester, below, now), now) == {"Owner of Top", "Owner of Below"}
    assert who_may(on(requester, top, now), now) == {"Owner of Top"}


def test_takes_no_owner_of_the_narrower_scope_that_is_asked_for(requester, tree, now):
    top, below = tree
    let_decide([OWNERS], now, built_in.CONTRIBUTOR)

    assert who_may(on(requester, top, now, resource_id=below.id), now) == {"Owner of Top"}


@pytest.mark.parametrize(("at", "names"), [(DAY - TICK, {"Owner of Top"}), (DAY, set())])
def test_takes_an_owner_as_long_as_they_are(requester, stand_in, tree, now, at, names):
    top, _ = tree
    let_decide([OWNERS, seat(stand_in)], now, built_in.CONTRIBUTOR)
    request = on(requester, top, now + HOUR)

    assert who_may(request, now + at) == names


def test_takes_the_owners_of_a_group_for_its_members(requester, now):
    group, keeper = make_group(now=now), make_user("Kim", now=now)
    make_active(keeper, built_in.GROUP_OWNER, group.resource, now=now, ends_at=now + DAY)
    let_decide([OWNERS], now, built_in.GROUP_MEMBER)

    request = activate(may_join(requester, group, now=now), requester, now=now)

    assert who_may(request, now) == {"Kim"}


def test_takes_members_of_a_group_that_owns_the_resource(requester, now):
    group, resource = make_group(now=now), make_resource(now=now)
    join(make_user("Mia", now=now), group, now=now)
    make_active(group, OWNER, resource, now=now, ends_at=now + DAY)
    let_decide([OWNERS], now, built_in.CONTRIBUTOR)

    assert who_may(on(requester, resource, now), now) == {"Mia"}


# ---- Where nobody is named ---------------------------------------------------------------------------------


@pytest.mark.parametrize("role_id", [GLOBAL, PRIVILEGED], ids=["global", "privileged role"])
def test_takes_the_administrators_of_roles_by_default(requester, now, role_id):
    make_active(make_user("Alma", now=now), role_id, now=now)
    make_active(make_user("Rita", now=now), built_in.SECURITY_ADMINISTRATOR, now=now)
    let_decide([], now)

    assert who_may(ask(requester, now), now) == {"Alma"}


def test_takes_administrators_through_a_group(requester, now):
    group = make_group(now=now, is_role_assignable=True)
    join(make_user("Mia", now=now), group, now=now)
    make_active(group, GLOBAL, now=now)
    let_decide([], now)

    assert who_may(ask(requester, now), now) == {"Mia"}


def test_takes_no_administrator_where_somebody_is_named(requester, administrator, now):
    let_decide([seat(make_user("Nora", now=now))], now)

    assert who_may(ask(requester, now), now) == {"Nora"}


def test_takes_no_administrator_for_resources_and_groups(requester, administrator, now):
    set_rules(built_in.CONTRIBUTOR, now=now, requires_approval=True)
    resource = make_resource(now=now)

    found = approvers_for(
        rules_for(role(built_in.CONTRIBUTOR), resource), resource=resource, requester=requester, now=now
    )

    assert not found


def test_tells_who_could_become_one_when_no_administrator_is_active(requester, now):
    """They are told and cannot decide yet; once they have activated the role, they can."""
    alma = make_user("Alma", now=now)
    may_be_admin = assign(alma, GLOBAL, now=now)
    let_decide([], now)
    request = ask(requester, now)
    resource = request.resource

    found = approvers_for(rules_for(request.role, resource), resource=resource, requester=requester, now=now)
    assert [user.name for user in found.must_activate] == ["Alma"]
    assert [user.name for user in found.told] == ["Alma"]
    assert who_may(request, now) == set()

    activate(may_be_admin, alma, now=now)

    assert who_may(request, now) == {"Alma"}
    assert who_may(request, now + HOUR) == set()


def test_tells_no_eligible_administrator_while_another_is_active(requester, administrator, now):
    assign(make_user("Eva", now=now), GLOBAL, now=now)
    let_decide([], now)

    assert who_may(ask(requester, now), now) == {"Alma Admin"}


def test_loses_an_approver_with_the_role_that_made_them_one(requester, administrator, now):
    make_active(make_user("Gina", now=now), GLOBAL, now=now)
    let_decide([], now)
    request = ask(requester, now)
    mine = administrator.assignments.get()

    submit(Ask(Action.ADMIN_REMOVE, assignment_id=mine.id), actor=THE_CONSOLE, now=now)

    assert who_may(request, now) == {"Gina"}


def test_leaves_a_seat_out_of_which_only_the_reader_fills(requester, stand_in, now):
    owner, other = make_user("Olga Owner", now=now), make_user("Omar Owner", now=now)
    resource = make_resource("Production", now=now)
    make_active(owner, OWNER, resource, now=now, ends_at=now + DAY)
    seats = (
        Seat(SeatKind.RESOURCE_OWNERS, None, "The owners"),
        Seat(SeatKind.PRINCIPAL, stand_in.id, stand_in.name),
    )
    rules = RoleRules(requires_approval=True, approvers=seats)

    def beside(reader):
        found = approvers_for(rules, resource=resource, requester=requester, now=now)
        return [line.name for line in found.lines_beside(reader)]

    assert beside(owner) == ["Stand-in"]
    make_active(other, OWNER, resource, now=now, ends_at=now + DAY)
    assert beside(owner) == ["The owners", "Stand-in"]
