"""Somebody without a second factor meets a role that asks for one, sets one up, and goes on from there."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.accounts.selectors import devices_of, recovery_codes_of, user_by_email
from apps.assignments.models import Assignment
from tests.journeys.test_story import code_of, open_activation, open_mail, sign_in

GUEST = "guest@example.com"


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_first_factor_is_set_up_on_the_way_to_a_role(open_page, demo, script):
    grace = open_page(java_script_enabled=script)
    sign_in(grace, GUEST)

    open_activation(grace, "Reader")
    expect(grace.get_by_label("Second factor code")).to_have_count(0)
    refused = grace.get_by_role("button", name="Activate", exact=True)
    expect(refused).to_be_disabled()
    expect(refused).to_have_accessible_description(re.compile("you have none yet"))
    grace.get_by_role("link", name="Set up a second factor").click()
    set_up(grace, name="Grace's phone")
    codes = grace.locator("#codes li").all_inner_texts()
    assert len(set(codes)) == 10
    grace.get_by_role("link", name="I have kept them").click()

    expect(grace.get_by_role("heading", level=1)).to_have_text("Activate Reader")
    grace.get_by_label("Reason", exact=True).fill("Compare the sandbox with the manual")
    grace.get_by_role("button", name="Activate", exact=True).click()
    expect(grace.get_by_role("heading", level=1)).to_contain_text("Granted")

    user = user_by_email(GUEST)
    assert [device.name for device in devices_of(user)] == ["Grace's phone"]
    assert Assignment.objects.active().current(timezone.now()).filter(principal_id=user.pk).exists()
    open_mail(grace, GUEST, "A second factor was added to your account")


def test_a_lost_app_is_replaced_with_a_recovery_code(open_page, demo):
    elsewhere, grace = open_page(), open_page()
    for page in (elsewhere, grace):
        sign_in(page, GUEST)
    grace.goto("/account/second-factor/add/")
    set_up(grace, name="Old phone")
    code = grace.locator("#codes li").first.inner_text()

    elsewhere.goto("/account/")
    expect(elsewhere.get_by_role("heading", level=1)).to_have_text("Sign in")

    grace.goto("/account/second-factor/recover/")
    grace.get_by_label("Recovery code").fill(code.lower().replace("-", " "))
    grace.get_by_role("button", name="Continue").click()
    finish(grace, name="New phone", code=code_of(grace, re.compile("Grace Guest.*Being set up", re.DOTALL)))

    user = user_by_email(GUEST)
    assert [device.name for device in devices_of(user)] == ["New phone"]
    assert recovery_codes_of(user).left == 10
    open_mail(grace, GUEST, "A recovery code of your account was used")


# ---- What people do ----------------------------------------------------------------------------------------


def set_up(page, *, name):
    page.get_by_role("button", name="Continue").click()
    finish(page, name=name, code=code_of(page, "Grace Guest"))


def finish(page, *, name, code):
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    page.get_by_label("Name of the app").fill(name)
    page.get_by_label("Second factor code").fill(code)
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
