import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.common.access import Provider
from apps.roles import built_in
from apps.roles.models import NotificationCell, RoleDefinition, RoleSettings
from apps.roles.policy.rules import Audience, Authentication, Cell, NoticeCase, Seat, SeatKind, default_rules
from apps.roles.selectors import directory, resource_of, rules_for, rules_for_many
from tests.factories import make_group, make_resource, role, save_rules, set_rules

CONTRIBUTOR = built_in.CONTRIBUTOR


@pytest.fixture
def tree(db, now):
    """Production, with a web shop and its database below, and a data hall beside."""
    production = make_resource("Production", now=now)
    shop = make_resource("Web shop", parent=production, kind="Resource group", now=now)
    return {
        "production": production,
        "shop": shop,
        "database": make_resource("Shop database", parent=shop, kind="Database", now=now),
        "hall": make_resource("Data hall", parent=production, kind="Resource group", now=now),
    }


def half_hours_on(resource):
    return rules_for(role(CONTRIBUTOR), resource).maximum_half_hours


# ---- Where roles are held ----------------------------------------------------------------------------------


def test_knows_the_one_directory(db):
    make = directory()

    assert (make.provider, make.parent) == (Provider.DIRECTORY, None)


def test_knows_the_resource_of_a_group(db, now):
    operators, others = make_group("Operators", now=now), make_group("Others", now=now)

    assert resource_of(operators).group == operators
    assert resource_of(operators) != resource_of(others)


# ---- Which rules govern ------------------------------------------------------------------------------------


def test_follows_the_defaults_of_the_provider_when_nobody_set_any(tree, now):
    group = make_group(now=now)

    assert rules_for(role(CONTRIBUTOR), tree["shop"]) == default_rules(Provider.RESOURCES)
    assert rules_for(role(built_in.TEAMS_ADMINISTRATOR), directory()) == default_rules(Provider.DIRECTORY)
    assert rules_for(role(built_in.GROUP_MEMBER), group.resource) == default_rules(Provider.GROUPS)


def test_follows_the_role_before_the_defaults(tree, now):
    set_rules(CONTRIBUTOR, now=now, maximum_half_hours=2)

    assert half_hours_on(tree["database"]) == 2


def test_follows_the_nearest_ancestor_before_the_role(tree, now):
    set_rules(CONTRIBUTOR, now=now, maximum_half_hours=2)
    set_rules(CONTRIBUTOR, resource=tree["production"], now=now, maximum_half_hours=4)
    set_rules(CONTRIBUTOR, resource=tree["shop"], now=now, maximum_half_hours=6)

    by_place = {name: half_hours_on(resource) for name, resource in tree.items()}

    assert by_place == {"production": 4, "shop": 6, "database": 6, "hall": 4}


def test_does_not_follow_what_is_set_below_or_beside(tree, now):
    set_rules(CONTRIBUTOR, resource=tree["database"], now=now, maximum_half_hours=2)
    set_rules(CONTRIBUTOR, resource=tree["hall"], now=now, maximum_half_hours=4)

    assert half_hours_on(tree["shop"]) == 16


def test_does_not_follow_another_roles_settings(tree, now):
    set_rules(built_in.READER, resource=tree["shop"], now=now, maximum_half_hours=2)

    assert half_hours_on(tree["shop"]) == 16


def test_takes_the_nearest_row_whole_and_mixes_none(tree, now):
    set_rules(CONTRIBUTOR, resource=tree["production"], now=now, maximum_half_hours=4, requires_ticket=True)
    set_rules(CONTRIBUTOR, resource=tree["shop"], now=now, approval_window_minutes=60)

    rules = rules_for(role(CONTRIBUTOR), tree["database"])

    assert (rules.maximum_half_hours, rules.requires_ticket, rules.approval_window_minutes) == (16, False, 60)


def test_says_where_the_rules_come_from(tree, now):
    set_rules(CONTRIBUTOR, now=now)
    set_rules(CONTRIBUTOR, resource=tree["shop"], now=now)

    assert rules_for(role(CONTRIBUTOR), tree["database"]).source == "Web shop"
    assert rules_for(role(CONTRIBUTOR), tree["hall"]).source == "Role"
    assert rules_for(role(built_in.READER), tree["hall"]).source == ""


def test_reads_every_column_that_is_a_rule(db, now):
    given = {
        "maximum_half_hours": 3,
        "authentication": Authentication.CONTEXT,
        "authentication_context": "c1",
        "requires_justification": False,
        "requires_ticket": True,
        "requires_approval": True,
        "approval_window_minutes": 30,
        "approver_justification": False,
        "permanent_eligible": False,
        "eligible_maximum_days": 90,
        "permanent_active": False,
        "active_maximum_days": 15,
        "active_requires_mfa": True,
        "active_requires_justification": False,
    }
    set_rules(now=now, **given)

    rules = rules_for(role(built_in.TEAMS_ADMINISTRATOR), directory())

    assert {name: getattr(rules, name) for name in given} == given


def test_reads_the_approvers(db, approver, now):
    group = make_group("Approvers", now=now)
    seats = [
        Seat(SeatKind.PRINCIPAL, approver.id),
        Seat(SeatKind.PRINCIPAL, group.id),
        Seat(SeatKind.MANAGER),
    ]
    teams = role(built_in.TEAMS_ADMINISTRATOR)
    save_rules(now=now, approvers=tuple(seats))

    assert set(rules_for(teams, directory()).approvers) == {
        Seat(SeatKind.PRINCIPAL, approver.id, "Ada Approver"),
        Seat(SeatKind.PRINCIPAL, group.id, "Approvers", is_group=True),
        Seat(SeatKind.MANAGER, None, "The requester's manager"),
    }


def test_reads_the_notification_cells(db, now):
    set_rules(now=now)
    NotificationCell.objects.create(
        settings=RoleSettings.objects.get(),
        case=NoticeCase.ACTIVATION,
        audience=Audience.ADMIN,
        default_recipients=False,
        additional_recipients="soc@example.com; ;night@example.com;",
        critical_only=True,
    )

    rules = rules_for(role(built_in.TEAMS_ADMINISTRATOR), directory())

    assert rules.cell(NoticeCase.ACTIVATION, Audience.ADMIN) == Cell(
        False, ("soc@example.com", "night@example.com"), True
    )
    assert rules.cell(NoticeCase.ACTIVATION, Audience.HOLDER) == Cell()


# ---- Many at once ------------------------------------------------------------------------------------------


def test_answers_for_many_as_for_each(tree, now):
    set_rules(CONTRIBUTOR, resource=tree["shop"], now=now, maximum_half_hours=6)
    set_rules(built_in.READER, now=now, maximum_half_hours=2)
    pairs = [(role(id_), place) for id_ in (CONTRIBUTOR, built_in.READER) for place in tree.values()]

    rules = rules_for_many(pairs)

    assert rules == {(held.id, place.id): rules_for(held, place) for held, place in pairs}


@pytest.mark.parametrize("count", [2, 20])
def test_asks_the_database_equally_often_for_2_and_20(db, approver, now, count):
    pairs = [(held, directory()) for held in RoleDefinition.objects.filter(provider="directory")[:count]]
    for held, _ in pairs:
        set_rules(held.id, now=now, approvers=(approver,))

    with CaptureQueriesContext(connection) as queries:
        rules = rules_for_many(pairs)

    assert len(rules) == count
    assert len(queries) == 3  # the rows, their approvers with names, their notification cells
