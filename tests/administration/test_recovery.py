"""The way back in for a Global Administrator, from the console."""

from io import StringIO
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.selectors import devices_of
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.notifications.models import Notice
from apps.roles import built_in
from tests.factories import disable, make_active, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    """Commands read the clock."""
    return timezone.now()


def recover(email):
    out = StringIO()
    call_command("recover-admin", email, stdout=out)
    parts = urlsplit(out.getvalue().strip())
    return f"{parts.path}?{parts.query}"


def test_prints_a_link_that_opens_and_takes_what_was_there(administrator):
    url = recover("Alma.Admin@example.com")

    assert Client().get(url).status_code == 200
    assert devices_of(administrator) == []
    assert not User.objects.get(pk=administrator.pk).has_usable_password()
    event = AuditEvent.objects.get(action=AuditAction.ADMIN_RECOVERED)
    assert (event.actor_kind, event.target_id) == ("console", str(administrator.pk))


def test_tells_every_administrator_and_mails_the_link_to_nobody(administrator, now):
    second = make_user("Paula Privileged", now=now)
    make_active(second, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now)

    recover(administrator.email)

    told = Notice.objects.filter(key__endswith=":recovered")
    assert set(told.values_list("address", flat=True)) == {administrator.email, second.email}
    assert not any(button for notice in Notice.objects.all() for button in notice.buttons)


def test_recovers_nobody_else(administrator, visitor):
    with pytest.raises(CommandError, match="no Global Administrator"):
        recover(visitor.email)
    with pytest.raises(CommandError, match="Nobody signs in"):
        recover("nobody@example.com")
    disable(administrator)
    with pytest.raises(CommandError, match="disabled"):
        recover(administrator.email)

    assert not AuditEvent.objects.filter(action=AuditAction.ADMIN_RECOVERED).exists()
