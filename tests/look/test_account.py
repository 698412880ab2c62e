"""A person's own page in a browser: the keyboard reaches what ends another session, and it is ended."""

from __future__ import annotations

from django.urls import reverse

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.portal.demo.cast import PASSWORD
from tests.look.test_pages import complaints

PROFILE = reverse("accounts:profile")


def test_signs_another_browser_out(signed_in):
    here, elsewhere = signed_in("john.doe@example.com"), signed_in("john.doe@example.com")
    for browser in (here, elsewhere):  # the first page of a session notes where it is
        browser.goto("/")
    here.goto(PROFILE)
    assert complaints(here) == []

    here.get_by_role("button", name="Sign out everywhere else").press("Enter")

    here.get_by_text("You are signed out everywhere else.").wait_for()
    assert complaints(here) == []
    elsewhere.goto(PROFILE)
    elsewhere.wait_for_url("**/sign-in/?next=/account/")


def test_changes_the_password_without_script(signed_in):
    guest = signed_in("guest@example.com", java_script_enabled=False)

    guest.goto(reverse("accounts:password"))
    guest.locator("[name=current_password]").fill(PASSWORD)
    for field in ("new_password", "new_password_again"):
        guest.locator(f"[name={field}]").fill("a much better password")
    guest.get_by_role("button", name="Change password").click()

    guest.get_by_text("Your password is changed.").wait_for()
    user = User.objects.get(email="guest@example.com")
    assert user.check_password("a much better password")
    assert AuditEvent.objects.filter(action=AuditAction.PASSWORD_CHANGED, actor_id=str(user.pk)).count() == 1
