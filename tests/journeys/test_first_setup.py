"""What admins do first in a new portal, by hand in a browser: set a role up, and end permanent power."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from apps.assignments.models import Assignment
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.roles import built_in
from apps.roles.policy.rules import Authentication
from apps.roles.selectors import settings_at
from tests.factories import role
from tests.journeys.test_story import code_of, sign_in

TEAMS, GLOBAL = "Teams Administrator", "Global Administrator"


def test_a_role_is_found_assigned_and_given_its_settings(page, demo):
    sign_in(page, "admin@example.com")

    page.goto("/directory/roles/")
    page.get_by_role("searchbox", name="Search roles").fill("teams")
    page.get_by_role("searchbox", name="Search roles").press("Enter")
    page.get_by_role("link", name=TEAMS, exact=True).click()
    assign(page, "Rita Reviewer", kind="Eligible", why="Covers for Kenji")
    expect(page.get_by_text(f"Rita Reviewer is eligible for {TEAMS}").first).to_be_visible()
    row_of(page, "Rita Reviewer").get_by_role("link", name=TEAMS).click()
    page.get_by_role("link", name="Role settings").click()
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Activation maximum duration").select_option("8 h")
    page.get_by_label("On activation, require").select_option("MFA")
    expect(page.get_by_label("Authentication context", exact=True)).to_be_hidden()
    for label in ("Require justification on activation", "Require approval to activate"):
        page.get_by_label(label, exact=True).check()
    for label in ("Allow permanent eligible assignment", "Allow permanent active assignment"):
        page.get_by_label(label).uncheck()
    expect(page.get_by_label("Expire eligible assignments after")).to_be_visible()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="What this changes")).to_be_visible()
    page.get_by_role("button", name="Save these changes").click()
    expect(page.get_by_role("heading", name="Saved")).to_be_visible()

    page.goto(f"/directory/settings/?q={TEAMS}")
    expect(row_of(page, TEAMS)).to_contain_text("by Ada Admin")
    rules = settings_at(role(built_in.TEAMS_ADMINISTRATOR), None).rules
    assert (rules.maximum_minutes, rules.authentication) == (8 * 60, Authentication.MFA)
    assert (rules.requires_justification, rules.requires_approval) == (True, True)
    assert (rules.permanent_eligible, rules.permanent_active) == (False, False)
    changed = AuditEvent.objects.filter(action=AuditAction.SETTINGS_CHANGED, role=TEAMS)
    assert changed.filter(actor_name="Ada Admin").exists()


def test_nobody_but_the_last_is_a_permanent_global_administrator(page, demo):
    sign_in(page, "admin@example.com")

    page.goto(f"/directory/roles/{built_in.GLOBAL_ADMINISTRATOR}/")
    assign(page, "Tom Baker", kind="Active", why="Second administrator")
    page.goto(f"/directory/settings/{built_in.GLOBAL_ADMINISTRATOR}/edit/")
    page.get_by_label("Activation maximum duration").select_option("4 h")
    page.get_by_label("Require approval to activate", exact=True).check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Saved")).to_be_visible()

    make_eligible(page, "Tom Baker")
    page.get_by_role("button", name="Make eligible").click()
    expect(page.get_by_text(f": Tom Baker, {GLOBAL}").first).to_be_visible()
    make_eligible(page, "Ada Admin")
    expect(page.get_by_text(re.compile("last .*Global Administrator")).first).to_be_visible()

    held = Assignment.objects.filter(role_id=built_in.GLOBAL_ADMINISTRATOR, ended_at=None)
    assert {(row.principal.name, row.kind, row.ends_at is None) for row in held} == {
        ("Ada Admin", "active", True),
        ("Tom Baker", "eligible", False),
    }
    rules = settings_at(role(built_in.GLOBAL_ADMINISTRATOR), None).rules
    assert (rules.maximum_minutes, rules.requires_approval) == (4 * 60, True)


# ---- What people do ----------------------------------------------------------------------------------------


def assign(page: Page, person: str, *, kind: str, why: str) -> None:
    """From the page of a role; what is active, for good."""
    page.get_by_role("link", name="Add assignments").click()
    page.locator("input[name=principals_q]").fill(person)
    page.get_by_role("checkbox", name=person).check()
    page.get_by_role("button", name="Next").click()
    page.get_by_text(kind, exact=True).click()
    if kind == "Active":
        page.get_by_text("Permanent", exact=True).click()
    page.get_by_label("Justification").fill(why)
    page.get_by_label("Second factor code").fill(code_of(page, "Ada Admin"))
    page.get_by_role("button", name="Assign", exact=True).click()


def make_eligible(page: Page, person: str) -> None:
    """As far as its preview."""
    page.goto(f"/directory/assignments/?tab=active&role={built_in.GLOBAL_ADMINISTRATOR}")
    row = row_of(page, person)
    row.locator("summary").click()
    row.get_by_role("link", name="Make eligible").click()


def row_of(page: Page, text: str) -> Locator:
    return page.get_by_role("row").filter(has_text=text)
