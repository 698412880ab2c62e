"""Links and addresses that would lead people, or mails, to somebody else's machine."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.services.links import send_link
from apps.audit.vocabulary import CONSOLE
from apps.notifications.models import Notice
from tests.access_requests.pages import code_of
from tests.hostile.conftest import PASSWORD

pytestmark = pytest.mark.django_db

SIGN_IN = reverse("accounts:sign_in")
AWAY = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "\x00//evil.example",
    " //evil.example",
    "https:evil.example",
    "https:///evil.example",
    "javascript:alert(1)//",
    "data:text/html,x",
    "http://testserver@evil.example/",
    "http://testserver.evil.example/",
    "/%0d%0aLocation:%20//evil.example",
    "portal:home",
    "evil.example",
]


def is_local(location):
    return location.startswith("/") and location[1:2] not in {"/", "\\", "\t"} and "\n" not in location


@pytest.mark.parametrize("target", AWAY)
def test_leads_nowhere_else_after_signing_in(person, target):
    client, asked = Client(), {"email": person.email, "password": PASSWORD}

    signed_in = client.post(SIGN_IN, asked | {"next": target})
    already = client.get(SIGN_IN, {"next": target})

    assert is_local(signed_in["Location"])
    assert is_local(already["Location"])


@pytest.mark.parametrize("target", AWAY[:6])
def test_leads_nowhere_else_after_setting_up_a_factor(person, target):
    client = Client()
    client.force_login(person)

    begun = client.post(reverse("accounts:add_factor"), {"code": code_of(person), "next": target})
    page = client.get(reverse("accounts:confirm_factor"), {"next": target})

    assert is_local(begun["Location"])
    assert "evil.example" not in page.content.decode()


@pytest.mark.parametrize(
    "host", ["evil.example", "testserver.evil.example", "testserver:80@evil.example", "a b"]
)
def test_answers_under_no_other_name(client, host):
    response = client.get(SIGN_IN, headers={"host": host})

    assert response.status_code == 400
    assert "evil" not in response.content.decode()


def test_believes_nobody_about_its_own_name(client, person, settings, now):
    forwarded = {
        "x-forwarded-host": "evil.example",
        "x-forwarded-proto": "https",
        "forwarded": "host=evil.example",
    }

    page = client.get(reverse("portal:home"), headers=forwarded)
    send_link(user=person, actor=CONSOLE, now=now)

    assert page["Location"].startswith(SIGN_IN)
    assert not Notice.objects.filter(text__contains="evil").exists()
