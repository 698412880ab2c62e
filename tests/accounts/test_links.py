"""Links to a person's own address: who can use them, how often, and that nobody else ever sees one."""

import json
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.apps import apps
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import AccountLink, AuthenticatorDevice, User
from apps.accounts.policy import INVITATION_LASTS, RESET_LASTS, SETTING_UP_LASTS
from apps.accounts.selectors import devices_of, recovery_codes_of, used_link
from apps.accounts.services.links import reset_factors_by_link, send_link, set_password_by_link
from apps.accounts.services.one_time_codes import replace_recovery_codes
from apps.accounts.services.people import change_email, create_user
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import CONSOLE, AuditAction
from apps.common.errors import Conflict, NotAllowed
from apps.notifications.mail import render_text
from apps.notifications.models import Notice
from tests.accounts.conftest import PASSWORD
from tests.factories import disable, make_session

NEW = "a quite different passphrase"
FORM = {"new_password": NEW, "new_password_again": NEW}
INSTANT = timedelta(microseconds=1)


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def newcomer(db, now):
    return create_user(name="Nora New", email="nora@example.com", actor=CONSOLE, now=now)


def mailed_url(link):
    """The address as the mail has it."""
    notice = Notice.objects.get(key=f"account_link:{link.pk}:sent")
    line = next(line for line in render_text(notice).splitlines() if "?key=" in line)
    parts = urlsplit(line.split(": ", 1)[1])
    return f"{parts.path}?{parts.query}"


def purposes():
    return list(AccountLink.objects.values_list("purpose", flat=True))


def events(action):
    return AuditEvent.objects.filter(action=action)


# ---- Sending -----------------------------------------------------------------------------------------------


def test_invites_whoever_has_no_second_factor(newcomer, now):
    link = send_link(user=newcomer, actor=CONSOLE, now=now)

    assert link.purpose == AccountLink.Purpose.INVITATION
    assert link.expires_at == now + INVITATION_LASTS
    assert events(AuditAction.LINK_SENT).get().target_id == str(newcomer.pk)


def test_asks_whoever_has_a_second_factor_for_a_password_only(person, device, now):
    link = send_link(user=person, actor=CONSOLE, now=now)

    assert link.purpose == AccountLink.Purpose.PASSWORD_RESET
    assert link.expires_at == now + RESET_LASTS


def test_lets_only_the_newest_link_live(newcomer, now):
    first = send_link(user=newcomer, actor=CONSOLE, now=now)
    second = send_link(user=newcomer, actor=CONSOLE, now=now)

    assert Client().get(mailed_url(first)).status_code == 404
    assert Client().get(mailed_url(second)).status_code == 200


def test_sends_nothing_to_a_disabled_account(newcomer, now):
    disable(newcomer)

    with pytest.raises(NotAllowed, match="disabled"):
        send_link(user=newcomer, actor=CONSOLE, now=now)

    assert not AccountLink.objects.exists()


def test_keeps_the_secret_in_no_row(newcomer, now):
    key = mailed_url(send_link(user=newcomer, actor=CONSOLE, now=now)).split("key=")[1]

    models = [model for model in apps.get_models() if model.__module__.startswith("apps.")]
    rows = [str(row) for model in models for row in model.objects.values_list()]

    assert len(key) > 40
    assert not [row for row in rows if key in row]


def test_shows_no_link_in_the_inbox(newcomer, now):
    send_link(user=newcomer, actor=CONSOLE, now=now)
    client = Client()
    client.force_login(newcomer)

    page = client.get(reverse("notifications:inbox")).content.decode()

    assert "Your account in PIM Portal" in page
    assert "/account/link/" not in page


# ---- Opening -----------------------------------------------------------------------------------------------


