"""The pages on which a person adds, recovers and deletes second factors."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import AuthenticatorDevice
from apps.accounts.policy import SETTING_UP_LASTS
from apps.accounts.selectors import devices_of, recovery_codes_of
from apps.accounts.services.factors import enrol_authenticator
from apps.accounts.services.one_time_codes import issue_enrolment_code, replace_recovery_codes
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import CONSOLE, AuditAction

ADD = reverse("accounts:add_factor")
RECOVER = reverse("accounts:recover")
CONFIRM = reverse("accounts:confirm_factor")
CODES = reverse("accounts:recovery_codes")
PROFILE = reverse("accounts:profile")
CODE = re.compile(r"[A-HJ-NP-Z2-9]{4}-[A-HJ-NP-Z2-9]{4}-[A-HJ-NP-Z2-9]{4}")


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def production(settings):
    settings.DEMO = False


@pytest.fixture
def client_of(db):
    def sign_in(user):
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def grace(client_of, guest):
    """Signed in, without a second factor."""
    return client_of(guest)


@pytest.fixture
def john(client_of, person, device):
    """Signed in, with one."""
    return client_of(person)


def code_of(device, clock):
    """One that was not used yet: the app shows another every 30 seconds."""
    clock.shift(timedelta(seconds=60))
    return device.code_at(timezone.now())


def pending():
    return AuthenticatorDevice.objects.get(confirmed=False)


def finish(client, clock, *, address=CONFIRM, name="My phone"):
    return client.post(address, {"name": name, "code": code_of(pending(), clock)})


def delete_page(device):
    return reverse("accounts:delete_factor", args=[device.pk])


def text(response):
    return response.content.decode()


# ---- The first factor -------------------------------------------------------------------------------------


def test_sets_up_the_first_factor_with_an_enrolment_code(grace, guest, production, clock, now):
    code = issue_enrolment_code(user=guest, actor=CONSOLE, now=now)

    assert grace.post(ADD, {"code": code.lower()})["Location"] == CONFIRM
    response = finish(grace, clock)

    assert [device.name for device in devices_of(guest)] == ["My phone"]
    assert len(set(CODE.findall(text(response)))) == recovery_codes_of(guest).left == 10


def test_refuses_a_wrong_enrolment_code_at_its_field(grace, guest, production):
    response = grace.post(ADD, {"code": "WRNG-WRNG-WRNG"})

    assert response.status_code == 400
    assert response.context["form"].errors == {"code": ["That code is wrong, expired or used."]}
    assert "WRNG" not in text(response)
    assert not AuthenticatorDevice.objects.exists()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("", "Enter the code"), ("A" * 33, "longer than a code"), ("A\x00", "Null"), ("‮𝔸😀", "is wrong")],
)
def test_answers_odd_codes_with_a_sentence(grace, production, typed, sentence):
    assert sentence in text(grace.post(ADD, {"code": typed}))


def test_asks_for_no_code_in_the_demo(grace, guest, clock):
    assert "This is the demo" in text(grace.get(ADD))

    assert grace.post(ADD)["Location"] == CONFIRM

    assert len(CODE.findall(text(finish(grace, clock)))) == 10


def test_believes_no_demo_outside_the_demo(grace, production):
    assert grace.post(ADD).status_code == 400
    assert not AuthenticatorDevice.objects.exists()


# ---- A further factor -------------------------------------------------------------------------------------


def test_adds_a_further_factor_with_a_code_of_the_first(john, person, device, clock):
    john.post(ADD, {"code": code_of(device, clock)})
    finish(john, clock, name="Tablet")

    assert [each.name for each in devices_of(person)] == ["Phone", "Tablet"]


def test_adds_none_without_a_code(john, person, device):
    assert john.post(ADD, {"code": ""}).status_code == 400
    assert john.post(ADD, {"code": "000000"}).status_code == 400
    assert devices_of(person) == [device]
    assert not AuthenticatorDevice.objects.filter(confirmed=False).exists()


def test_keeps_recovery_codes_that_are_left_and_leads_on(john, person, device, clock, now):
    replace_recovery_codes(person, now=now)
    john.post(ADD, {"code": code_of(device, clock)})

    response = finish(john, clock)

    assert response["Location"] == PROFILE
    assert recovery_codes_of(person).made_at == now


# ---- Step 2 -----------------------------------------------------------------------------------------------


def test_shows_the_secret_as_picture_key_and_link(grace, clock):
    grace.post(ADD)
    page = text(grace.get(CONFIRM))
    device = pending()

    assert 'role="img"' in page
    assert "<svg" in page
    assert 'fill="#fff"' in page
    assert "style=" not in page
    assert " ".join(re.findall("....", device.secret_text)) in page
    assert f"otpauth://totp/guest@example.com?secret={device.secret_text}" in page


def test_is_not_stored_by_browsers(grace, clock):
    grace.post(ADD)

    assert "no-store" in grace.get(CONFIRM)["Cache-Control"]
    assert "no-store" in finish(grace, clock)["Cache-Control"]


def test_lets_nothing_be_finished_in_another_session(grace, client_of, guest, clock):
    grace.post(ADD)
    elsewhere = client_of(guest)

    response = elsewhere.get(CONFIRM, follow=True)

    assert response.redirect_chain == [(ADD, 302)]
    assert "Begin here." in text(response)
    assert finish(elsewhere, clock)["Location"] == ADD
    assert devices_of(guest) == []


def test_leads_who_sends_the_last_step_again_to_their_account(grace, guest, clock):
    grace.post(ADD)
    finish(grace, clock)

    response = grace.post(CONFIRM, {"name": "Phone", "code": "000000"}, follow=True)

    assert response.redirect_chain == [(PROFILE, 302)]
    assert "make new ones" in text(response)
    assert len(devices_of(guest)) == 1


@pytest.mark.parametrize(("early", "status"), [(timedelta(seconds=1), 200), (timedelta(0), 302)])
def test_can_be_finished_for_half_an_hour(grace, clock, now, early, status):
    grace.post(ADD)

    clock.move_to(now + SETTING_UP_LASTS - early)

    assert grace.get(CONFIRM).status_code == status


def test_refuses_a_wrong_code_and_keeps_the_name(grace, guest):
    grace.post(ADD)
    wrong = f"{(int(pending().code_at(pending().created_at)) + 1) % 1_000_000:06}"

    response = grace.post(CONFIRM, {"name": "My phone", "code": wrong})

    assert response.status_code == 400
    assert "That code is wrong." in response.context["form"].errors["code"][0]
    assert 'value="My phone"' in text(response)
    assert devices_of(guest) == []


@pytest.mark.parametrize("name", ["", "   ", "\u200e", "\u200b", "x" * 65, "a\x00b"])
def test_refuses_a_name_that_says_nothing(grace, guest, clock, name):
    grace.post(ADD)

    assert finish(grace, clock, name=name).status_code == 400
    assert devices_of(guest) == []


def test_shows_the_codes_once(grace, clock):
    grace.post(ADD)
    response = finish(grace, clock)
    codes = CODE.findall(text(response))

    again = [grace.get(page, follow=True) for page in (CONFIRM, CODES, PROFILE)]

    assert not [code for code in codes for page in again if code in text(page)]


# ---- The session ------------------------------------------------------------------------------------------


def test_changes_the_key_of_the_session_and_ends_the_others(grace, client_of, guest, clock):
    elsewhere = client_of(guest)
    elsewhere.get(PROFILE)
    keys = [grace.session.session_key]

    grace.post(ADD)
    keys.append(grace.session.session_key)
    finish(grace, clock)
    keys.append(grace.session.session_key)

    assert len(set(keys)) == 3
    assert grace.get(PROFILE).status_code == 200
    assert elsewhere.get(PROFILE).status_code == 302
    assert AuditEvent.objects.filter(action=AuditAction.SESSIONS_ENDED).count() == 1


def test_counts_as_a_fresh_factor(grace, clock):
    grace.post(ADD)
    finish(grace, clock)

    assert "code" not in grace.get(ADD).context["form"].fields


# ---- Where one came from ----------------------------------------------------------------------------------


def test_leads_back_to_where_one_came_from(grace, clock):
    here = "/my-roles/activate/?pick=1&pick=2"
    begun = grace.post(f"{ADD}?next=/my-roles/activate/%3Fpick%3D1%26pick%3D2")
    page = text(finish(grace, clock, address=begun["Location"]))

    assert begun["Location"].startswith(f"{CONFIRM}?next=")
    assert f'href="{here.replace("&", "&amp;")}"' in page


def test_leads_from_a_lost_app_to_where_one_wanted_to_go(john):
    page = text(john.get(f"{ADD}?next=/requests/"))

    assert f'href="{RECOVER}?next=%2Frequests%2F"' in page


def test_leads_nowhere_outside(grace, clock):
    begun = grace.post(f"{ADD}?next=https://evil.example/")
    page = text(finish(grace, clock, address=f"{CONFIRM}?next=//evil.example/"))

    assert begun["Location"] == CONFIRM
    assert "evil.example" not in page


# ---- Recovery ---------------------------------------------------------------------------------------------


@pytest.fixture
def codes(person, device, now):
    return replace_recovery_codes(person, now=now)


def test_recovers_with_a_code_and_replaces_the_lost_app(john, person, device, codes, clock):
    assert john.post(RECOVER, {"code": codes[0]})["Location"] == CONFIRM
    assert devices_of(person) == [device]

    response = finish(john, clock, name="New phone")

    assert [each.name for each in devices_of(person)] == ["New phone"]
    assert not set(CODE.findall(text(response))) & set(codes)


def test_can_come_back_to_a_recovery_that_was_begun(john, codes, clock):
    john.post(RECOVER, {"code": codes[0]})
    john.get(PROFILE)
    clock.shift(SETTING_UP_LASTS - timedelta(seconds=1))

    assert john.get(CONFIRM).status_code == 200


def test_says_when_no_recovery_codes_are_left(john):
    page = text(john.get(RECOVER))

    assert "You have no recovery codes" in page
    assert "What happens next" not in page
    assert 'name="code"' not in page


def test_sends_who_has_nothing_to_recover_to_the_first_factor(grace):
    assert grace.get(f"{RECOVER}?next=/requests/")["Location"] == f"{ADD}?next=%2Frequests%2F"


def test_makes_ten_new_codes_and_shows_them_once(john, person, device, codes, clock):
    response = john.post(CODES, {"code": code_of(device, clock)})

    shown = CODE.findall(text(response))
    assert len(shown) == recovery_codes_of(person).left == 10
    assert not set(shown) & set(codes)
    assert "no-store" in response["Cache-Control"]


def test_signs_out_everywhere_else_when_codes_are_made(john, client_of, person, device, clock):
    elsewhere, key = client_of(person), john.session.session_key

    john.post(CODES, {"code": code_of(device, clock)})

    assert elsewhere.get(PROFILE).status_code == 302
    assert john.get(PROFILE).status_code == 200
    assert john.session.session_key != key


def test_makes_no_codes_without_a_factor(john, grace, person):
    assert john.post(CODES, {"code": "000000"}).status_code == 400
    assert grace.post(CODES).status_code == 400
    assert recovery_codes_of(person).left == 0


# ---- Deleting ---------------------------------------------------------------------------------------------


@pytest.fixture
def spare(person, device, now):
    return enrol_authenticator(user=person, name="<b>Spare</b>", actor=CONSOLE, now=now)


def test_deletes_a_factor(john, client_of, person, device, spare, clock):
    elsewhere = client_of(person)

    response = john.post(delete_page(spare), {"code": code_of(device, clock)}, follow=True)

    assert response.redirect_chain == [(PROFILE, 302)]
    assert "“&lt;b&gt;Spare&lt;/b&gt;” is deleted." in text(response)
    assert devices_of(person) == [device]
    assert elsewhere.get(PROFILE).status_code == 302


def test_counts_no_factor_of_this_session_once_it_is_deleted(john, device, spare, clock):
    john.post(delete_page(spare), {"code": code_of(spare, clock)})

    assert "code" in john.get(ADD).context["form"].fields


def test_says_why_the_last_factor_stays(john, person, device, clock):
    page = text(john.get(delete_page(device)))

    assert "This is your only second factor. Add another one first." in page
    assert john.post(delete_page(device), {"code": code_of(device, clock)}).status_code == 400
    assert devices_of(person) == [device]


def test_deletes_nothing_without_a_code(john, person, device, spare):
    assert john.post(delete_page(spare), {"code": "000000"}).status_code == 400
    assert devices_of(person) == [device, spare]


def test_shows_and_deletes_nothing_of_somebody_else(grace, device, spare, clock):
    assert grace.get(delete_page(spare)).status_code == 404
    assert grace.post(delete_page(spare), {"code": code_of(spare, clock)}).status_code == 404
    assert len(devices_of(device.user)) == 2


# ---- The part of one's own page ----------------------------------------------------------------------------


def test_lists_the_factors_with_what_may_be_done(john, device):
    page = text(john.get(PROFILE))

    assert "Phone" in page
    assert "This is your only second factor. Add another one first." in page
    assert delete_page(device) not in page


def test_offers_to_delete_one_of_several(john, device, spare):
    page = text(john.get(PROFILE))

    assert delete_page(device) in page
    assert delete_page(spare) in page
    assert "&lt;b&gt;Spare&lt;/b&gt;" in page


def test_offers_a_first_factor(grace):
    page = text(grace.get(PROFILE))

    assert "You have no second factor" in page
    assert ADD in page


@pytest.mark.parametrize(("used", "warns"), [(6, False), (7, True), (10, True)])
def test_warns_when_few_recovery_codes_are_left(john, person, codes, now, used, warns):
    ids = [code.pk for code in person.one_time_codes.all()[:used]]
    person.one_time_codes.filter(pk__in=ids).update(used_at=now)

    section = text(john.get(PROFILE)).split('id="second-factors"')[1].split("</section>")[0]

    assert ("t-warn" in section) is warns
