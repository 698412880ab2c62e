from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.administration.policy.settings import MOST_ADDRESSES
from apps.administration.selectors.settings_changes import assess_changes
from apps.administration.views import settings as settings_views
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.roles import built_in
from apps.roles.models import RoleDefinition, SettingsChange
from apps.roles.policy.plain import as_plain
from apps.roles.policy.rules import Audience, Authentication, Cell, NoticeCase, Seat, SeatKind
from apps.roles.selectors import directory, rules_for, settings_at
from tests.access_requests.pages import code_of, text_of
from tests.factories import make_active, make_resource, make_user, role, save_rules, set_rules

TEAMS, CONTRIBUTOR = built_in.TEAMS_ADMINISTRATOR, built_in.CONTRIBUTOR
MONTH = timedelta(days=30)


@pytest.fixture
def now():
    """Pages read the clock."""
    return timezone.now()


@pytest.fixture
def alma(client, administrator):
    client.force_login(administrator)
    return administrator


def address(view, role_id=TEAMS, resource=None, provider="directory", *more):
    url = reverse(f"administration:{view}", args=[provider, role_id, *more])
    return f"{url}?on={resource.pk}" if resource else url


def typed(page):
    """What a browser would send of the form as it stands there."""
    data = {"base": page.context["base"], "plan": page.context.get("plan", "")}
    for field in page.context["form"]:
        value = field.value()
        if field.name == "approvers":
            data[field.name] = [str(getattr(one, "pk", one)) for one in getattr(value, "ids", value) or []]
        elif value not in (False, None, ""):
            data[field.name] = "on" if value is True else str(value)
    return data


def rules():
    return rules_for(role(TEAMS), directory())


# ---- Looking -----------------------------------------------------------------------------------------------


def test_lists_each_role_with_where_its_rules_come_from(client, alma, now):
    production = make_resource("Production", now=now)
    shop = make_resource("Web shop", parent=production, now=now)
    set_rules(CONTRIBUTOR, resource=production, now=now, requires_ticket=True)
    set_rules(built_in.READER, resource=shop, now=now)

    page = client.get(reverse("administration:settings", args=["resources"]), {"on": production.pk})

    found = page.context["found"]
    origins = {each.role.name: each.origin for each in found.settings}
    assert origins["Contributor"] == "Production"
    assert origins["Reader"] == "Default"
    assert [(each.role.name, each.resource) for each in found.below] == [("Reader", shop)]
    assert "by Console" in text_of(page)


def test_finds_roles_by_name(client, alma):
    page = client.get(reverse("administration:settings", args=["directory"]), {"q": "teams adm"})

    assert [each.role.name for each in page.context["found"].settings] == ["Teams Administrator"]


def test_shows_a_keeper_nothing_of_other_resources(client, now, db):
    mine, other = make_resource("Mine", now=now), make_resource("Other", now=now)
    set_rules(CONTRIBUTOR, resource=other, now=now)
    keeper = make_user("Kim", now=now)
    make_active(keeper, built_in.RESOURCE_OWNER, mine, now=now, ends_at=now + MONTH)
    client.force_login(keeper)

    assert client.get(address("role_settings", CONTRIBUTOR, mine, "resources")).status_code == 200
    assert client.get(address("role_settings", CONTRIBUTOR, other, "resources")).status_code == 404
    everything = client.get(address("role_settings", CONTRIBUTOR, None, "resources"))
    assert everything.status_code == 200
    assert not everything.context["can_change"]
    assert client.get(address("edit_settings", CONTRIBUTOR, None, "resources")).status_code == 403
    page = client.get(reverse("administration:settings", args=["resources"]))
    assert page.context["found"].below == []


def test_reads_the_list_as_often_for_2_roles_as_for_all(client, alma, now):
    def queries():
        client.get(reverse("portal:home"))
        with CaptureQueriesContext(connection) as found:
            client.get(reverse("administration:settings", args=["directory"]))
        return len(found)

    set_rules(now=now, approvers=(alma,))
    set_rules(built_in.SECURITY_READER, now=now, approvers=(alma,))
    few = queries()
    for held in RoleDefinition.objects.filter(provider="directory"):
        set_rules(held.id, now=now, approvers=(alma,))

    assert queries() == few


