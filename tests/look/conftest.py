"""The demo organisation, seen by somebody who is signed in."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from apps.access_requests.models import AccessRequest
from apps.accounts.models import User


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
