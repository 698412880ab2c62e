"""The demo organisation, seen by somebody who is signed in."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.access_requests.models import AccessRequest
from apps.portal.demo.cast import PASSWORD
from apps.portal.demo.seed import seed_demo


@pytest.fixture
def demo(live_server, settings) -> None:
    settings.BASE_URL = live_server.url
    assert seed_demo(timezone.now())


@pytest.fixture
def signed_in(open_page, demo):
    """`signed_in(email, **options)` is a page of that person's."""

    def sign_in(email: str, **options: object):
        page = open_page(**options)
        page.goto("/sign-in/")
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url("**/")
        return page

    return sign_in


@pytest.fixture
def waiting(demo) -> AccessRequest:
    """A request of the demo that waits for its approver."""
    return AccessRequest.objects.waiting().order_by("created_at", "id").first()
