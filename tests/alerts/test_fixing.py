"""From a finding to the page that mends it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.alerts.models import Finding
from apps.alerts.policy import catalogue
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.access import Provider
from apps.roles import built_in
from apps.roles.models import RoleSettings
from apps.roles.selectors import directory, rules_for
from tests.access_requests.pages import code_of
from tests.alerts.making import scan
from tests.factories import assign, join, make_active, make_group, make_resource, make_user, role, set_rules

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
TEAMS = built_in.TEAMS_ADMINISTRATOR
FIX = reverse("alerts:fix")
BACK = "/directory/alerts/"


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def admin(now):
    user = make_user("Ada Admin", now=now)
    make_active(user, built_in.GLOBAL_ADMINISTRATOR, now=now)
    return user


@pytest.fixture
def client(admin):
    client = Client()
    client.force_login(admin)
    return client


def found(rule, now):
    scan(now=now)
    return list(Finding.objects.of(rule.id).open(now))


def test_leads_to_the_page_that_removes_what_was_picked(client, now):
    rows = [assign(make_user(type="guest", now=now), built_in.GLOBAL_READER, now=now) for _ in range(2)]
    picks = [finding.pk for finding in found(catalogue.PRIVILEGED_GUEST, now)]

    response = client.get(FIX, {"pick": picks, "next": BACK}, follow=True)

    assert {str(preview.line.item.pk) for preview in response.context["previews"]} == {
        str(row.pk) for row in rows
    }
    assert response.context["change"] == "remove"
    assert response.context["back"] == BACK


def test_has_the_second_factor_asked_for(client, admin, now):
    set_rules(TEAMS, now=now, authentication="none")
    assign(make_user(now=now), TEAMS, now=now)
    [finding] = found(catalogue.NO_MFA_ON_ACTIVATION, now)
    sent = {"pick": finding.pk, "next": BACK}
    page = client.get(FIX, sent)
    apply = {"apply": "1", "digest": page.context["plan"].digest, "code": code_of(admin)}

    response = client.post(FIX, sent | apply)

    assert response.url == BACK
    assert RoleSettings.objects.get(role=TEAMS, resource=None).authentication == "mfa"
    assert AuditEvent.objects.filter(action=AuditAction.SETTINGS_CHANGED, role="Teams Administrator").exists()
    later = now + timedelta(minutes=1)
    scan(now=later)
    assert not Finding.objects.of(catalogue.NO_MFA_ON_ACTIVATION.id).open(later).exists()


def test_changes_the_settings_of_a_keeper_where_they_may(now):
    keeper, production = make_user("Kim Keeper", now=now), make_resource("Production", now=now)
    make_active(keeper, built_in.RESOURCE_OWNER, production, now=now, ends_at=now + DAY)
    set_rules(built_in.CONTRIBUTOR, now=now, authentication="none")
    assign(make_user(now=now), built_in.CONTRIBUTOR, production, now=now)
    [finding] = found(catalogue.NO_MFA_ON_ACTIVATION, now)
    client = Client()
    client.force_login(keeper)
    page = client.get(FIX, {"pick": finding.pk})
    apply = {"apply": "1", "digest": page.context["plan"].digest, "code": code_of(keeper)}

    client.post(FIX, {"pick": finding.pk} | apply)

    contributor = role(built_in.CONTRIBUTOR)
    assert rules_for(contributor, production).authentication == "mfa"
    assert rules_for(contributor, make_resource(now=now)).authentication == "none"


def test_fixes_nothing_that_its_visitor_does_not_see(now):
    keeper, production = make_user("Kim Keeper", now=now), make_resource("Production", now=now)
    make_active(keeper, built_in.RESOURCE_OWNER, production, now=now, ends_at=now + DAY)
    assign(make_user(type="guest", now=now), built_in.GLOBAL_READER, directory(), now=now)
    picks = [finding.pk for finding in found(catalogue.PRIVILEGED_GUEST, now)]
    client = Client()
    client.force_login(keeper)

    response = client.get(FIX, {"pick": picks, "next": BACK})

    assert response.url == BACK


def test_says_that_nothing_was_picked(client, now):
    response = client.get(FIX, {"next": f"/{Provider.DIRECTORY}/alerts/"}, follow=True)

    assert "Pick at least one finding that is still there and can be fixed." in response.content.decode()


def test_leaves_out_what_somebody_has_through_a_group(client, now):
    group = make_group(now=now, is_role_assignable=True)
    assign(group, built_in.GLOBAL_READER, now=now)
    join(make_user("Gus Guest", type="guest", now=now), group, now=now)
    (finding,) = found(catalogue.PRIVILEGED_GUEST, now)
    page = reverse("alerts:detail", args=[Provider.DIRECTORY, finding.rule])

    response = client.get(FIX, {"pick": finding.pk, "next": BACK})

    assert response.url == BACK
    assert "This comes through a group." in client.get(page).content.decode()
