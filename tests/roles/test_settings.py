from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from apps.audit.models import AuditEvent
from apps.audit.vocabulary import CONSOLE, AuditAction
from apps.common.access import Provider
from apps.roles import built_in
from apps.roles.models import RoleSettings, SettingsChange
from apps.roles.policy.plain import as_plain, from_plain
from apps.roles.policy.rules import Audience, Cell, NoticeCase, RoleRules, Seat, SeatKind, default_rules
from apps.roles.selectors import directory, history_of, rules_for, settings_at
from apps.roles.services.settings import remove_settings
from tests.factories import make_resource, role, save_rules, set_rules

MINUTE = timedelta(minutes=1)
TEAMS, CONTRIBUTOR = built_in.TEAMS_ADMINISTRATOR, built_in.CONTRIBUTOR


def last_event():
    return AuditEvent.objects.filter(action=AuditAction.SETTINGS_CHANGED).latest("at", "id")


def test_sets_the_rules_of_a_role_and_says_what_changed(administrator, now):
    row = save_rules(now=now, actor=administrator.party, maximum_half_hours=2, requires_ticket=True)

    assert (row.maximum_half_hours, row.requires_ticket) == (2, True)
    assert (row.modified_at, row.modified_by) == (now, "Alma Admin")
    event = last_event()
    assert (event.actor_name, event.role, event.at) == ("Alma Admin", "Teams Administrator", now)
    assert event.details == {
        "changes": {"activation.maximum_hours": [8, 1], "activation.ticket": [False, True]},
        "own": [False, True],
    }


def test_keeps_what_was_and_what_is_in_the_history(administrator, now):
    save_rules(now=now, maximum_half_hours=2)
    save_rules(now=now + MINUTE, actor=administrator.party, maximum_half_hours=4)

    change, first = history_of(role(TEAMS), None)

    assert (change.at, change.by_id, change.by_name) == (now + MINUTE, str(administrator.id), "Alma Admin")
    assert from_plain(change.before).maximum_half_hours == 2
    assert change.after == as_plain(rules_for(role(TEAMS), directory()))
    assert (change.was_own, change.is_own, first.was_own) == (True, True, False)


def test_keeps_those_of_a_resource_apart_from_the_roles_own(now, db):
    production = make_resource("Production", now=now)

    set_rules(CONTRIBUTOR, now=now, maximum_half_hours=2)
    set_rules(CONTRIBUTOR, now=now + MINUTE, resource=production, maximum_half_hours=4)

    assert dict(RoleSettings.objects.values_list("resource__name", "maximum_half_hours")) == {
        None: 2,
        "Production": 4,
    }
    assert last_event().resource_path == production.path


def test_replaces_approvers_and_cells_as_a_whole(approver, now):
    cell = {(NoticeCase.ACTIVATION, Audience.ADMIN): Cell(False, ("soc@example.com",), True)}
    save_rules(now=now, approvers=(Seat(SeatKind.MANAGER),), cells=cell)
    assert rules_for(role(TEAMS), directory()).cells == cell

    seat = Seat(SeatKind.PRINCIPAL, approver.id, approver.name)
    save_rules(now=now + MINUTE, approvers=(seat,), cells={})

    rules = rules_for(role(TEAMS), directory())
    assert (rules.approvers, rules.cells) == ((seat,), {})
    changes = last_event().details["changes"]
    assert changes["activation.approvers"] == [["manager"], ["Ada Approver"]]
    assert changes["notification.activation.admin"][1]["default_recipients"] is True


def test_inherits_again_what_is_set_further_up(administrator, now):
    production = make_resource("Production", now=now)
    shop = make_resource("Web shop", now=now, parent=production)
    set_rules(CONTRIBUTOR, now=now, resource=production, maximum_half_hours=4)
    set_rules(CONTRIBUTOR, now=now, resource=shop, maximum_half_hours=8)

    later = now + MINUTE
    remove_settings(actor=administrator.party, role=role(CONTRIBUTOR), resource=shop, now=later)

    present = settings_at(role(CONTRIBUTOR), shop)
    assert (present.rules.maximum_half_hours, present.is_own, present.origin) == (4, False, "Production")
    assert last_event().details == {"changes": {"activation.maximum_hours": [4, 2]}, "own": [True, False]}
    change = history_of(role(CONTRIBUTOR), shop).first()
    assert (change.was_own, change.is_own) == (True, False)


def test_writes_nothing_when_there_is_nothing_to_inherit_again(db, now):
    remove_settings(actor=CONSOLE, role=role(TEAMS), resource=None, now=now)

    assert not SettingsChange.objects.exists()
    assert not AuditEvent.objects.filter(action=AuditAction.SETTINGS_CHANGED).exists()


def test_says_where_the_rules_come_from(db, now):
    production = make_resource("Production", now=now)
    held = role(CONTRIBUTOR)
    assert settings_at(held, production).origin == "Default"
    assert settings_at(held, None).rules == default_rules(Provider.RESOURCES)

    set_rules(CONTRIBUTOR, now=now)

    assert (settings_at(held, production).origin, settings_at(held, production).is_own) == ("The role", False)
    assert settings_at(held, None).is_own


@pytest.mark.parametrize(
    "values",
    [
        {"maximum_half_hours": 0},
        {"maximum_half_hours": 49},
        {"maximum_half_hours": -1},
        {"approval_window_minutes": 4},
        {"eligible_maximum_days": 100},
        {"authentication": "password"},
        {"authentication": "context"},
    ],
)
def test_writes_nothing_of_settings_that_make_no_sense(db, now, values):
    with pytest.raises(ValidationError):
        save_rules(now=now, approvers=(Seat(SeatKind.MANAGER),), **values)

    assert not RoleSettings.objects.exists()
    assert not SettingsChange.objects.exists()
    assert not AuditEvent.objects.filter(action=AuditAction.SETTINGS_CHANGED).exists()


def test_has_the_rules_of_the_history_as_they_were(db, now):
    """What is stored reads back as the value it came from, to the last cell."""
    rules = RoleRules(
        maximum_half_hours=3, cells={(NoticeCase.ACTIVE, Audience.HOLDER): Cell(critical_only=True)}
    )

    assert as_plain(from_plain(as_plain(rules))) == as_plain(rules)
