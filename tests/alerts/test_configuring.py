"""Setting alerts: who may, where it counts, and what comes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse

from apps.accounts.policy import SecondFactor
from apps.alerts.models import AlertSettings, Scan
from apps.alerts.policy import catalogue
from apps.alerts.policy.configuring import SettingFacts, can_configure
from apps.alerts.policy.terms import Rule, Setting, Severity, Threshold
from apps.alerts.selectors.configuring import in_force
from apps.alerts.services.configuring import SettingsMoved, configure_alert
from apps.alerts.services.scanning import _finish, ask_for_scan
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.access import Provider
from apps.common.decision import ALLOWED, denied
from apps.common.errors import NotAllowed
from tests.access_requests.pages import code_of, text_of
from tests.alerts.making import NOW, make_finding
from tests.factories import acting, make_resource

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

RULE = Rule(
    id="privileged_guest",  # one that there is, with a threshold
    name="Guests who stay",
    severity=Severity.LOW,
    providers=tuple(Provider),
    trigger="Somebody has been here for {days} days.",
    impact="It matters.",
    mend="Mend it.",
    prevent="Prevent it.",
    thresholds=(Threshold("days", "Here for", 30, 1, 100, "days"),),
)
WANTED = Setting(is_on=True, tells=True, values={"days": 60})
FACTS = SettingFacts(right=ALLOWED, rule=RULE, wanted=WANTED, factor=SecondFactor(NOW), now=NOW)


@pytest.fixture(autouse=True)
def known(monkeypatch):
    monkeypatch.setitem(catalogue.BY_ID, RULE.id, RULE)


@pytest.mark.parametrize(
    ("changed", "rules"),
    [
        ({}, ()),
        ({"right": denied("AdminRequestRule", "No."), "wanted": None}, ("AdminRequestRule",)),
        ({"factor": SecondFactor(NOW - timedelta(hours=1))}, ("MfaRule",)),
        ({"wanted": replace(WANTED, values={"days": 1})}, ()),
        ({"wanted": replace(WANTED, values={"days": 100})}, ()),
        ({"wanted": replace(WANTED, values={"days": 0})}, ("ThresholdRule",)),
        ({"wanted": replace(WANTED, values={"days": 101})}, ("ThresholdRule",)),
        ({"wanted": replace(WANTED, values={})}, ("ThresholdRule",)),
        ({"wanted": None}, ()),
    ],
)
def test_says_why_somebody_may_not_set_an_alert(changed, rules):
    assert can_configure(replace(FACTS, **changed)).rules == rules


def configured(resource, wanted, *, by, now, version=None):
    version = version or in_force(RULE, Provider.RESOURCES, resource).version
    return configure_alert(
        RULE,
        Provider.RESOURCES,
        resource,
        wanted=wanted,
        version=version,
        actor=acting(by, now=now),
        now=now,
    )


def test_counts_on_a_resource_and_below_it(administrator, production, sandbox, now):
    below = make_resource("Database", parent=production, now=now)
    configured(None, replace(WANTED, values={"days": 90}), by=administrator, now=now)
    configured(production, WANTED, by=administrator, now=now)

    def seen(resource):
        found = in_force(RULE, Provider.RESOURCES, resource)
        return found.setting["days"], found.origin, found.own is not None

    assert seen(below) == (60, "Set on Production", False)
    assert seen(production) == (60, "Set on Production", True)
    assert seen(sandbox) == (90, "Set for all of Resources", False)
    assert in_force(RULE, Provider.GROUPS, None).origin == "Default"


def test_uses_what_holds_above_again(administrator, production, now):
    configured(production, WANTED, by=administrator, now=now)
    assert configured(production, None, by=administrator, now=now + timedelta(seconds=1))

    assert in_force(RULE, Provider.RESOURCES, production).setting["days"] == 30
    assert not AlertSettings.objects.exists()
    assert not configured(production, None, by=administrator, now=now)


def test_writes_down_what_was_changed_and_looks_again(administrator, production, now):
    configured(production, replace(WANTED, is_on=False), by=administrator, now=now)

    event = AuditEvent.objects.get(action=AuditAction.ALERT_SETTINGS_CHANGED)
    assert event.sentence == "Alma Admin changed the settings of the alert “Guests who stay” on Production."
    assert event.details["before"] == {"on": True, "mail": False, "days": 30}
    assert event.details["after"] == {"on": False, "mail": True, "days": 60}
    assert Scan.objects.get(is_running=True).rules == [RULE.id]


def test_a_scan_that_runs_comes_once_more_to_what_was_set_meanwhile(administrator, production, now):
    ask_for_scan(actor=administrator.party, rules=[RULE, catalogue.STALE_ACCOUNT], now=now)
    Scan.objects.update(done=1)
    configured(production, WANTED, by=administrator, now=now)
    configured(production, replace(WANTED, tells=False), by=administrator, now=now + timedelta(seconds=1))

    assert Scan.objects.get().rules == [RULE.id, catalogue.STALE_ACCOUNT.id, RULE.id]


def test_a_scan_does_not_end_before_what_it_was_given_last(administrator, now):
    asked = ask_for_scan(actor=administrator.party, rules=[RULE], now=now)
    Scan.objects.update(done=1, rules=[RULE.id, RULE.id])
    asked.done = 1

    _finish(asked, now)

    assert Scan.objects.get().is_running


def test_leaves_alone_what_is_so_already(administrator, production, now):
    same = in_force(RULE, Provider.RESOURCES, production).setting

    assert not configured(production, same, by=administrator, now=now)
    assert not AuditEvent.objects.filter(action=AuditAction.ALERT_SETTINGS_CHANGED).exists()


def test_the_first_of_two_wins(administrator, production, now):
    shown = in_force(RULE, Provider.RESOURCES, production).version
    configured(production, WANTED, by=administrator, now=now)

    with pytest.raises(SettingsMoved):
        configured(production, replace(WANTED, tells=False), by=administrator, now=now, version=shown)

    assert in_force(RULE, Provider.RESOURCES, production).setting.tells


def test_a_keeper_sets_alerts_below_their_resource_only(keeper, production, sandbox, now):
    assert configured(production, WANTED, by=keeper, now=now)
    for resource in (sandbox, None):
        with pytest.raises(NotAllowed, match="Your active roles do not set alerts on"):
            configured(resource, WANTED, by=keeper, now=now)


# ---- Pages -------------------------------------------------------------------------------------------------


def page_of(name, provider="resources", **asked):
    query = "?" + "&".join(f"{key}={value}" for key, value in asked.items()) if asked else ""
    return reverse(f"alerts:{name}", args=[provider, RULE.id]) + query


def test_sets_an_alert_on_the_page(client, alma, production, now):
    make_finding(RULE, now=now, resource=production)
    here = page_of("configure", on=production.pk)
    form = client.get(here)
    version = form.context["present"].version

    page = client.post(here, {"days": "45", "version": version, "code": code_of(alma)})

    assert "1 open finding would be taken from the list" in text_of(form)
    assert "From 1 to 100. Default: 30." in text_of(form)
    assert page["Location"] == page_of("detail", on=production.pk)
    shown = text_of(client.get(page["Location"]))
    assert "Turned off" in shown
    assert "Somebody has been here for 45 days." in shown


def test_keeps_what_was_typed_when_somebody_was_faster(client, alma, production, now):
    here = page_of("configure", on=production.pk)
    version = client.get(here).context["present"].version
    configured(production, WANTED, by=alma, now=now)

    page = client.post(here, {"is_on": "1", "days": "45", "version": version, "code": code_of(alma)})
    again = client.post(here, {"is_on": "1", "days": "45", "version": page.context["present"].version})

    assert page.status_code == 409
    assert "Alma Admin changed these settings meanwhile" in text_of(page)
    assert 'value="45"' in text_of(page)
    assert again.status_code == 302


def test_refuses_numbers_out_of_range_at_their_field(client, alma, production):
    here = page_of("configure", on=production.pk)

    page = client.post(here, {"days": "101", "code": code_of(alma)})

    assert page.status_code == 400
    assert page.context["form"].errors == {"days": ["From 1 to 100."]}


def test_goes_back_to_what_holds_above_on_the_page(client, alma, production, now):
    configured(production, WANTED, by=alma, now=now)
    here = page_of("inherit", on=production.pk)
    version = client.get(here).context["present"].version

    page = client.post(here, {"version": version, "code": code_of(alma)})

    assert page.status_code == 302
    assert not AlertSettings.objects.exists()
    assert client.get(here).status_code == 409


def test_sets_the_directory_as_a_whole(client, alma, now):
    from_root = page_of("configure", "directory", on="2c5ab8a4-3a7c-4a36-a3d8-5b8f8ad0d2a1")

    assert client.get(from_root).context["present"].resource is None


def test_shows_a_reader_how_an_alert_is_set_and_why_they_may_not_change_it(client, auditor):
    client.force_login(auditor)

    assert "Your active roles do not set alerts on" in text_of(client.get(page_of("detail", "directory")))
    assert client.get(page_of("configure", "directory")).status_code == 403
