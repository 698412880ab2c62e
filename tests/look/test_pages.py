"""Every page that stands at an address, in all its looks."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone

from apps.access_requests.models import AccessRequest
from apps.accounts.models import User
from apps.accounts.services.links import send_link
from apps.alerts.models import Finding
from apps.alerts.policy.catalogue import PERMANENT_POWER, UNUSED_ROLE
from apps.assignments.models import Assignment
from apps.audit.vocabulary import CONSOLE
from apps.notifications.links import signed_path
from apps.roles import built_in
from tests.look.looks import complaints


def test_pages_of_an_end_user_are_accessible(signed_in):
    john = signed_in("john.doe@example.com")

    for path in pages_of_an_end_user():
        john.goto(path)
        assert complaints(john) == [], path


def test_pages_of_an_approver_are_accessible(signed_in, waiting, asked_again):
    jane = signed_in("approver@example.com")

    for path in (*pages_of_an_approver(waiting), asked_again.get_decide_url()):
        jane.goto(path)
        assert complaints(jane) == [], path


def test_pages_of_a_reader_are_accessible(signed_in, waiting):
    otto = signed_in("auditor@example.com")

    for path in pages_of_a_reader(waiting):
        otto.goto(path)
        assert complaints(otto) == [], path


def test_pages_of_an_admin_are_accessible(signed_in, waiting):
    alma = signed_in("admin@example.com")

    for path in (waiting.get_absolute_url(), reverse("access_requests:cancel", args=[waiting.pk])):
        alma.goto(path)
        assert complaints(alma) == [], path
    alma.get_by_role("button", name="Cancel request").click()
    assert alma.locator("#form-errors").count() == 1
    assert complaints(alma) == []


def test_pages_on_people_are_accessible(signed_in):
    alma = signed_in("admin@example.com")

    for path in pages_on_people():
        alma.goto(path)
        assert complaints(alma) == [], path
    alma.get_by_role("button", name="Invite").click()
    assert alma.locator("#form-errors li").count() == 3
    assert complaints(alma) == []


def test_pages_on_role_settings_are_accessible(signed_in):
    alma = signed_in("admin@example.com")
    role = ["directory", built_in.TEAMS_ADMINISTRATOR]
    for view, args in (("settings", role[:1]), ("role_settings", role), ("settings_history", role)):
        alma.goto(reverse(f"administration:{view}", args=args))
        assert complaints(alma) == [], view
    alma.goto(reverse("administration:edit_settings", args=role))
    alma.get_by_label("Activation maximum duration").select_option("24 h")
    alma.get_by_role("button", name="Preview").click()
    assert alma.get_by_role("heading", name="What this changes").count() == 1
    assert complaints(alma) == []


def test_pages_on_alerts_are_accessible(signed_in):
    alma = signed_in("admin@example.com")

    for path in pages_on_alerts():
        alma.goto(path)
        assert complaints(alma) == [], path
    alma.get_by_role("button", name="Dismiss").click()
    assert alma.locator("#form-errors li, .invalid-feedback").count() >= 2
    assert complaints(alma) == []


def test_pages_to_assign_roles_are_accessible(signed_in):
    alma = signed_in("admin@example.com")

    for path in pages_to_assign_roles():
        alma.goto(path)
        assert complaints(alma) == [], path
    alma.locator("select[name=role]").select_option("Contributor")
    alma.locator("input[name=principals_q]").fill("roe")
    alma.get_by_role("checkbox", name="Jane Roe").check()
    alma.get_by_role("button", name="Next").click()
    alma.get_by_text("Until…").click()
    alma.get_by_role("button", name="Assign").click()
    assert alma.locator("#form-errors li").count() == 2
    assert complaints(alma) == []


def test_pages_of_the_signed_out_are_accessible(page, demo):
    for path in ("/sign-in/", "/demo/codes/", "/demo/mailbox/", "/no-such-page/"):
        page.goto(path)
        assert complaints(page) == [], path


def test_open_menus_and_forms_with_errors_are_accessible(signed_in):
    john = signed_in("john.doe@example.com")

    john.goto("/")
    john.locator("summary").click()
    assert complaints(john) == []

    john.goto(activate_page())
    john.get_by_text("Later…").click()
    john.get_by_role("button", name="Activate", exact=True).click()
    assert john.locator("#form-errors li").count() == 3
    assert complaints(john) == []


def pages_of_an_end_user() -> list[str]:
    roles = reverse("access_requests:my_roles")
    own = AccessRequest.objects.filter(requester__email="john.doe@example.com").order_by("created_at", "id")
    states = {request.state: request for request in own}
    return [
        reverse("portal:home"),
        roles,
        f"{roles}?tab=active",
        f"{roles}?tab=expired",
        f"{roles}?q=nothing+is+called+that",
        activate_page(),
        reverse("access_requests:my_requests"),
        f"{reverse('access_requests:my_requests')}?filter=waiting",
        *(request.get_absolute_url() for request in states.values()),
        reverse("access_requests:approve"),
        reverse("notifications:inbox"),
        reverse("audit:mine"),
        reverse("audit:all"),
        reverse("accounts:profile"),
        reverse("accounts:password"),
    ]


def pages_of_an_approver(waiting: AccessRequest) -> list[str]:
    approve = reverse("access_requests:approve")
    decide = reverse("access_requests:decide", args=[waiting.pk])
    closed = AccessRequest.objects.filter(approvals__approver__email="approver@example.com").first()
    return [
        reverse("portal:home"),
        approve,
        f"{approve}?tab=decided",
        decide,
        f"{decide}?choice=deny",
        reverse("access_requests:decide", args=[closed.pk]),
    ]


def pages_of_a_reader(waiting: AccessRequest) -> list[str]:
    requests, log = reverse("access_requests:all_requests"), reverse("audit:all")
    return [
        *(f"{requests}?tab={tab}" for tab in ("waiting", "decided", "all")),
        f"{requests}?q=nothing+is+called+that",
        waiting.get_absolute_url(),
        reverse("access_requests:cancel", args=[waiting.pk]),
        reverse("portal:overview"),
        reverse("portal:place_overview", args=["groups"]),
        reverse("portal:activations"),
        log,
        f"{log}?outcome=failure&person=nobody",
        f"{log}?since=2026-03-25&until=2026-03-24",
    ]


def pages_on_alerts() -> list[str]:
    unused, permanent = (["directory", rule.id] for rule in (UNUSED_ROLE, PERMANENT_POWER))
    picks = "&".join(f"pick={row.pk}" for row in Finding.objects.of(UNUSED_ROLE.id).order_by("pk")[:2])
    detail = reverse("alerts:detail", args=permanent)
    return [
        reverse("alerts:all"),
        reverse("alerts:list", args=["resources"]),
        detail,
        f"{detail}?tab=dismissed",
        f"{detail}?tab=history",
        reverse("alerts:configure", args=unused),
        f"{reverse('alerts:dismiss', args=unused)}?{picks}",
    ]


def pages_to_assign_roles() -> list[str]:
    directory, resources = (
        reverse("access_requests:assignments", args=[name]) for name in ("directory", "resources")
    )
    john = Assignment.objects.eligible().filter(principal__user__email="john.doe@example.com")
    picks = "&".join(f"pick={row.pk}" for row in john.order_by("id")[:2])
    return [
        directory,
        f"{directory}?tab=active&q=a&sort=end",
        f"{resources}?tab=expired",
        f"{directory}?q=nothing+is+called+that",
        reverse("access_requests:provider_requests", args=["directory"]),
        *(
            f"{reverse('access_requests:change_assignments', args=[change])}?{picks}"
            for change in ("update", "remove")
        ),
        reverse("access_requests:add_assignments", args=["resources"]),
    ]


def pages_on_people() -> list[str]:
    jane = User.objects.get(email="approver@example.com")
    link = send_link(user=User.objects.get(email="guest@example.com"), actor=CONSOLE, now=timezone.now())
    people = reverse("administration:people")
    return [
        people,
        f"{people}?q=nobody+is+called+that",
        reverse("administration:person", args=[jane.pk]),
        reverse("administration:disable_person", args=[jane.pk]),
        signed_path(link.get_absolute_url(), link.user.email),
        link.get_absolute_url(),
        reverse("administration:invite_person"),
    ]


def activate_page() -> str:
    eligible = Assignment.objects.eligible().get(
        principal__user__email="john.doe@example.com", role__name="Teams Administrator"
    )
    return f"{reverse('access_requests:activate')}?pick={eligible.pk}"
