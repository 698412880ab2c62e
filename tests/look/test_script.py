"""What the script adds to pages that work without it."""

from __future__ import annotations

from playwright.sync_api import expect


def test_counts_what_is_ticked_and_ticks_all(signed_in):
    john = signed_in("john.doe@example.com")
    john.goto("/my-roles/")
    boxes = john.locator("tbody .form-check-input").count()

    john.locator("tbody .form-check-input").first.check()
    expect(john.get_by_role("button", name="Activate 1 role", exact=True)).to_be_visible()
    john.get_by_label("Select all roles").check()

    expect(john.get_by_role("button", name=f"Activate {boxes} roles")).to_be_visible()
    expect(john.get_by_text(f"{boxes} selected")).to_be_visible()


def test_opens_the_form_beside_the_list_and_leads_back(signed_in):
    john = signed_in("john.doe@example.com")
    john.goto("/my-roles/")
    link = john.get_by_role("link", name="Activate Teams Administrator")

    link.click()
    panel = john.get_by_role("dialog", name="Activate Teams Administrator")
    expect(panel.get_by_role("button", name="Activate", exact=True)).to_be_visible()
    expect(panel).to_be_focused()  # once it has slid in
    john.keyboard.press("Escape")

    expect(panel).to_be_hidden()
    expect(link).to_be_focused()


def test_shows_what_is_wrong_after_sending_from_beside_the_list(signed_in):
    john = signed_in("john.doe@example.com")
    john.goto("/my-roles/")

    john.get_by_role("link", name="Activate Teams Administrator").click()
    john.get_by_role("dialog").get_by_role("button", name="Activate", exact=True).click()

    expect(john.get_by_role("alert")).to_contain_text("Say why you need the role.")
    expect(john.get_by_role("heading", level=1)).to_have_text("Activate Teams Administrator")


def test_fills_in_a_recent_reason_without_leaving_the_form(signed_in):
    john = signed_in("john.doe@example.com")
    john.goto("/my-roles/")
    john.get_by_role("link", name="Activate Teams Administrator").click()
    recent = john.locator("[data-fill]").first

    recent.click()

    reason = recent.inner_text().strip()
    expect(john.get_by_label("Reason", exact=True)).to_have_value(reason)
    expect(john.get_by_text(f"{len(reason)} of 500")).to_be_visible()


def test_fills_in_a_recent_reason_without_script_too(signed_in):
    john = signed_in("john.doe@example.com", java_script_enabled=False)
    john.goto("/my-roles/")
    john.get_by_role("link", name="Activate Teams Administrator").click()
    recent = john.locator("[data-fill]").first
    reason = recent.inner_text().strip()

    recent.click()

    expect(john.get_by_label("Reason", exact=True)).to_have_value(reason)
    expect(john.locator(".is-invalid")).to_have_count(0)


def test_takes_the_slash_key_to_the_search(signed_in):
    john = signed_in("john.doe@example.com")
    john.goto("/my-roles/")

    john.keyboard.press("/")

    expect(john.get_by_label("Search my roles")).to_be_focused()


def test_closes_the_account_menu_with_escape(signed_in):
    john = signed_in("john.doe@example.com")
    john.goto("/")
    john.locator("summary").click()
    expect(john.get_by_role("button", name="Sign out")).to_be_visible()

    john.keyboard.press("Escape")

    expect(john.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(john.locator("summary")).to_be_focused()


def test_sends_a_form_once_however_often_the_button_is_pressed(signed_in):
    john = signed_in("john.doe@example.com")
    john.goto("/my-roles/")
    john.get_by_role("link", name="Activate Security Reader").click()
    john.get_by_label("Reason", exact=True).fill("Look at the alerts")
    sent = []
    john.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)

    john.get_by_role("dialog").get_by_role("button", name="Activate", exact=True).dblclick()

    expect(john.get_by_role("heading", level=1)).to_contain_text("Granted")
    assert len(sent) == 1
