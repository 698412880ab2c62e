from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.roles import built_in
from tests.factories import assign, make_active, make_group, make_resource, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    """Pages read the clock."""
    return timezone.now()


@pytest.fixture
def estate(now):
    """Two places with something that happened on each."""
    production, sandbox = make_resource("Production", now=now), make_resource("Sandbox", now=now)
    until = now + timedelta(days=1)
    for place in (make_resource("orders", parent=production, now=now), sandbox):
        assign(make_user(f"Holder on {place.name}", now=now), built_in.READER, place, now=now, ends_at=until)
    return production, sandbox


@pytest.fixture
def seen_by(client):
    def see(user, path, **query):
        client.force_login(user)
        response = client.get(path, query)
        return response.context["page"].rows if response.status_code == 200 else response.status_code

    return see


def test_shows_what_happened_in_one_provider(seen_by, administrator, estate, now):
    make_group("Operators", now=now)

    rows = seen_by(administrator, "/resources/audit/")

    assert {row.provider for row in rows} == {"resources"}
    assert {row.resource_name for row in rows} == {"Production", "Sandbox", "orders"}


def test_shows_what_happened_on_a_resource_and_below(seen_by, administrator, estate):
    production, _ = estate

    rows = seen_by(administrator, "/resources/audit/", on=production.pk)

    assert {row.resource_name for row in rows} == {"Production", "orders"}
    assert seen_by(administrator, "/resources/audit/", on=production.pk, person="nobody") == []


def test_shows_a_keeper_their_own_place_alone(seen_by, estate, now):
    production, sandbox = estate
    owner = make_user(now=now)
    make_active(owner, built_in.RESOURCE_OWNER, production, now=now, ends_at=now + timedelta(days=1))

    rows = seen_by(owner, "/resources/audit/")

    assert {row.resource_name for row in rows} == {"Production", "orders"}
    assert seen_by(owner, "/resources/audit/", on=sandbox.pk) == 404
    assert seen_by(owner, "/directory/audit/") == 403


def test_hands_out_what_is_shown_and_says_so(client, administrator, estate):
    production, _ = estate
    client.force_login(administrator)

    file = client.post("/resources/audit/export/", {"on": production.pk}).getvalue().decode()

    assert "Holder on orders" in file
    assert "Holder on Sandbox" not in file
    event = AuditEvent.objects.get(action=AuditAction.AUDIT_EXPORTED)
    assert event.details["selection"] == {"provider": "resources", "path": production.path}


def test_shows_what_a_person_did_and_what_was_done_to_them(seen_by, administrator, estate):
    holder = User.objects.get(name="Holder on orders")

    rows = seen_by(administrator, reverse("administration:person_audit", args=[holder.pk]))

    assert {row.target_id for row in rows} == {str(holder.pk)}
    assert AuditAction.ASSIGNMENT_ADDED in {row.action for row in rows}


def test_shows_what_happened_about_a_role_on_a_resource_and_below(seen_by, administrator, estate):
    production, _ = estate
    page = reverse("administration:role_audit", args=["resources", built_in.READER])

    assert {row.role for row in seen_by(administrator, page)} == {"Reader"}
    assert {row.resource_name for row in seen_by(administrator, page, on=production.pk)} == {"orders"}


def test_exports_what_happened_about_a_person_alone(client, administrator, estate):
    holder = User.objects.get(name="Holder on orders")
    client.force_login(administrator)

    exported = (
        client.post(reverse("administration:export_person_audit", args=[holder.pk])).getvalue().decode()
    )

    assert "Holder on orders" in exported
    assert "Holder on Sandbox" not in exported
    event = AuditEvent.objects.get(action=AuditAction.AUDIT_EXPORTED)
    assert event.details == {"selection": {"subject": str(holder.pk)}}