def test_changes_nothing_when_a_mail_scanner_looks(newcomer, now):
    url = mailed_url(send_link(user=newcomer, actor=CONSOLE, now=now))
    before = AuditEvent.objects.count()

    answers = [Client().get(url), Client().head(url), Client().get(url)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert AuditEvent.objects.count() == before
    assert AccountLink.objects.get().used_at is None


def test_lets_no_cache_and_no_other_page_learn_the_address(newcomer, now):
    page = Client().get(mailed_url(send_link(user=newcomer, actor=CONSOLE, now=now)))

    assert "no-store" in page["Cache-Control"]
    assert page["Referrer-Policy"] == "strict-origin"


@pytest.mark.parametrize("key", ["", "x", "é", "x" * 5000])
def test_opens_for_no_other_signature(newcomer, now, key):
    link = send_link(user=newcomer, actor=CONSOLE, now=now)

    for client in (Client().get, Client().post):
        assert client(f"{link.get_absolute_url()}?key={key}").status_code == 404


def test_opens_for_the_signature_of_no_other_link(newcomer, person, now):
    key = mailed_url(send_link(user=newcomer, actor=CONSOLE, now=now)).split("?")[1]
    other = send_link(user=person, actor=CONSOLE, now=now)

    assert Client().get(f"{other.get_absolute_url()}?{key}").status_code == 404


def test_survives_a_change_of_the_secret_key(newcomer, now, settings):
    url = mailed_url(send_link(user=newcomer, actor=CONSOLE, now=now))

    old, settings.SECRET_KEY = settings.SECRET_KEY, "another key of this portal" * 3

    assert Client().get(url).status_code == 404
    settings.SECRET_KEY_FALLBACKS = [old]
    assert Client().get(url).status_code == 200


@pytest.mark.parametrize(("later", "status"), [(-INSTANT, 200), (timedelta(0), 404)])
def test_works_until_its_end(newcomer, now, clock, later, status):
    url = mailed_url(send_link(user=newcomer, actor=CONSOLE, now=now))

    clock.move_to(now + INVITATION_LASTS + later)

    assert Client().get(url).status_code == status


def test_does_not_work_while_the_account_is_disabled(newcomer, now):
    url = mailed_url(send_link(user=newcomer, actor=CONSOLE, now=now))
    disable(newcomer)

    assert Client().post(url, FORM).status_code == 404
    newcomer.refresh_from_db()
    assert not newcomer.has_usable_password()


def test_does_not_work_after_the_address_changed(newcomer, now):
    url = mailed_url(send_link(user=newcomer, actor=CONSOLE, now=now))

    change_email(user=newcomer, email="nora.new@example.com", actor=CONSOLE, now=now)

    assert Client().get(url).status_code == 404


# ---- Using -------------------------------------------------------------------------------------------------


def test_leads_an_invited_person_to_password_factor_and_my_roles(newcomer, now, clock, settings):
    settings.DEMO = False
    client, url = Client(), mailed_url(send_link(user=newcomer, actor=CONSOLE, now=now))

    add = client.post(url, FORM)["Location"]
    confirm = client.post(add)["Location"]
    code = AuthenticatorDevice.objects.get(confirmed=False).code_at(timezone.now())
    page = client.post(confirm, {"name": "Phone", "code": code})

    newcomer = User.objects.get(pk=newcomer.pk)
    assert newcomer.check_password(NEW)
    assert [device.ground for device in devices_of(newcomer)] == ["link"]
    assert recovery_codes_of(newcomer).left == 10
    assert page.context["next_url"] == reverse("access_requests:my_roles")
    assert [events(action).count() for action in (AuditAction.LINK_USED, AuditAction.SIGNED_IN)] == [1, 1]


def test_works_once(newcomer, now):
    url = mailed_url(send_link(user=newcomer, actor=CONSOLE, now=now))
    Client().post(url, FORM)

    assert Client().get(url).status_code == 404
    assert Client().post(url, FORM).status_code == 404


def test_gives_a_link_to_the_first_of_two(newcomer, now):
    link = send_link(user=newcomer, actor=CONSOLE, now=now)
    set_password_by_link(link=link, password=NEW, network="10.0.0.1", now=now)

    with pytest.raises(Conflict, match="used already"):
        set_password_by_link(link=link, password="yet another passphrase", network="10.0.0.2", now=now)

    assert User.objects.get(pk=newcomer.pk).check_password(NEW)


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "Enter a new password."),
        (FORM | {"new_password_again": "other"}, "This differs"),
        ({"new_password": "short", "new_password_again": "short"}, "too short"),
    ],
)
def test_stays_unused_when_the_password_will_not_do(newcomer, now, sent, sentence):
    url = mailed_url(send_link(user=newcomer, actor=CONSOLE, now=now))

    response = Client().post(url, sent)

    assert response.status_code == 400
    assert sentence in response.content.decode()
    assert AccountLink.objects.get().used_at is None


