"""The demo's shortcuts: one-click sign-in, and the codes nobody needs a phone for."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.urls import reverse

from apps.accounts.policy import SETTING_UP_LASTS, Ground, SecondFactor
from apps.accounts.services.enrolment import begin_enrolment
from apps.accounts.services.factors import enrol_authenticator, verify_code
from apps.accounts.services.passwords import set_password
from apps.accounts.services.people import create_user
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import CONSOLE, AuditAction
from apps.portal.demo.cast import CAST, PASSWORD

NOW = datetime(2026, 11, 24, 13, 0, 12, tzinfo=UTC)
SIGN_IN = reverse("portal:demo_sign_in")
CODES = reverse("portal:demo_codes")


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def john(db):
    user = create_user(name="John Doe", email="john.doe@example.com", actor=CONSOLE, now=NOW)
    set_password(user=user, password=PASSWORD, actor=CONSOLE, now=NOW)
    return user


@pytest.fixture
def device(john):
    return enrol_authenticator(user=john, name="Phone", actor=CONSOLE, now=NOW)


def code_shown(device):
    code = device.code_at(NOW)
    return f"{code[:3]} {code[3:]}".encode()


# ---- One click -------------------------------------------------------------------------------------------


def test_offers_every_account_on_the_sign_in_page(client, db):
    page = client.get(f"{reverse('accounts:sign_in')}?next=/requests/").content.decode()

    assert all(f'value="{account.email}"' in page for account in CAST)
    assert 'name="next" value="/requests/"' in page
    assert PASSWORD in page


def test_signs_in_with_one_click_and_without_a_second_factor(client, john, device):
    response = client.post(SIGN_IN, {"email": john.email, "next": "/requests/"})

    assert response["Location"] == "/requests/"
    assert client.session["_auth_user_id"] == str(john.pk)
    assert "second_factor_at" not in client.session
    assert AuditEvent.objects.get(action=AuditAction.SIGNED_IN).actor_id == str(john.pk)


def test_leads_nowhere_outside_the_portal(client, john):
    response = client.post(SIGN_IN, {"email": john.email, "next": "https://evil.example/"})

    assert response["Location"] == reverse("portal:home")


@pytest.mark.parametrize("email", ["", "nobody@example.com", "real.person@example.com", "\x00"])
def test_signs_in_nobody_else(client, john, email):
    create_user(name="Real Person", email="real.person@example.com", actor=CONSOLE, now=NOW)

    assert client.post(SIGN_IN, {"email": email}).status_code == 404
    assert "_auth_user_id" not in client.session


def test_signs_in_nobody_who_is_disabled(client, john):
    john.is_enabled = False
    john.save()

    assert client.post(SIGN_IN, {"email": john.email}).status_code == 403
    assert "_auth_user_id" not in client.session


def test_signs_in_by_post_only(client, db):
    assert client.get(SIGN_IN).status_code == 405


# ---- Codes -----------------------------------------------------------------------------------------------


def test_shows_the_current_code_and_how_long_it_lasts(client, device):
    page = client.get(CODES).content

    assert code_shown(device) in page
    assert b'value="18" max="30"' in b" ".join(page.split())


def test_says_that_a_code_was_used(client, john, device):
    verify_code(user=john, code=device.code_at(NOW), now=NOW)

    page = client.get(CODES).content

    assert code_shown(device) not in page
    assert b"Used, wait for the next" in page


def test_says_who_has_no_second_factor(client, john):
    assert b"No second factor" in client.get(CODES).content


def test_shows_the_code_of_an_app_that_is_being_set_up(client, john):
    new = begin_enrolment(user=john, ground=Ground.DEMO, now=NOW)

    page = client.get(CODES).content

    assert code_shown(new) in page
    assert page.count(b"Being set up") == page.count(b"John Doe") == 1


def test_shows_the_code_of_a_further_app_below_the_one_in_use(client, john, device):
    new = begin_enrolment(user=john, ground=Ground.FACTOR, second_factor=SecondFactor(NOW), now=NOW)

    page = client.get(CODES).content

    assert page.index(code_shown(device)) < page.index(b"Being set up") < page.index(code_shown(new))


def test_shows_no_code_of_an_app_that_was_never_finished(client, john, clock):
    begin_enrolment(user=john, ground=Ground.DEMO, now=NOW - SETTING_UP_LASTS)

    assert b"No second factor" in client.get(CODES).content


def test_shows_no_codes_of_other_people(client, db):
    other = create_user(name="Real Person", email="real.person@example.com", actor=CONSOLE, now=NOW)
    device = enrol_authenticator(user=other, name="Phone", actor=CONSOLE, now=NOW)

    assert code_shown(device) not in client.get(CODES).content


def test_gives_the_live_part_alone(client, device):
    page = client.get(CODES, headers={"HX-Request": "true"}).content

    assert code_shown(device) in page
    assert b"<html" not in page


def test_asks_three_queries_for_any_number_of_accounts(client, john, device, django_assert_num_queries):
    for account in CAST:
        if account.email != john.email:
            user = create_user(name=account.name, email=account.email, actor=CONSOLE, now=NOW)
            enrol_authenticator(user=user, name="Phone", actor=CONSOLE, now=NOW)

    with django_assert_num_queries(3):
        client.get(CODES)
