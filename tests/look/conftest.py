"""The demo organisation, seen by somebody who is signed in."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page

from apps.access_requests.models import AccessRequest
from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.roles import built_in
from tests.factories import activate


@pytest.fixture
def signed_in(open_page, demo, live_server):
    """`signed_in(email, **options)` is a page of that person's, with nothing opened yet."""

    def sign_in(email: str, **options: object) -> Page:
        page = open_page(**options)
        client = Client()
        client.force_login(User.objects.get(email=email))
        session = client.cookies[settings.SESSION_COOKIE_NAME]
        page.context.add_cookies([{"name": session.key, "value": session.value, "url": live_server.url}])
        return page

    return sign_in


@pytest.fixture
def waiting(demo) -> AccessRequest:
    """A request of the demo that waits for its approver."""
    return AccessRequest.objects.waiting().order_by("created_at", "id").first()


@pytest.fixture
def asked_again(demo) -> AccessRequest:
    """A request of somebody who has asked for the same role before."""
    john = User.objects.get(email="john.doe@example.com")
    eligible = Assignment.objects.eligible().get(principal_id=john.pk, role_id=built_in.TEAMS_ADMINISTRATOR)
    return activate(eligible, john, now=timezone.now())
