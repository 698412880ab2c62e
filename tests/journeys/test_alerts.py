"""From settings to who is told, and from an alert to its end, by hand in a browser."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from apps.alerts.models import Finding
from apps.alerts.policy.catalogue import NO_MFA_ON_ACTIVATION
from apps.alerts.tasks import scan
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.notifications.models import Notice
from apps.roles import built_in
from apps.roles.selectors import settings_at
from tests.factories import role
from tests.journeys.test_story import code_of, open_activation, sign_in

ROLE, REASON = "Security Reader", "Look at the alerts of the night"
DUTY = "duty@example.com"


def test_a_setting_decides_who_is_told_and_an_alert_is_gone_once_it_is_fixed(open_page, demo):
    ada, john = open_page(), open_page()
    sign_in(ada, "admin@example.com")
    tell_also(ada, DUTY)

    sign_in(john, "john.doe@example.com")
    open_activation(john, ROLE)
    john.get_by_label("Reason").fill(REASON)
    john.get_by_role("button", name="Activate", exact=True).click()
    expect(john.get_by_role("heading", level=1)).to_contain_text("Granted")
    told = Notice.objects.filter(subject=f"PIM: John Doe activated the {ROLE} role", facts__icontains=REASON)
    assert {DUTY, "admin@example.com", "john.doe@example.com"} <= set(told.values_list("address", flat=True))

    open_alert(ada, NO_MFA_ON_ACTIVATION.name)
    ada.get_by_role("row").filter(has_text=ROLE).get_by_role("checkbox").check()
    ada.get_by_role("button", name="Fix").click()
    expect(ada.get_by_role("heading", name="Ask for a second factor")).to_be_visible()
    ada.get_by_role("button", name="Apply").click()
    expect(ada.get_by_text("Role settings are changed in 1 place.")).to_be_visible()

    open_alert(ada, NO_MFA_ON_ACTIVATION.name)
    expect(ada.get_by_text("Nothing found")).to_be_visible()
    assert settings_at(role(built_in.SECURITY_READER), None).rules.authentication == "mfa"
    assert Finding.objects.of(NO_MFA_ON_ACTIVATION.id).filter(role=ROLE).get().mended_how == "gone"
    alert = AuditEvent.objects.filter(target_id=NO_MFA_ON_ACTIVATION.id)
    assert alert.filter(action=AuditAction.ALERT_RESOLVED).exists()


# ---- What people do ----------------------------------------------------------------------------------------


def tell_also(page: Page, address: str) -> None:
    page.goto(f"/directory/settings/{built_in.SECURITY_READER}/edit/")
    page.get_by_label("Eligible members activate: Role activation alert, additional recipients").fill(address)
    page.get_by_label("Second factor code").fill(code_of(page, "Ada Admin"))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Saved")).to_be_visible()


def open_alert(page: Page, name: str) -> None:
    """Everything is looked at again first."""
    page.goto("/directory/alerts/")
    page.get_by_role("button", name="Scan now").click()
    while scan():
        pass
    page.goto("/directory/alerts/")
    page.get_by_role("link", name=name).click()
    page.get_by_role("heading", level=1, name=name).wait_for()