# ---- Editing -----------------------------------------------------------------------------------------------


def test_fills_the_form_with_what_is_in_force_and_saves_just_that(client, alma, approver, now):
    """Nothing of the rules is lost on the way through the form."""
    seats = (Seat(SeatKind.MANAGER, None, "The requester's manager"), Seat(SeatKind.PRINCIPAL, approver.id))
    as_many = tuple(
        f"operations-of-the-night-shift-in-the-north-{n}@example.com" for n in range(MOST_ADDRESSES)
    )
    before = save_rules(
        now=now,
        maximum_half_hours=3,
        authentication=Authentication.CONTEXT,
        authentication_context="c1",
        requires_approval=True,
        approvers=seats,
        approval_window_minutes=45,
        permanent_active=False,
        active_maximum_days=15,
        cells={(NoticeCase.ACTIVE, Audience.HOLDER): Cell(False, as_many, True)},
    )
    stood = as_plain(rules())
    page = client.get(address("edit_settings"))

    sent = client.post(address("edit_settings"), {**typed(page), "code": code_of(alma)})

    assert (sent.status_code, sent["Location"]) == (302, address("role_settings"))
    assert as_plain(rules()) == stood
    assert SettingsChange.objects.get().at == before.modified_at


def test_saves_what_asks_for_more_at_once_and_shows_what_changed(client, alma, now):
    data = typed(client.get(address("edit_settings"))) | {
        "maximum_half_hours": "4",
        "requires_ticket": "on",
        "activation_admin_additional": "soc@example.com; night@example.com",
        "code": code_of(alma),
    }

    sent = client.post(address("edit_settings"), data, follow=True)

    assert rules().maximum_half_hours == 4
    assert rules().cell(NoticeCase.ACTIVATION, Audience.ADMIN).additional_recipients == (
        "soc@example.com",
        "night@example.com",
    )
    assert [each.label for each in sent.context["changed"].differences] == [
        "Activation maximum duration",
        "Require ticket information on activation",
        "Eligible members activate: Admin",
    ]
    assert AuditEvent.objects.filter(action=AuditAction.SETTINGS_CHANGED, actor_name="Alma Admin").exists()


def test_shows_what_loosens_before_it_saves_it(client, alma, now):
    data = typed(client.get(address("edit_settings"))) | {"maximum_half_hours": "48", "code": code_of(alma)}

    preview = client.post(address("edit_settings"), data)

    assert preview.status_code == 200
    assert "ask for less than before" in text_of(preview)
    assert rules().maximum_half_hours == 16

    saved = client.post(address("edit_settings"), typed(preview))
    assert saved.status_code == 302
    assert rules().maximum_half_hours == 48


def test_previews_without_a_code_and_changes_nothing(client, alma, now):
    data = typed(client.get(address("edit_settings"))) | {"requires_ticket": "on", "preview": "1"}

    preview = client.post(address("edit_settings"), data)

    assert preview.status_code == 200
    assert "Nobody activated this in the last 90 days" in text_of(preview)
    assert [each.label for each in preview.context["assessed"].differences] == [
        "Require ticket information on activation"
    ]
    assert not SettingsChange.objects.exists()


def test_leads_to_the_field_that_is_wrong(client, alma, now):
    data = typed(client.get(address("edit_settings"))) | {
        "activation_admin_additional": "soc",
        "requires_approval": "on",
        "approvers": [str(make_user(now=now, enrolled=False).pk)],
        "code": code_of(alma),
    }

    page = client.post(address("edit_settings"), data)

    assert page.status_code == 400
    assert set(page.context["form"].errors) == {"approvers", "activation_admin_additional"}
    assert 'href="#id_activation_admin_additional"' in text_of(page)
    assert not SettingsChange.objects.exists()


def test_shows_what_somebody_else_changed_meanwhile(client, alma, now):
    data = typed(client.get(address("edit_settings"))) | {"maximum_half_hours": "4", "code": code_of(alma)}
    set_rules(now=now, requires_ticket=True)

    page = client.post(address("edit_settings"), data)

    assert page.status_code == 409
    assert "changed these settings meanwhile" in text_of(page)
    assert rules().maximum_half_hours == 16

    again = client.post(address("edit_settings"), typed(page))
    assert again.status_code == 302
    assert not rules().requires_ticket


