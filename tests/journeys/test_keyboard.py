"""A role is activated without a mouse: Tab goes from field to field, Enter presses and sends."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from apps.access_requests.models import AccessRequest
from apps.access_requests.states import State
from apps.portal.demo.cast import PASSWORD
from tests.journeys.test_story import code_of

MOST_STOPS = 60  # of Tab, from the top of a page to anything on it


def test_a_role_is_activated_by_keyboard_alone(page, demo):
    code = sign_in(page)

    go_to(page, page.get_by_role("link", name="My roles").first).press("Enter")
    expect(page.get_by_role("heading", level=1, name="My roles")).to_be_visible()
    go_to(page, page.get_by_role("link", name="Activate Contributor")).press("Enter")
    panel = page.get_by_role("dialog")
    go_to(page, panel.get_by_label("Reason", exact=True)).press_sequentially("Roll back 4.2.2")
    go_to(page, panel.get_by_label("Ticket number")).press_sequentially("INC-20440")
    go_to(page, panel.get_by_label("Ticket system")).press_sequentially("Service desk")
    go_to(page, panel.get_by_label("Second factor code")).press_sequentially(code)
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_contain_text("Granted")
    request = AccessRequest.objects.get(justification="Roll back 4.2.2")
    assert (request.state, request.ticket_number) == (State.PROVISIONED, "INC-20440")


def sign_in(page: Page) -> str:
    """Returns the code that the authenticator app shows meanwhile."""
    page.goto("/sign-in/")
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.keyboard.type("john.doe@example.com")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("John Doe")
    return code_of(page, "John Doe")


def go_to(page: Page, target: Locator) -> Locator:
    """Press Tab until it has the focus."""
    target.wait_for()
    for _ in range(MOST_STOPS):
        if target.evaluate("element => element === document.activeElement"):
            return target
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {target}.")
