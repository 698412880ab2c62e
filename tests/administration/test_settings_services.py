from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.access_requests.asks import THE_CONSOLE
from apps.administration.services.settings import (
    Change,
    PlanMoved,
    assess_changes,
    change_settings,
    digest_of_plan,
)
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.errors import Invalid, NotAllowed
from apps.notifications.models import Notice
from apps.roles import built_in
from apps.roles.models import RoleDefinition, RoleSettings, SettingsChange
from apps.roles.policy.rules import RoleRules, Seat, SeatKind, default_rules
from apps.roles.selectors import directory, rules_for, settings_at
from tests.factories import (
    acting,
    assign,
    disable,
    join,
    make_active,
    make_group,
    make_resource,
    make_user,
    role,
    set_rules,
)

MINUTE, MONTH = timedelta(minutes=1), timedelta(days=30)
TEAMS, CONTRIBUTOR = built_in.TEAMS_ADMINISTRATOR, built_in.CONTRIBUTOR


def seat(principal):
    return Seat(SeatKind.PRINCIPAL, principal.id, principal.name, principal.is_group)


def change(role_id=TEAMS, resource=None, base=None, **values):
    held = role(role_id)
    return Change(held, resource, replace(base or default_rules(held.provider), **values))


def by_approval(*approvers, role_id=TEAMS, resource=None, **values):
    return change(role_id, resource, requires_approval=True, approvers=approvers, **values)


def refusals(wanted, actor, now):
    with pytest.raises(NotAllowed) as refused:
        change_settings([wanted], actor=actor, now=now)
    assert not SettingsChange.objects.filter(at=now, role=wanted.role).exists()
    return refused.value.rules


# ---- One ---------------------------------------------------------------------------------------------------


def test_changes_settings_and_says_what_changed(administrator, now):
    set_rules(now=now - MINUTE)
    wanted = change(maximum_half_hours=8, requires_ticket=True)

    done = change_settings([wanted], actor=acting(administrator, now=now), now=now)

    assert [each.label for each in done[0].differences] == [
        "Activation maximum duration",
        "Require ticket information on activation",
    ]
    rules = rules_for(role(TEAMS), directory())
    assert (rules.maximum_half_hours, rules.requires_ticket) == (8, True)
    event = AuditEvent.objects.get(action=AuditAction.SETTINGS_CHANGED, at=now)
    assert (event.actor_name, event.role) == ("Alma Admin", "Teams Administrator")
    assert event.details["changes"] == {
        "activation.maximum_hours": [8, 4],
        "activation.ticket": [False, True],
    }


def test_leaves_alone_what_is_the_same_already(administrator, now):
    set_rules(now=now - MINUTE)

    assert change_settings([change()], actor=acting(administrator, now=now), now=now) == []

    assert SettingsChange.objects.count() == 1


def test_makes_rules_own_and_inherits_them_again(administrator, now):
    production = make_resource("Production", now=now)
    shop = make_resource("Web shop", parent=production, now=now)
    set_rules(CONTRIBUTOR, resource=production, now=now, maximum_half_hours=4)
    held, actor = role(CONTRIBUTOR), acting(administrator, now=now)

    change_settings([change(CONTRIBUTOR, shop, maximum_half_hours=2)], actor=actor, now=now)
    assert settings_at(held, shop).is_own

    (done,) = change_settings([Change(held, shop, None)], actor=actor, now=now + MINUTE)
    assert (done.origin, done.after.maximum_half_hours) == ("Production", 4)
    assert not settings_at(held, shop).is_own


def test_inherits_what_the_same_plan_sets_above(now, db):
    production = make_resource("Production", now=now)
    shop = make_resource("Web shop", parent=production, now=now)
    set_rules(CONTRIBUTOR, resource=shop, now=now, maximum_half_hours=8)
    plan = [Change(role(CONTRIBUTOR), shop, None), change(CONTRIBUTOR, production, maximum_half_hours=2)]

    done = change_settings(plan, actor=THE_CONSOLE, now=now + MINUTE)

    below = next(each for each in done if each.change.resource == shop)
    assert (below.after.maximum_half_hours, below.origin) == (2, "Production")
    assert rules_for(role(CONTRIBUTOR), shop).maximum_half_hours == 2
    assert SettingsChange.objects.get(resource=shop, is_own=False).after["activation"]["maximum_hours"] == 1


# ---- Who ---------------------------------------------------------------------------------------------------


def test_asks_for_a_fresh_second_factor(administrator, now):
    actor = acting(administrator, now=now, proven_at=now - timedelta(minutes=6))

    assert refusals(change(maximum_half_hours=2), actor, now) == ("MfaRule",)