def test_shows_what_somebody_else_changed_between_two_looks(client, alma, now, monkeypatch):
    def assess_late(*args, **facts):
        set_rules(now=now, requires_ticket=True)
        return assess_changes(*args, **facts)

    data = typed(client.get(address("edit_settings"))) | {"maximum_half_hours": "4", "code": code_of(alma)}
    monkeypatch.setattr(settings_views, "assess_changes", assess_late)

    page = client.post(address("edit_settings"), data)

    assert page.status_code == 409
    assert "changed these settings meanwhile" in text_of(page)
    assert (rules().maximum_half_hours, rules().requires_ticket) == (16, True)


def test_makes_inherited_rules_own_and_back(client, alma, now):
    production = make_resource("Production", now=now)
    shop = make_resource("Web shop", parent=production, now=now)
    set_rules(CONTRIBUTOR, resource=production, now=now, maximum_half_hours=4)
    where, held = (CONTRIBUTOR, shop, "resources"), role(CONTRIBUTOR)
    data = typed(client.get(address("edit_settings", *where))) | {"code": code_of(alma)}

    made = client.post(address("edit_settings", *where), data)
    assert made["Location"].startswith(address("role_settings", *where))
    assert settings_at(held, shop).is_own

    plan = client.get(address("inherit_settings", *where)).context["plan"]
    client.post(address("inherit_settings", *where), {"plan": plan})
    assert settings_at(held, shop).origin == "Production"
    assert client.get(address("inherit_settings", *where)).status_code == 409


def test_refuses_the_form_to_readers(client, auditor, now):
    client.force_login(auditor)

    assert "Your active roles do not change settings here" in text_of(client.get(address("role_settings")))
    assert client.post(address("edit_settings"), {}).status_code == 403


# ---- History -----------------------------------------------------------------------------------------------


def test_restores_an_earlier_state_by_a_plan(client, alma, now):
    set_rules(now=now - MONTH, maximum_half_hours=2)
    set_rules(now=now, maximum_half_hours=1, requires_ticket=True)
    page = client.get(address("settings_history"))
    newest, first = page.context["entries"]
    assert [each.label for each in newest.differences] == [
        "Activation maximum duration",
        "Require ticket information on activation",
    ]
    url = address("restore_settings", TEAMS, None, "directory", newest.change.pk)
    plan = client.get(url).context["plan"]

    set_rules(now=now, requires_justification=False)
    moved = client.post(url, {"plan": plan, "code": code_of(alma)})
    assert (moved.status_code, rules().requires_ticket) == (409, True)

    done = client.post(url, {"plan": moved.context["plan"]}, follow=True)
    assert (rules().maximum_half_hours, rules().requires_ticket, rules().requires_justification) == (
        2,
        False,
        True,
    )
    assert "by Alma Admin" in text_of(done)

    url = address("restore_settings", TEAMS, None, "directory", first.change.pk)
    client.post(url, {"plan": client.get(url).context["plan"]})
    assert not settings_at(role(TEAMS), None).is_own


def test_knows_no_change_of_another_role(client, alma, now):
    set_rules(built_in.SECURITY_READER, now=now)
    change = SettingsChange.objects.get()

    url = address("restore_settings", TEAMS, None, "directory", change.pk)
    assert client.get(url).status_code == 404


def test_restores_nothing_that_nobody_could_approve_any_more(client, alma, approver, now):
    set_rules(now=now - MONTH, approvers=(make_user(now=now, enrolled=False),))
    set_rules(now=now, requires_approval=False)
    change = SettingsChange.objects.get(at=now)
    url = address("restore_settings", TEAMS, None, "directory", change.pk)

    page = client.get(url)
    assert page.context["decision"].rules == ("ApproverRule",)

    assert client.post(url, {"plan": page.context["plan"], "code": code_of(alma)}).status_code == 400
    assert not rules().requires_approval
