"""An access review, by hand in a browser: set up, mailed, decided by keyboard, applied, and begun anew."""

from __future__ import annotations

from datetime import timedelta

import time_machine
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.assignments.models import Assignment
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.reviews.models import Round
from apps.reviews.states import Answer, ApplyResult, RoundState
from apps.reviews.tasks import run
from tests.journeys.test_story import code_of, fill_sign_in, open_mail, press_in_mail, sign_in

NAME = "Who administers what"
ROLES = ("Teams Administrator", "Privileged Role Administrator", "Security Administrator")
REASON = "Runs the <b>support queue</b>"


def test_what_a_reviewer_denies_is_gone_and_the_next_round_starts_by_the_clock(open_page, demo):
    ada, rita = open_page(), open_page()
    sign_in(ada, "admin@example.com")
    set_up(ada)
    run()

    open_mail(rita, "reviewer@example.com", f"Review access: {NAME}")
    press_in_mail(rita, "Review")
    fill_sign_in(rita, "reviewer@example.com")
    rita.get_by_label("Second factor code").fill(code_of(rita, "Rita Reviewer"))
    rita.get_by_role("button", name="Start reviewing").click()
    decide_on_john(rita)

    with time_machine.travel(timezone.now() + timedelta(days=15)):
        run()
        john = open_page()
        sign_in(john, "john.doe@example.com")
        john.goto("/my-roles/")
        expect(john.get_by_role("link", name="Activate Security Reader")).to_be_visible()
        expect(john.get_by_role("link", name="Activate Teams Administrator")).to_have_count(0)
        open_mail(john, "john.doe@example.com", "Your Teams Administrator role has ended")
        expect(john.frame_locator("iframe").get_by_text(f"Access review {NAME}")).to_be_visible()
    first = Round.objects.get(review__name=NAME, number=1)
    assert first.state == RoundState.APPLIED
    assert dict(first.items.exclude(answer=Answer.NOT_REVIEWED).values_list("role_name", "apply_result")) == {
        "Privileged Role Administrator": "",
        "Teams Administrator": ApplyResult.APPLIED,
    }
    ended = AuditEvent.objects.filter(action=AuditAction.ASSIGNMENT_ENDED, actor_name=NAME).get()
    assert (ended.target_name, ended.role) == ("John Doe", "Teams Administrator")

    with time_machine.travel(timezone.now() + timedelta(days=95)):
        run()
        sign_in(rita, "reviewer@example.com")
        rita.goto("/review-access/")
        expect(rita.get_by_role("row").filter(has_text=NAME).get_by_text("0 of")).to_be_visible()
    second = Round.objects.get(review__name=NAME, number=2)
    assert second.state == RoundState.IN_PROGRESS
    held = Assignment.objects.filter(ended_at=None, role__name__in=ROLES)
    assert set(second.items.values_list("assignment", flat=True)) == set(held.values_list("pk", flat=True))


# ---- What people do ----------------------------------------------------------------------------------------


def set_up(page: Page) -> None:
    """Quarterly, from now on, everything else as it is offered."""
    page.goto("/directory/reviews/")
    page.get_by_role("link", name="New access review").click()
    page.locator("#id_name").fill(NAME)
    for role in ROLES:
        page.get_by_role("checkbox", name=role).check()
    page.locator("input[name=reviewers_1_q]").fill("Rita")
    page.get_by_role("checkbox", name="Rita Reviewer").check()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="If it began now")).to_be_visible()
    page.get_by_label("Second factor code").fill(code_of(page, "Ada Admin"))
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text(f"{NAME} is set up.")).to_be_visible()


def decide_on_john(page: Page) -> None:
    """By keyboard alone: the search, then line by line."""
    page.get_by_role("heading", level=1, name=NAME).wait_for()
    page.keyboard.press("/")
    page.keyboard.type("John")
    page.keyboard.press("Enter")
    expect(page.locator("[data-line]")).to_have_count(2)
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.keyboard.type(REASON)
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 of ").first).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("d")
    expect(page.get_by_text("1 approved, 1 denied")).to_be_visible()