def test_lets_a_keeper_change_their_own_scope_and_no_other(now, db):
    mine, other = make_resource("Mine", now=now), make_resource("Other", now=now)
    below = make_resource("Below", parent=mine, now=now)
    keeper = make_user("Kim Keeper", now=now)
    make_active(keeper, built_in.RESOURCE_OWNER, mine, now=now, ends_at=now + MONTH)
    actor = acting(keeper, now=now)

    for resource in (mine, below):
        change_settings([change(CONTRIBUTOR, resource, maximum_half_hours=2)], actor=actor, now=now)
    for elsewhere in (other, None):
        with pytest.raises(NotAllowed, match="do not change settings here"):
            change_settings([change(CONTRIBUTOR, elsewhere, maximum_half_hours=2)], actor=actor, now=now)
    assert refusals(change(maximum_half_hours=2), actor, now) == ("AdminRequestRule",)


def test_lets_an_owner_change_a_group_until_it_has_power(now, db):
    group, owner = make_group("Operators", now=now, is_managed=True), make_user("Olga Owner", now=now)
    make_active(owner, built_in.GROUP_OWNER, group.resource, now=now, ends_at=now + MONTH)
    actor, place = acting(owner, now=now), group.resource
    change_settings([change(built_in.GROUP_MEMBER, place, maximum_half_hours=2)], actor=actor, now=now)

    assign(group, CONTRIBUTOR, make_resource(now=now), now=now, ends_at=now + MONTH)

    wanted = change(built_in.GROUP_MEMBER, place, maximum_half_hours=4)
    with pytest.raises(NotAllowed, match="has power"):
        change_settings([wanted], actor=actor, now=now)


def test_counts_every_group_that_rules_for_all_groups_reach(now, db):
    """A Privileged Role Administrator does not loosen what leads to Global Administrator."""
    admin = make_user("Pia", now=now)
    make_active(admin, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now)
    wanted, actor = change(built_in.GROUP_MEMBER, maximum_half_hours=2), acting(admin, now=now)
    change_settings([wanted], actor=actor, now=now)
    group = make_group("Breakers", now=now, is_role_assignable=True)
    assign(group, built_in.GLOBAL_ADMINISTRATOR, now=now)

    with pytest.raises(NotAllowed, match="Global Administrator"):
        change_settings([change(built_in.GROUP_MEMBER, maximum_half_hours=4)], actor=actor, now=now)

    set_rules(built_in.GROUP_MEMBER, resource=group.resource, now=now)
    change_settings([change(built_in.GROUP_MEMBER, maximum_half_hours=4)], actor=actor, now=now)


# ---- Somebody can approve ----------------------------------------------------------------------------------


def test_takes_one_approver_who_is_not_eligible(administrator, approver, eligible, now):
    (done,) = change_settings([by_approval(seat(approver))], actor=acting(administrator, now=now), now=now)

    assert [line.name for line in done.proof.approvers.lines] == ["Ada Approver"]


def test_takes_two_of_whom_one_is_eligible_and_not_that_one_alone(administrator, approver, eligible, now):
    actor, requester = acting(administrator, now=now), eligible.principal
    john = Seat(SeatKind.PRINCIPAL, requester.id, requester.name)

    assert refusals(by_approval(john), actor, now) == ("ApproverRule",)
    change_settings([by_approval(john, seat(approver))], actor=actor, now=now)


def test_sees_who_is_eligible_through_a_group(administrator, approver, now):
    group = make_group("Duty", now=now, is_role_assignable=True)
    assign(group, now=now)
    actor = acting(administrator, now=now)
    join(approver, group, now=now)

    assert refusals(by_approval(seat(approver)), actor, now) == ("ApproverRule",)


@pytest.mark.parametrize("state", ["disabled", "without a factor", "without members"])
def test_counts_only_those_who_can_be_reached(administrator, state, now):
    unreachable = {
        "disabled": lambda: make_user("Dora", now=now),
        "without a factor": lambda: make_user("Wim", now=now, enrolled=False),
        "without members": lambda: make_group("Nobody", now=now, is_role_assignable=True),
    }[state]()
    if state == "disabled":
        disable(unreachable)

    assert refusals(by_approval(seat(unreachable)), acting(administrator, now=now), now) == ("ApproverRule",)


def test_counts_the_default_approvers_of_the_directory(administrator, now):
    actor = acting(administrator, now=now)

    change_settings([by_approval()], actor=actor, now=now)
    other = by_approval(role_id=built_in.GLOBAL_ADMINISTRATOR)
    change_settings([other], actor=actor, now=now)

    assign(administrator, built_in.GLOBAL_ADMINISTRATOR, now=now)
    wanted = by_approval(role_id=built_in.GLOBAL_ADMINISTRATOR, requires_ticket=True)
    assert refusals(wanted, actor, now + MINUTE) == ("ApproverRule",)


def test_asks_managers_of_all_who_are_eligible(administrator, approver, now):
    actor, manager = acting(administrator, now=now), Seat(SeatKind.MANAGER, None, "The requester's manager")
    led, alone = make_user("Lea", now=now, manager=approver), make_user("Al", now=now)
    assign(led, now=now)
    change_settings([by_approval(manager)], actor=actor, now=now)

    assign(alone, now=now)
    assert refusals(by_approval(manager, requires_ticket=True), actor, now + MINUTE) == ("ApproverRule",)


