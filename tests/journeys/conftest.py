"""The demo organisation, as a new user meets it, with links that lead to the server of the test."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.portal.demo.seed import seed_demo


@pytest.fixture
def demo(live_server, settings) -> None:
    settings.BASE_URL = live_server.url
    assert seed_demo(timezone.now())
