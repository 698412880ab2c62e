"""The lists of alerts: all of them, those of a place, and the scan that somebody asks for."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.alerts.links import links_of
from apps.alerts.models import AlertSettings, Look, Scan
from apps.alerts.policy.catalogue import NO_MFA_ON_ACTIVATION, PRIVILEGED_GUEST
from apps.alerts.policy.terms import Severity
from apps.alerts.selectors.listing import Open, open_by_severity
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.access import Provider
from apps.roles import built_in
from tests.access_requests.pages import text_of
from tests.alerts.making import make_finding, scan
from tests.factories import acting, assign, make_active, make_resource, make_user, set_rules

pytestmark = pytest.mark.django_db

ALL = reverse("alerts:all")
DAY = timedelta(days=1)


def listed(provider, **asked):
    return reverse("alerts:list", args=[provider]), asked


def line_of(page, rule=PRIVILEGED_GUEST):
    found = page.context["found"]
    return next(line for line in (*found.loud, *found.quiet) if line.rule == rule)


def test_counts_what_is_open_and_what_is_dismissed_where_one_looks(client, alma, production, sandbox, now):
    make_finding(now=now, resource=production)
    make_finding(now=now, resource=production, dismissed_at=now, dismissed_why="Known", dismissed_by="Alma")
    make_finding(now=now, resource=sandbox)
    make_finding(now=now, mended_at=now, mended_how="gone")

    everywhere = line_of(client.get(ALL))
    here = line_of(client.get(*listed("resources", on=production.pk)))

    assert (everywhere.open, everywhere.dismissed, everywhere.where) == (2, 1, Provider.RESOURCES)
    assert (here.open, here.dismissed) == (1, 1)


def test_takes_what_was_dismissed_long_enough_ago_for_open(client, alma, now):
    make_finding(
        now=now - DAY, dismissed_at=now - DAY, dismissed_why="Known", dismissed_until=now - timedelta(hours=1)
    )

    assert line_of(client.get(ALL)).open == 1


def test_shows_a_keeper_only_what_lies_below(client, keeper, production, sandbox, now):
    below = make_resource("Database", parent=production, now=now)
    for resource in (production, below, sandbox, None):
        make_finding(now=now, resource=resource)
    client.force_login(keeper)

    line = line_of(client.get(ALL))

    assert [(spot.provider, spot.open) for spot in line.spots] == [(Provider.RESOURCES, 2)]
    assert client.get(reverse("alerts:list", args=["directory"])).status_code == 403
    assert client.get(*listed("resources", on=sandbox.pk)).status_code == 404


def test_says_which_alert_is_turned_off_and_which_could_not_be_looked_at(client, alma, production, now):
    AlertSettings.objects.create(
        rule=PRIVILEGED_GUEST.id,
        provider="resources",
        resource=production,
        is_on=False,
        modified_at=now,
        modified_by="Alma",
    )
    Look.objects.create(rule=PRIVILEGED_GUEST.id, at=now, failed=True)

    here = client.get(*listed("resources", on=production.pk))

    assert line_of(here).is_off
    assert "Turned off" in text_of(here)
    assert "It could not be looked at" in text_of(here)
    assert not line_of(client.get(*listed("resources"))).is_off


def test_scans_when_somebody_asks_and_says_what_has_changed(client, alma, now):
    page = client.post(reverse("alerts:scan"), {"next": ALL}, follow=True)

    assert page.redirect_chain == [(ALL, 302)]
    assert "0 of" in text_of(page)
    assert 'hx-trigger="every 2s"' in text_of(page)
    assert AuditEvent.objects.get(action=AuditAction.ALERTS_SCANNED).actor_id == str(alma.pk)

    scan(now=now + DAY)
    make_finding(now=now + DAY)
    assert "1 new, 0 mended" in text_of(client.get(ALL))


def test_asks_for_its_moving_part_only_while_a_scan_runs(client, alma, now):
    client.post(reverse("alerts:scan"))
    part = client.get(ALL, HTTP_HX_REQUEST="true")
    Scan.objects.update(is_running=False, finished_at=now)
    over = client.get(ALL, HTTP_HX_REQUEST="true")

    assert "<html" not in text_of(part)
    assert "looked at" in text_of(part)
    assert over["HX-Refresh"] == "true"


def test_a_reader_may_ask_for_a_scan_and_a_visitor_may_not(client, auditor, visitor, now):
    client.force_login(visitor)
    assert client.post(reverse("alerts:scan")).status_code == 403
    client.force_login(auditor)
    assert client.post(reverse("alerts:scan")).status_code == 302
    assert Scan.objects.count() == 1


def test_counts_what_is_open_by_severity(alma, keeper, production, now):
    make_finding(now=now, resource=production)
    make_finding(now=now, resource=production)
    make_finding(now=now)

    access = acting(keeper, now=now).access

    assert open_by_severity(access, now=now) == {
        Severity.HIGH: Open(),
        Severity.MEDIUM: Open(alerts=1, findings=2),
        Severity.LOW: Open(),
    }
    everything = open_by_severity(acting(alma, now=now).access, now=now)
    assert everything[Severity.MEDIUM] == Open(alerts=1, findings=3)


def test_shows_in_the_menu_how_many_alerts_are_triggered(client, alma, visitor, now):
    make_finding(now=now)
    make_finding(now=now)

    def entry():
        page = client.get(reverse("portal:home"))
        sections = page.context["frame"].menu
        return [item.count for section in sections for item in section.items if item.url == ALL]

    assert entry() == [1]
    client.force_login(visitor)
    assert entry() == []


def test_asks_as_often_for_many_findings_as_for_few(client, alma, now):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(ALL)
        return len(captured)

    make_finding(now=now)
    make_finding(now=now)
    client.get(ALL)  # notes when the session was seen
    few = queries()
    for _ in range(58):
        make_finding(now=now)

    assert queries() == few


def test_leads_from_a_finding_to_pages_that_open(client, alma, production, now):
    guest = make_user("Gus Guest", type="guest", enrolled=False, now=now)
    until = now + timedelta(days=90)
    make_active(guest, built_in.RESOURCE_OWNER, production, now=now, ends_at=until)
    assign(guest, built_in.CONTRIBUTOR, production, now=now, ends_at=until)
    set_rules(built_in.CONTRIBUTOR, now=now, resource=production, authentication="none")
    scan(now=now)

    links = {}
    for rule in (NO_MFA_ON_ACTIVATION, PRIVILEGED_GUEST):
        for line in client.get(reverse("alerts:detail", args=["resources", rule.id])).context["lines"]:
            links |= {link.label: link.url for link in line.links}

    assert set(links) == {"Assignments", "Role settings", "Person"}
    for url in links.values():
        assert client.get(url).status_code == 200
    assert "tab=active" in links["Assignments"]
    assert "Gus Guest" in text_of(client.get(links["Assignments"]))


def test_leads_nobody_to_pages_that_do_not_open(client, visitor, now):
    finding = make_finding(now=now, ids={"assignment": str(uuid4()), "role": str(uuid4())})

    assert links_of(finding, acting(visitor, now=now).access) == []


def test_leads_to_settings_of_a_role_wherever_it_is_held(client, alma, now):
    ids = {"everywhere": "resources", "role": str(built_in.RESOURCE_OWNER)}
    (link,) = links_of(make_finding(now=now, ids=ids, about_kind=""), acting(alma, now=now).access)

    assert link.label == "Role settings"
    assert client.get(link.url).status_code == 200
