"""The first hour of an installation, in all its looks."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.look.looks import complaints


@pytest.fixture(autouse=True)
def _a_real_installation(settings):
    settings.DEMO = False


def test_setting_up_is_accessible(page):
    page.goto(reverse("administration:setup"))
    assert complaints(page) == []

    page.click("text=Continue")
    assert "Enter the code." in page.inner_text("main")
    assert complaints(page) == []


def test_what_is_left_to_do_is_accessible(signed_in):
    alma = signed_in("admin@example.com")

    alma.goto(reverse("portal:home"))
    assert "Set up the portal" in alma.inner_text("main")
    assert complaints(alma) == []

    alma.goto(reverse("administration:confirm_backup"))
    assert complaints(alma) == []
