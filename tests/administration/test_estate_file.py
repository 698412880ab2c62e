"""Resources and roles leave as files that can come in again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.roles import built_in
from tests.factories import make_active, make_resource, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    """Pages read the clock."""
    return timezone.now()


@pytest.fixture
def taken(client):
    def take(user, path, **sent):
        client.force_login(user)
        return client.post(path, sent).getvalue().decode("utf-8-sig").splitlines()

    return take


def test_hands_out_the_trees_from_the_top_down(taken, administrator, now):
    top = make_resource("Z/top", kind="Cluster", now=now)
    make_resource("=cmd", kind="Database", parent=top, now=now)
    make_resource("A", kind="Cluster", now=now)

    lines = taken(administrator, "/resources/export/")

    assert lines == ["path,kind", "A,Cluster", r"Z\/top,Cluster", r"Z\/top/=cmd,Database"]
    event = AuditEvent.objects.get(action=AuditAction.RESOURCES_EXPORTED)
    assert event.sentence == "Alma Admin exported the list of resources."


def test_hands_out_to_a_keeper_what_they_see_and_looked_for(taken, now):
    production = make_resource("Production", kind="Subscription", now=now)
    for name in ("orders", "stock"):
        make_resource(name, kind="Database", parent=production, now=now)
    make_resource("orders of others", kind="Database", now=now)
    owner = make_user(now=now)
    make_active(owner, built_in.RESOURCE_OWNER, production, now=now, ends_at=now + timedelta(days=1))

    lines = taken(owner, "/resources/export/", q="orders")

    assert lines == ["path,kind", "Production/orders,Database"]
    assert AuditEvent.objects.get(action=AuditAction.RESOURCES_EXPORTED).details == {"q": "orders"}


def test_hands_out_roles_as_the_list_is_narrowed(taken, administrator):
    lines = taken(administrator, "/directory/roles/export/", q="security reader")

    assert lines[0] == "provider,name,description,link,usage,enforced_by,permissions"
    (reader,) = lines[1:]
    assert reader.startswith("directory,Security Reader,Reads security settings and reports.,")
    assert "directory:audit.read" in reader
    event = AuditEvent.objects.get(action=AuditAction.ROLES_EXPORTED)
    assert event.details == {"provider": "directory", "show": "all", "q": "security reader"}
