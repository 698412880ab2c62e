"""What groups bring with them at the door: power, rings, and approvers for whoever becomes eligible."""

from datetime import timedelta
from itertools import pairwise

import pytest

from apps.access_requests.asks import THE_CONSOLE
from apps.access_requests.services.door import assess, submit
from apps.access_requests.states import State
from apps.assignments.models import Assignment
from apps.common.errors import NotAllowed
from apps.roles import built_in
from tests.access_requests.asking import ask, giving
from tests.access_requests.looking import refusal
from tests.factories import (
    acting,
    assign,
    join,
    make_active,
    make_group,
    make_resource,
    make_user,
    may_join,
    set_rules,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
ACTIVE, ELIGIBLE = Assignment.Kind.ACTIVE, Assignment.Kind.ELIGIBLE


def into(principal, group, now, kind=ACTIVE):
    return giving(principal, built_in.GROUP_MEMBER, group.resource, kind=kind, ends_at=now + DAY)


def person_with(role_id, now, resource=None):
    user = make_user(now=now)
    make_active(user, role_id, resource, now=now, ends_at=now + 30 * DAY)
    return user


def _holds_nothing(group, now):
    pass


def _may_activate_a_directory_role(group, now):
    assign(group, now=now)


def _leads_to_global_administrator(group, now):
    assign(group, built_in.GLOBAL_ADMINISTRATOR, now=now)


def _approves(group, now):
    set_rules(now=now, approvers=(group,))


@pytest.mark.parametrize(
    ("power", "may"),
    [
        (_holds_nothing, "owner user_admin pra ga"),
        (_may_activate_a_directory_role, "pra ga"),
        (_leads_to_global_administrator, "ga"),
        (_approves, "pra ga"),
    ],
    ids=lambda case: case.__name__[1:] if callable(case) else "",
)
def test_lets_members_in_by_the_power_of_the_group(requester, administrator, now, power, may):
    group = make_group(now=now, is_role_assignable=power is not _holds_nothing)
    power(group, now)
    actors = {
        "owner": person_with(built_in.GROUP_OWNER, now, group.resource),
        "user_admin": person_with(built_in.USER_ADMINISTRATOR, now),
        "pra": person_with(built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now),
        "ga": administrator,
        "nobody": make_user(now=now),
    }
    wanted = into(requester, group, now)

    for name, user in actors.items():
        rules = assess(wanted, actor=acting(user, now=now), now=now).rules
        assert ("AdminRequestRule" not in rules) is (name in may.split()), name


def test_lets_an_owner_who_keeps_every_scope_fill_a_group_with_power_there_alone(requester, now):
    group, production = make_group(now=now), make_resource(now=now)
    make_active(group, built_in.CONTRIBUTOR, production, now=now, ends_at=now + DAY)
    keeper = person_with(built_in.RESOURCE_OWNER, now, production)
    owner = person_with(built_in.GROUP_OWNER, now, group.resource)
    both = person_with(built_in.GROUP_OWNER, now, group.resource)
    make_active(both, built_in.RESOURCE_OWNER, production, now=now, ends_at=now + DAY)

    assert ask(into(requester, group, now), both, now=now).state == State.PROVISIONED
    for either in (keeper, owner):
        refused = refusal(into(make_user(now=now), group, now), acting(either, now=now), now)
        assert refused.rules == ("AdminRequestRule",)


def test_nobody_takes_over_a_group_by_giving_it_a_role(requester, now):
    group, production = make_group(now=now), make_resource(now=now)
    keeper = person_with(built_in.RESOURCE_OWNER, now, production)
    ask(giving(group, built_in.CONTRIBUTOR, production, ends_at=now + DAY), keeper, now=now)

    for role_id in (built_in.GROUP_MEMBER, built_in.GROUP_OWNER):
        wanted = giving(requester, role_id, group.resource, kind=ELIGIBLE, ends_at=now + DAY)
        assert refusal(wanted, acting(keeper, now=now), now).rules == ("AdminRequestRule",)


# ---- Rings -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("link", [join, may_join], ids=["member", "eligible"])
@pytest.mark.parametrize("kind", [ACTIVE, ELIGIBLE])
def test_closes_no_ring_of_groups_at_any_depth(administrator, now, link, kind):
    groups = [make_group(now=now) for _ in range(3)]
    for inner, outer in pairwise(groups):
        link(inner, outer, now=now)

    for inner in (groups[2], groups[1]):
        found = refusal(into(inner, groups[0], now, kind), acting(administrator, now=now), now)
        assert found.rules == ("SubjectNotFound",)
    with pytest.raises(NotAllowed, match="do not hold each other"):
        submit(into(groups[0], groups[0], now, kind), actor=THE_CONSOLE, now=now)


# ---- Somebody to approve -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("others", "eligible_ones", "fits"),
    [
        pytest.param(0, 0, False, id="nobody else"),
        pytest.param(1, 0, True, id="one who is not eligible"),
        pytest.param(1, 1, False, id="one who is eligible themself"),
        pytest.param(2, 2, True, id="two who approve each other"),
    ],
)
def test_makes_nobody_eligible_for_what_nobody_could_approve(
    requester, administrator, now, others, eligible_ones, fits
):
    people = [make_user(now=now) for _ in range(others)]
    for person in people[:eligible_ones]:
        assign(person, now=now)
    set_rules(now=now, approvers=(requester, *people) if not people else tuple(people))
    actor = acting(administrator, now=now)

    if fits:
        assert submit(giving(requester), actor=actor, now=now).state == State.PROVISIONED
    else:
        assert refusal(giving(requester), actor, now).rules == ("ApproverRule",)


@pytest.mark.parametrize("kind", [ACTIVE, ELIGIBLE])
def test_proves_it_for_whoever_comes_into_a_group(requester, approver, administrator, now, kind):
    group = make_group(now=now, is_role_assignable=True)
    assign(group, now=now)
    set_rules(now=now, approvers=(approver,))
    actor = acting(administrator, now=now)

    assert refusal(into(approver, group, now, kind), actor, now).rules == ("ApproverRule",)
    assert ask(into(requester, group, now, kind), administrator, now=now).state == State.PROVISIONED


def test_proves_it_for_everybody_in_a_group(requester, approver, administrator, now):
    group = make_group(now=now, is_role_assignable=True)
    join(approver, group, now=now)
    set_rules(now=now, approvers=(approver,))

    assert refusal(giving(group), acting(administrator, now=now), now).rules == ("ApproverRule",)
    assert ask(giving(group, kind=ACTIVE), administrator, now=now).state == State.PROVISIONED
