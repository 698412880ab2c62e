"""Role settings out as a file and in again, on the page."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.roles import built_in
from apps.roles.models import RoleSettings
from apps.roles.selectors import as_rules
from tests.access_requests.pages import code_of, said, text_of
from tests.factories import make_active, make_resource, make_user, set_rules

pytestmark = pytest.mark.django_db

FILE, EXPORT = reverse("administration:settings_file"), reverse("administration:export_settings")
WANTED = "version: 1\nsettings:\n- provider: directory\n  role: Teams Administrator\n  activation:\n"


@pytest.fixture
def now():
    return timezone.now()


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def as_administrator(administrator):
    return client_of(administrator)


def rules():
    return as_rules(RoleSettings.objects.get(role=built_in.TEAMS_ADMINISTRATOR))


def digest(response):
    return response.context["plan"].digest


def lines(response):
    return [(fault.line, fault.text) for fault in response.context["faults"]]


def test_hands_out_a_file(as_administrator, now):
    set_rules(now=now, maximum_half_hours=3)

    response = as_administrator.post(EXPORT)

    assert response["Content-Disposition"] == f'attachment; filename="role-settings-{now:%Y-%m-%d}.yaml"'
    assert "  role: Teams Administrator\n  activation:\n    maximum_hours: 1.5\n" in text_of(response)
    assert AuditEvent.objects.filter(action=AuditAction.SETTINGS_EXPORTED).count() == 1


def test_changes_nothing_when_the_file_comes_back(as_administrator, now):
    set_rules(now=now, maximum_half_hours=3)
    file = as_administrator.post(EXPORT).content

    response = as_administrator.post(FILE, {"file": SimpleUploadedFile("settings.yaml", file)})

    assert "Nothing would change." in text_of(response)
    assert response.context["plan"].same >= 1


def test_shows_what_would_change_and_then_does_it(as_administrator, administrator, now):
    set_rules(now=now, maximum_half_hours=16)
    text = WANTED + "    maximum_hours: 4\r\n    ticket: true\r\n"

    plan = as_administrator.post(FILE, {"text": text})
    assert (plan.status_code, rules().maximum_half_hours) == (200, 16)
    assert "Activation maximum duration" in text_of(plan)

    data = {"text": text, "apply": "1", "digest": digest(plan), "code": code_of(administrator)}
    response = as_administrator.post(FILE, data)

    assert (response.status_code, response.url) == (302, FILE)
    assert said(response) == ["Role settings are changed in 1 place."]
    assert (rules().maximum_half_hours, rules().requires_ticket) == (8, True)
    assert (
        AuditEvent.objects.filter(action=AuditAction.SETTINGS_CHANGED, actor_id=administrator.pk).count() == 1
    )


def test_takes_own_settings_away_where_the_file_says_inherit(as_administrator, administrator, now):
    set_rules(now=now, maximum_half_hours=3)
    text = "version: 1\nsettings:\n- {provider: directory, role: Teams Administrator, inherit: true}\n"
    planned = as_administrator.post(FILE, {"text": text})
    assert "Inherited again" in text_of(planned)

    code = code_of(administrator)
    as_administrator.post(FILE, {"text": text, "apply": "1", "digest": digest(planned), "code": code})

    assert not RoleSettings.objects.filter(role=built_in.TEAMS_ADMINISTRATOR).exists()
    assert "Nothing would change." in text_of(as_administrator.post(FILE, {"text": text}))


def test_shows_the_new_plan_when_things_have_moved_on(as_administrator, administrator, now):
    set_rules(now=now, maximum_half_hours=16)
    text = WANTED + "    maximum_hours: 4\n"
    plan = as_administrator.post(FILE, {"text": text})
    set_rules(now=now, maximum_half_hours=20)

    data = {"text": text, "apply": "1", "digest": digest(plan), "code": code_of(administrator)}
    response = as_administrator.post(FILE, data)

    assert (response.status_code, rules().maximum_half_hours) == (409, 20)
    assert "Settings were changed since you looked." in text_of(response)
    assert digest(response) != digest(plan)
    again = as_administrator.post(FILE, {"text": text, "apply": "1", "digest": digest(response)})
    assert (again.status_code, rules().maximum_half_hours) == (302, 8)


def test_applies_nothing_without_a_second_factor(as_administrator, now):
    set_rules(now=now, maximum_half_hours=16)
    text = WANTED + "    maximum_hours: 4\n"
    plan = as_administrator.post(FILE, {"text": text})

    response = as_administrator.post(FILE, {"text": text, "apply": "1", "digest": digest(plan)})

    assert (response.status_code, rules().maximum_half_hours) == (400, 16)


def test_refuses_a_file_line_by_line_and_applies_nothing_of_it(as_administrator, now):
    set_rules(now=now, maximum_half_hours=16)
    nobody = make_user("Nora Nobody", now=now, enrolled=False)
    text = (
        WANTED + "    maximum_hours: 4\n- provider: directory\n  role: Billing Administrator\n  activation:\n"
        f"    approval: true\n    approvers:\n    - person: {nobody.email}\n"
        "  notification:\n    activation:\n      approver: {additional_recipients: [soc@example.com]}\n"
    )

    response = as_administrator.post(FILE, {"text": text, "apply": "1", "digest": "x"})

    assert response.status_code == 400
    assert [line for line, _ in lines(response)] == [11, 15]
    assert rules().maximum_half_hours == 16


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (WANTED + "    maximum_hours: soon\n", 6, "hours in steps of 0.5"),
        (WANTED + "    maximum: 4\n", 6, "no key “maximum”"),
        (WANTED + "    approvers: [person: nobody@example.com]\n", 6, "no person"),
        (WANTED + "    approval: *yes\n", 6, "Aliases (*yes)"),
        (WANTED.replace("Teams", "Team"), 4, "no role “Team Administrator”"),
        (WANTED + "    require: context\n", 6, "context"),
        (WANTED + "    approval_window_minutes: 4\n", 6, "From 5 minutes"),
    ],
)
def test_says_on_which_line_the_fault_is(as_administrator, text, line, words):
    response = as_administrator.post(FILE, {"text": text})

    [(found, sentence)] = lines(response)
    assert (response.status_code, found) == (400, line)
    assert words in sentence


def test_refuses_what_is_too_large_or_no_text(as_administrator):
    for data, words in ((b"#" * 2_000_001, "larger than 2 MB"), ("ä".encode("latin-1"), "not UTF-8")):
        response = as_administrator.post(FILE, {"file": SimpleUploadedFile("x.yaml", data)})

        assert response.status_code == 400
        assert words in lines(response)[0][1]


def test_asks_for_a_file(as_administrator):
    response = as_administrator.post(FILE, {"text": " "})

    assert response.status_code == 400
    assert "Choose a file, or paste one." in text_of(response)


def test_lets_readers_take_it_out_and_not_in(auditor):
    client = client_of(auditor)

    page = client.get(FILE)

    assert "Your active roles do not" in text_of(page)
    assert client.post(EXPORT).status_code == 200
    assert client.post(FILE, {"text": WANTED}).status_code == 403


def test_refuses_each_place_by_itself(auditor, now):
    set_rules(now=now, maximum_half_hours=16)
    production = make_resource("Production", now=now)
    end = now + timedelta(days=30)
    make_active(auditor, built_in.RESOURCE_OWNER, production, now=now, ends_at=end)
    text = (
        WANTED + "    maximum_hours: 4\n"
        "- {provider: resources, role: Reader, resource: Production, activation: {ticket: true}}\n"
        "- {provider: resources, role: Reader, activation: {ticket: true}}\n"
    )

    response = client_of(auditor).post(FILE, {"text": text})

    assert [line for line, _ in lines(response)] == [3, 8]


@pytest.mark.parametrize(("query", "label"), [("", "Directory roles"), ("?provider=groups", "Groups")])
def test_marks_the_provider_that_led_here(client, administrator, query, label):
    client.force_login(administrator)

    menu = client.get(f"{reverse('administration:settings_file')}{query}").context["frame"].menu

    assert [item.label for section in menu for item in section.items if item.is_current] == [label]
