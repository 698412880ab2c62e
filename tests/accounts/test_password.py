"""Changing one's own password: what it takes, and what it ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from apps.accounts.models import Session, User
from apps.accounts.policy import ACCOUNT_AND_NETWORK
from apps.accounts.services.factors import enrol_authenticator
from apps.accounts.services.passwords import change_password, set_password
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import CONSOLE, AuditAction, Outcome
from apps.common.errors import Conflict, Invalid, NotAllowed
from apps.notifications.models import Notice
from tests.accounts.conftest import PASSWORD

HOME, SIGN_IN = reverse("portal:home"), reverse("accounts:sign_in")
CHANGE, PROFILE = reverse("accounts:password"), reverse("accounts:profile")
NEW = "staple battery horse correct"
SECOND = timedelta(seconds=1)


@pytest.fixture
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def signed_in(person, clock):
    def sign_in(password=PASSWORD):
        client = Client()
        client.post(SIGN_IN, {"email": person.email, "password": password})
        return client

    return sign_in


def send(client, **change):
    data = {"current_password": PASSWORD, "new_password": NEW, "new_password_again": NEW}
    return client.post(CHANGE, data | change)


def has_password(person, password):
    return User.objects.get(pk=person.pk).check_password(password)


def events_of(person, action):
    return AuditEvent.objects.filter(target_id=str(person.pk), actor_id=str(person.pk), action=action)


def change(person, now, *, current=PASSWORD, new=NEW, network="203.0.113.9", keep=None):
    change_password(user=person, current=current, new=new, network=network, keep=keep, now=now)


# ---- What it does ----------------------------------------------------------------------------------------


def test_changes_the_password(signed_in, person):
    response = send(signed_in())

    assert (response.status_code, response["Location"]) == (302, PROFILE)
    assert has_password(person, NEW)
    event = events_of(person, AuditAction.PASSWORD_CHANGED).get()
    assert event.outcome == Outcome.SUCCESS
    assert "_auth_user_id" not in signed_in(PASSWORD).session
    assert "_auth_user_id" in signed_in(NEW).session


def test_keeps_this_session_under_a_new_key_and_ends_all_others(signed_in, person):
    here, elsewhere = signed_in(), signed_in()
    before = here.session.session_key

    send(here)

    assert here.session.session_key != before
    assert here.get(HOME).status_code == 200
    assert elsewhere.get(HOME).status_code == 302
    assert Session.objects.count() == 1
    assert events_of(person, AuditAction.SESSIONS_ENDED).get().details["sessions"] == "1"


def test_lets_no_copy_of_the_old_cookie_in(signed_in):
    here = signed_in()
    thief = Client()
    thief.cookies["sessionid"] = here.session.session_key

    send(here)

    assert thief.get(HOME).status_code == 302


def test_tells_the_person_by_mail(signed_in, person, now):
    send(signed_in())

    notice = Notice.objects.get(recipient_id=person.pk)
    assert notice.subject == "The password of your account was changed"
    assert "127.0.0.1" in notice.text
    assert "If this was not you, tell an administrator at once." in notice.text
    assert ["When", "24 Nov 2026, 13:00 UTC"] in notice.facts
    assert NEW not in str(Notice.objects.values_list())


def test_is_no_half_change_for_whoever_sends_it_twice_at_once(person, now):
    """The second request read the person before the first one wrote."""
    second = User.objects.get(pk=person.pk)
    change(person, now)

    with pytest.raises(Conflict, match="changed meanwhile"):
        change(second, now, new="yet another password")

    assert has_password(person, NEW)
    assert events_of(person, AuditAction.PASSWORD_CHANGED).count() == 1
    assert Notice.objects.filter(recipient_id=person.pk).count() == 1


def test_shows_the_rules_before_anything_is_sent(signed_in):
    page = signed_in().get(CHANGE).content.decode()

    assert "Your password must contain at least 12 characters." in page


# ---- What it takes ---------------------------------------------------------------------------------------


def test_refuses_a_wrong_current_password_at_its_field(signed_in, person):
    here, elsewhere = signed_in(), signed_in()
    response = send(here, current_password="not the password")

    assert response.status_code == 400
    assert response.context["form"].errors == {"current_password": ["That is not your password."]}
    assert has_password(person, PASSWORD)
    assert elsewhere.get(HOME).status_code == 200
    event = events_of(person, AuditAction.PASSWORD_REFUSED).get()
    assert (event.outcome, event.details["network"]) == (Outcome.FAILURE, "127.0.0.1")
    assert not Notice.objects.exists()


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        ("short", "too short"),
        ("password1234", "too common"),
        ("john.doe@example.com", "too similar to the email"),
        (PASSWORD, "That is your password already."),
    ],
)
def test_refuses_a_weak_or_old_password_at_its_field(signed_in, person, new, sentence):
    response = send(signed_in(), new_password=new, new_password_again=new)

    assert response.status_code == 400
    assert sentence in " ".join(response.context["form"].errors["new_password"])
    assert has_password(person, PASSWORD)


def test_says_everything_that_is_wrong_at_once(person, now):
    with pytest.raises(NotAllowed) as refused:
        change(person, now, current="wrong", new="short")

    assert {refusal.field for refusal in refused.value.refusals} == {"new_password", "current_password"}


@pytest.mark.parametrize(
    ("sent", "field", "sentence"),
    [
        ({"current_password": ""}, "current_password", "Enter your current password."),
        ({"new_password": ""}, "new_password", "Enter a new password."),
        ({"new_password_again": ""}, "new_password_again", "Enter the new password again."),
        ({"new_password_again": "other"}, "new_password_again", "This differs from the new password above."),
        ({"new_password": "x" * 5000}, "new_password", "That password is too long."),
        ({"new_password": "a\x00b" * 9}, "new_password", "Null characters are not allowed."),
    ],
)
def test_answers_odd_input_at_the_field_and_counts_no_try(signed_in, person, sent, field, sentence):
    response = send(signed_in(), **sent)

    assert response.status_code == 400
    assert response.context["form"].errors[field] == [sentence]
    assert has_password(person, PASSWORD)
    assert not events_of(person, AuditAction.PASSWORD_REFUSED).exists()


def test_shows_no_password_again(signed_in):
    response = send(signed_in(), new_password_again="something else")

    page = response.content.decode()
    assert not any(escape(password) in page for password in (PASSWORD, NEW, "something else"))
    assert "no-store" in response["Cache-Control"]


def test_makes_guessing_wait_and_counts_it_with_signing_in(signed_in, person, clock):
    client = signed_in()
    for _ in range(ACCOUNT_AND_NETWORK.free):
        send(client, current_password="a guess of mine")

    response = send(client)

    assert response.context["form"].non_field_errors() == ["Too many attempts. Try again in 5 s."]
    assert has_password(person, PASSWORD)
    assert "_auth_user_id" not in signed_in().session
    clock.shift(ACCOUNT_AND_NETWORK.first)
    assert send(client).status_code == 302


def test_forgets_the_failures_of_who_knows_the_password(person, now):
    for _ in range(ACCOUNT_AND_NETWORK.free - 1):
        with pytest.raises(NotAllowed):
            change(person, now, current="wrong")
    with pytest.raises(NotAllowed, match="too short"):
        change(person, now, new="short")

    for _ in range(ACCOUNT_AND_NETWORK.free):
        with pytest.raises(NotAllowed, match="not your password"):
            change(person, now, current="wrong")


# ---- The second factor -----------------------------------------------------------------------------------


def test_asks_whoever_has_a_second_factor_for_a_code(signed_in, person, device):
    response = send(signed_in())

    assert response.context["form"].errors == {
        "code": ["Enter the six digits that your authenticator app shows."]
    }
    assert has_password(person, PASSWORD)


def test_takes_the_password_with_a_right_code(signed_in, person, device, now):
    client = signed_in()

    assert send(client, code=device.code_at(now)).status_code == 302

    assert has_password(person, NEW)
    assert client.get(PROFILE).status_code == 200
    assert client.session["second_factor_at"] == now.isoformat()


def test_looks_at_no_password_when_the_code_is_wrong(signed_in, person, device, now):
    wrong = f"{(int(device.code_at(now)) + 1) % 1_000_000:06}"

    response = send(signed_in(), current_password="a guess of mine", code=wrong)

    assert list(response.context["form"].errors) == ["code"]
    assert has_password(person, PASSWORD)
    assert not events_of(person, AuditAction.PASSWORD_REFUSED).exists()


def test_counts_a_right_code_though_the_password_was_wrong(signed_in, person, device, now):
    client = signed_in()

    send(client, current_password="a guess of mine", code=device.code_at(now))
    assert has_password(person, PASSWORD)

    assert send(client).status_code == 302


# ---- Set by somebody else --------------------------------------------------------------------------------


def test_ends_every_session_when_somebody_else_sets_the_password(signed_in, person, now):
    client = signed_in()

    set_password(user=person, password=NEW, actor=CONSOLE, now=now)

    assert not Session.objects.exists()
    assert client.get(HOME).status_code == 302


def test_refuses_to_set_a_password_that_the_rules_forbid(person, now):
    with pytest.raises(Invalid, match="too short"):
        set_password(user=person, password="short", actor=CONSOLE, now=now)


def test_asks_nobody_for_a_code_who_has_no_second_factor_but_who_has(signed_in, person, now):
    client = signed_in()
    assert "code" not in client.get(CHANGE).context["form"].fields

    enrol_authenticator(user=person, name="Phone", actor=CONSOLE, now=now)

    assert "code" in client.get(CHANGE).context["form"].fields