def test_ends_every_session_with_the_new_password(person, device, now):
    make_session(person, now=now)
    client, url = Client(), mailed_url(send_link(user=person, actor=CONSOLE, now=now))

    assert client.post(url, FORM)["Location"] == reverse("access_requests:my_roles")

    assert list(person.sessions.values_list("pk", flat=True)) == [client.session.session_key]
    assert events(AuditAction.PASSWORD_CHANGED).filter(actor_id=str(person.pk)).count() == 1
    assert Notice.objects.filter(key__startswith=f"password:{person.pk}").exists()


def test_brings_no_second_factor_with_a_new_password(person, device, now):
    link = send_link(user=person, actor=CONSOLE, now=now)
    set_password_by_link(link=link, password=NEW, network="", now=now)

    assert used_link(person, link.pk, now=now) is None
    assert devices_of(person) == [device]


@pytest.mark.parametrize(("later", "counts"), [(-INSTANT, True), (timedelta(0), False)])
def test_lets_a_factor_be_set_up_for_half_an_hour(newcomer, person, now, later, counts):
    link = send_link(user=newcomer, actor=CONSOLE, now=now)
    set_password_by_link(link=link, password=NEW, network="", now=now)
    at = now + SETTING_UP_LASTS + later

    assert (used_link(newcomer, link.pk, now=at) is not None) is counts
    assert used_link(person, link.pk, now=at) is None


# ---- Resetting a second factor -----------------------------------------------------------------------------


def test_resets_factor_and_recovery_codes_and_ends_sessions(person, device, now):
    replace_recovery_codes(person, now=now)
    make_session(person, now=now)

    link = reset_factors_by_link(user=person, actor=CONSOLE, now=now)

    assert link.purpose == AccountLink.Purpose.FACTOR_RESET
    assert devices_of(person) == []
    assert recovery_codes_of(person).left == 0
    assert not person.sessions.exists()
    assert events(AuditAction.FACTORS_RESET).get().target_id == str(person.pk)


def test_asks_for_the_password_beside_the_link_of_a_reset(person, device, now, settings):
    settings.DEMO = False
    client, url = Client(), mailed_url(reset_factors_by_link(user=person, actor=CONSOLE, now=now))

    assert client.post(url, {"password": "wrong"}).status_code == 400
    assert events(AuditAction.SIGN_IN_REFUSED).count() == 1
    add = client.post(url, {"password": PASSWORD})["Location"]

    assert add.startswith(reverse("accounts:add_factor"))
    assert client.post(add).status_code == 302
    assert AuthenticatorDevice.objects.get(user=person).ground == "link"


def test_invites_anew_whoever_lost_factor_and_password(person, device, now):
    reset_factors_by_link(user=person, actor=CONSOLE, now=now)
    send_link(user=person, actor=CONSOLE, now=now)

    assert purposes() == [AccountLink.Purpose.INVITATION]


def test_takes_the_ground_from_a_session_whose_factor_was_reset_again(newcomer, now):
    link = send_link(user=newcomer, actor=CONSOLE, now=now)
    set_password_by_link(link=link, password=NEW, network="", now=now)

    reset_factors_by_link(user=newcomer, actor=CONSOLE, now=now)

    assert used_link(newcomer, link.pk, now=now) is None


# ---- What can never be -------------------------------------------------------------------------------------


@pytest.mark.postgres
def test_stores_one_unused_link_of_a_person(newcomer, now):
    link = send_link(user=newcomer, actor=CONSOLE, now=now)

    with pytest.raises(IntegrityError):
        AccountLink.objects.create(
            user=newcomer, purpose=link.purpose, made_at=now, expires_at=now + RESET_LASTS
        )


@pytest.mark.postgres
def test_stores_no_link_that_ends_before_it_was_made(newcomer, now):
    with pytest.raises(IntegrityError):
        AccountLink.objects.create(user=newcomer, purpose="invitation", made_at=now, expires_at=now)


def test_stores_the_button_without_its_secret(newcomer, now):
    link = send_link(user=newcomer, actor=CONSOLE, now=now)

    (button,) = Notice.objects.get(key=f"account_link:{link.pk}:sent").buttons

    assert button["path"] == link.get_absolute_url()
    assert "key" not in json.dumps(button)
