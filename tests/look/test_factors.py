"""The pages on second factors, as somebody without one meets them, and then with one."""

from __future__ import annotations

from tests.journeys.test_first_factor import set_up
from tests.look.test_pages import complaints

ACCOUNT = "/account/"
ADD = "/account/second-factor/add/"


def test_pages_on_second_factors_are_accessible(signed_in):
    grace = signed_in("guest@example.com")

    for path in (ACCOUNT, ADD):
        grace.goto(path)
        assert complaints(grace) == [], path
    grace.get_by_role("button", name="Continue").click()
    assert complaints(grace) == []
    grace.get_by_label("Name of the app").fill("")
    grace.get_by_role("button", name="Finish").click()
    assert grace.locator("#form-errors li").count() == 2
    assert complaints(grace) == []

    grace.goto(ADD)
    set_up(grace, name="A phone " * 7 + "of mine.")
    assert complaints(grace) == []

    for path in (ACCOUNT, ADD, "/account/second-factor/recovery-codes/", "/account/second-factor/recover/"):
        grace.goto(path)
        assert complaints(grace) == [], path


def test_codes_can_be_copied_and_taken_along(signed_in):
    grace = signed_in("guest@example.com", permissions=["clipboard-read", "clipboard-write"])
    grace.goto(ADD)
    set_up(grace, name="Phone")
    codes = grace.locator("#codes li").all_inner_texts()

    with grace.expect_download() as download:
        grace.get_by_role("button", name="Download").click()
    grace.get_by_role("button", name="Copy").click()
    grace.get_by_role("button", name="Copied").wait_for()

    assert download.value.path().read_text(encoding="utf-8").split() == codes
    assert grace.evaluate("navigator.clipboard.readText()").split() == codes


def test_note_instead_of_a_code_field_is_accessible(signed_in):
    grace = signed_in("guest@example.com")
    grace.goto("/my-roles/")
    grace.get_by_role("link", name="Activate Reader").click()
    grace.get_by_role("link", name="Set up a second factor").wait_for()

    assert complaints(grace) == []
