"""What stands at no address of its own: answers to what was sent, errors, and pages with nothing to show."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.access_requests.models import AccessRequest
from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.roles import built_in
from tests.access_requests.pages import code_of
from tests.factories import activate, answer, make_user
from tests.look.looks import complaints

REASON = "Move the support queue"


@pytest.fixture
def john(demo) -> User:
    return User.objects.get(email="john.doe@example.com")


@pytest.fixture
def asked(john) -> AccessRequest:
    """John asks for Teams Administrator, and the approvers have been told."""
    return ask_for(built_in.TEAMS_ADMINISTRATOR, john)


@pytest.fixture
def johns(signed_in, john) -> Page:
    return signed_in(john.email)


@pytest.fixture
def janes(signed_in) -> Page:
    return signed_in("approver@example.com")


def test_pages_with_nothing_to_show_are_accessible(signed_in, demo):
    newcomer = signed_in(make_user("Nora New", now=timezone.now()).email)

    for path in pages_that_may_be_empty():
        newcomer.goto(path)
        assert complaints(newcomer) == [], path


def test_an_extension_is_accessible(johns, john):
    running = ask_for(built_in.SECURITY_READER, john).result

    johns.goto(reverse("access_requests:extend", args=[running.pk]))
    assert complaints(johns) == []

    johns.locator("form .panel-foot .btn-primary").click()
    expect(johns.locator("#form-errors")).to_be_visible()
    assert complaints(johns) == []


def test_several_roles_at_once_are_accessible_also_where_one_is_refused(johns, john):
    johns.goto(reverse("access_requests:my_roles"))
    for role in ("Teams Administrator", "Security Reader"):
        johns.get_by_role("checkbox", name=f"Select {role}").check()
    johns.get_by_role("button", name="Activate 2 roles").click()
    johns.get_by_role("heading", level=1, name="Activate 2 roles").wait_for()
    assert complaints(johns) == []

    ask_for(built_in.TEAMS_ADMINISTRATOR, john)
    johns.get_by_label("Reason", exact=True).fill(REASON)
    johns.get_by_label("Second factor code").fill(code_of(john))
    johns.get_by_role("button", name="Activate 2 roles").click()

    expect(johns.get_by_role("heading", name="Some roles were not activated")).to_be_visible()
    assert complaints(johns) == []


def test_several_decisions_at_once_are_accessible(janes):
    janes.goto(reverse("access_requests:approve"))
    janes.get_by_label("Select all requests").check()
    janes.locator("[name=choice][value=approve]").click()
    janes.get_by_role("form", name="Decision").wait_for()
    assert complaints(janes) == []

    janes.get_by_role("button", name="Approve").click()

    expect(janes.locator("#form-errors")).to_be_visible()
    assert complaints(janes) == []


def test_a_decision_that_comes_too_late_is_accessible(janes, asked):
    janes.goto(asked.get_decide_url())
    answer(asked, User.objects.get(email="tom.baker@example.com"), now=timezone.now())

    janes.get_by_label("Your reason").fill("As planned")
    janes.get_by_role("button", name="Approve", exact=True).click()

    expect(janes.get_by_text("Tom Baker").first).to_be_visible()
    assert complaints(janes) == []


def test_cancelling_is_accessible(johns, asked):
    johns.goto(reverse("access_requests:cancel", args=[asked.pk]))

    assert complaints(johns) == []


def test_refusals_are_accessible(johns):
    for path in ("/audit/", "/sign-out/", "/no-such-page/"):
        johns.goto(path)
        assert complaints(johns) == [], path


def test_a_form_without_its_cookie_is_accessible(page, demo):
    page.goto(reverse("accounts:sign_in"))
    page.context.clear_cookies()

    page.get_by_label("E-mail").fill("john.doe@example.com")
    page.get_by_label("Password").fill("x")
    page.get_by_role("button", name="Sign in", exact=True).click()

    expect(page.get_by_role("heading", level=1)).to_have_text("This page was open too long")
    assert complaints(page) == []


def test_the_page_of_a_fault_of_ours_is_accessible(page, live_server):
    fault = render_to_string("500.html")
    page.route("**/fault/", lambda route: route.fulfill(body=fault, content_type="text/html"))

    page.goto("/fault/")

    assert complaints(page) == []


def pages_that_may_be_empty() -> list[str]:
    roles, approve = reverse("access_requests:my_roles"), reverse("access_requests:approve")
    return [
        reverse("portal:home"),
        roles,
        f"{roles}?tab=active",
        f"{roles}?tab=expired",
        reverse("access_requests:my_requests"),
        approve,
        f"{approve}?tab=decided",
        reverse("notifications:inbox"),
        reverse("audit:mine"),
    ]


def ask_for(role_id: UUID, user: User) -> AccessRequest:
    eligible = Assignment.objects.eligible().get(principal=user, role_id=role_id)
    return activate(eligible, user, now=timezone.now())