def test_asks_only_about_those_whom_the_rules_reach(administrator, approver, now):
    production, actor = make_resource("Production", now=now), acting(administrator, now=now)
    shop = make_resource("Web shop", parent=production, now=now)
    assign(approver, CONTRIBUTOR, shop, now=now, ends_at=now + MONTH)
    wanted = by_approval(seat(approver), role_id=CONTRIBUTOR, resource=production)
    assert refusals(wanted, actor, now) == ("ApproverRule",)

    set_rules(CONTRIBUTOR, resource=shop, now=now - MINUTE)
    change_settings([wanted], actor=actor, now=now)


def test_takes_no_plain_group_for_directory_roles(administrator, approver, now):
    group = make_group("Operators", now=now)
    join(approver, group, now=now)

    assert refusals(by_approval(seat(group)), acting(administrator, now=now), now) == ("ApproverRule",)


# ---- Many --------------------------------------------------------------------------------------------------


def test_makes_all_changes_or_none_and_says_whose_each_refusal_is(administrator, now):
    plan = [change(maximum_half_hours=2), change(built_in.SECURITY_READER, maximum_half_hours=99)]

    with pytest.raises(NotAllowed, match="Security Reader, Directory roles: From half an hour"):
        change_settings(plan, actor=acting(administrator, now=now), now=now)

    assert not RoleSettings.objects.exists()


def test_refuses_one_place_twice(administrator, now):
    with pytest.raises(Invalid):
        change_settings([change(), change()], actor=acting(administrator, now=now), now=now)


def test_does_only_what_was_shown(administrator, now):
    wanted, actor = change(maximum_half_hours=2), acting(administrator, now=now)
    digest = digest_of_plan(assess_changes([wanted], actor=actor, now=now))
    set_rules(now=now, requires_ticket=True)

    with pytest.raises(PlanMoved) as moved:
        change_settings([wanted], actor=actor, now=now, digest=digest)

    digest = digest_of_plan(moved.value.plan)
    change_settings([wanted], actor=actor, now=now + MINUTE, digest=digest)
    assert not rules_for(role(TEAMS), directory()).requires_ticket


def test_changes_nothing_by_looking(administrator, now):
    (seen,) = assess_changes([change(maximum_half_hours=99)], actor=acting(administrator, now=now), now=now)

    assert seen.decision.rules == ("ExpirationRule",)
    assert not RoleSettings.objects.exists()


def test_reads_as_often_for_2_as_for_15(administrator, approver, now):
    actor = acting(administrator, now=now)
    roles = list(RoleDefinition.objects.filter(provider="directory", permissions={})[:15])
    assign(approver, roles[0].id, now=now)
    seats = (seat(approver), seat(make_user(now=now, enrolled=False)))

    def queries(count):
        wanted = RoleRules(requires_approval=True, approvers=seats)
        plan = [Change(held, None, wanted) for held in roles[:count]]
        with CaptureQueriesContext(connection) as found:
            assess_changes(plan, actor=actor, now=now)
        return len(found)

    assert len(roles) == 15
    assert queries(2) == queries(15)


# ---- Loosening ---------------------------------------------------------------------------------------------


def told(now):
    notices = Notice.objects.filter(event="settings_loosened", created_at=now)
    return {notice.recipient_name: notice for notice in notices}


def test_tells_approvers_and_admins_of_what_is_loosened(administrator, approver, now):
    other = make_user("Gil", now=now)
    make_active(other, built_in.GLOBAL_ADMINISTRATOR, now=now)
    set_rules(now=now - MINUTE, approvers=(approver,))

    change_settings([change(maximum_half_hours=48)], actor=acting(administrator, now=now), now=now)

    assert set(told(now)) == {"Ada Approver", "Gil"}
    notice = told(now)["Gil"]
    assert notice.subject == "PIM: Alma Admin loosened the settings of Teams Administrator"
    assert ["Activation maximum duration", "8 h → 24 h"] in notice.facts


def test_tells_nobody_of_what_asks_for_more(administrator, now):
    make_active(make_user(now=now), built_in.GLOBAL_ADMINISTRATOR, now=now)

    change_settings([change(requires_ticket=True)], actor=acting(administrator, now=now), now=now)

    assert not told(now)


def test_tells_each_once_of_many(administrator, now):
    place, owner = make_resource("Production", now=now), make_user("Olga", now=now)
    make_active(owner, built_in.RESOURCE_OWNER, place, now=now, ends_at=now + MONTH)
    other = make_user("Gil", now=now)
    make_active(other, built_in.GLOBAL_ADMINISTRATOR, now=now)
    plan = [
        change(maximum_half_hours=48),
        change(built_in.SECURITY_READER, maximum_half_hours=48),
        change(CONTRIBUTOR, place, maximum_half_hours=48),
    ]

    change_settings(plan, actor=acting(administrator, now=now), now=now)

    assert set(told(now)) == {"Olga", "Gil"}
    assert "the settings of 2 roles" in told(now)["Gil"].subject
    assert told(now)["Olga"].subject.endswith("of Contributor")
