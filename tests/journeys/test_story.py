"""The story of the product, by hand in a browser: eligible, asked, approved, active, ended by the clock."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.access_requests.models import AccessRequest
from apps.access_requests.states import State
from apps.assignments.sweep import write_down_the_clock
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.portal.demo.cast import PASSWORD

ROLE = "Teams Administrator"
REASON = "Move the <b>support queue</b> to the new calling plan"


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_role_is_asked_for_approved_active_and_gone_by_the_clock(open_page, demo, script):
    john, jane = open_page(java_script_enabled=script), open_page(java_script_enabled=script)

    sign_in(john, "john.doe@example.com")
    ask_for_an_hour_and_a_half(john)
    expect(john.get_by_role("heading", level=1)).to_contain_text("Waiting for approval")

    open_mail(jane, "approver@example.com", f"Review John Doe's request to activate the {ROLE} role")
    press_in_mail(jane, "Approve")
    fill_sign_in(jane, "approver@example.com")
    approve(jane)
    expect(jane.get_by_text("John Doe's request for Teams Administrator is approved.").first).to_be_visible()

    if not script:
        john.reload()
    expect(john.get_by_role("heading", level=1)).to_contain_text("Granted")
    john.get_by_role("link", name="My roles").first.click()
    expect(john.get_by_text("1 h 30 min left").or_(john.get_by_text("1 h 29 min left")).first).to_be_visible()

    with time_machine.travel(timezone.now() + timedelta(minutes=91)):
        john.reload()
        expect(john.get_by_role("heading", name="Activated")).to_have_count(0)
        write_down_the_clock(now=timezone.now())
        open_mail(jane, "john.doe@example.com", f"Your {ROLE} role has ended")

    request = AccessRequest.objects.filter(justification=REASON).get()
    assert request.state == State.PROVISIONED
    assert request.result.ended_at == request.result.ends_at
    assert request.result.period.length == timedelta(minutes=90)
    told = set(
        AuditEvent.objects.filter(role=ROLE, at__gte=request.created_at).values_list("action", flat=True)
    )
    assert told >= {
        AuditAction.REQUEST_SUBMITTED,
        AuditAction.REQUEST_APPROVED,
        AuditAction.ACTIVATION_ADDED,
        AuditAction.ACTIVATION_ENDED,
    }


def test_a_role_can_be_given_back_before_its_end(page, demo):
    sign_in(page, "john.doe@example.com")
    open_activation(page, "Security Reader")
    page.get_by_label("Reason").fill("Look at the alerts")
    page.get_by_role("button", name="Activate", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Granted")

    page.get_by_role("button", name="Deactivate").first.click()

    expect(page.get_by_text("ended at").first).to_be_visible()
    expect(page.get_by_role("heading", name="Activated")).to_have_count(0)
    assert AuditEvent.objects.filter(action=AuditAction.ACTIVATION_ENDED, role="Security Reader").exists()


# ---- What people do ----------------------------------------------------------------------------------------


def sign_in(page: Page, email: str) -> None:
    page.goto("/sign-in/")
    fill_sign_in(page, email)


def fill_sign_in(page: Page, email: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def ask_for_an_hour_and_a_half(page: Page) -> None:
    open_activation(page, ROLE)
    page.get_by_text("Other…", exact=True).click()
    page.get_by_label("Other duration").select_option("90")
    page.get_by_label("Reason").fill(REASON)
    page.get_by_label("Second factor code").fill(code_of(page, "John Doe"))
    page.get_by_role("button", name="Activate", exact=True).click()


def open_activation(page: Page, role: str) -> None:
    page.goto("/my-roles/")
    page.get_by_role("link", name=f"Activate {role}").click()
    page.get_by_role("heading", name=f"Activate {role}").wait_for()


def code_of(page: Page, name: str) -> str:
    """The code that this person's authenticator app shows now, read off the page Codes."""
    codes = page.context.new_page()
    codes.goto("/demo/codes/")
    code = codes.get_by_role("listitem").filter(has_text=name).locator(".num").inner_text()
    codes.close()
    return code


def open_mail(page: Page, address: str, subject: str) -> None:
    page.goto("/demo/mailbox/")
    row = page.get_by_role("row").filter(has_text=address).filter(has_text=subject)
    row.get_by_role("link").first.click()


def press_in_mail(page: Page, button: str) -> None:
    page.frame_locator("iframe").get_by_role("link", name=button, exact=True).click()


def approve(page: Page) -> None:
    expect(page.get_by_role("heading", name=f"John Doe asks for {ROLE}")).to_be_visible()
    expect(page.get_by_text(REASON).last).to_be_visible()
    page.get_by_label("Your reason").fill("As planned")
    page.get_by_label("Second factor code").fill(code_of(page, "Jane Roe"))
    page.get_by_role("button", name="Approve", exact=True).click()
