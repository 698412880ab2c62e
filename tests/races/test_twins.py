"""Two who make the same thing at the same moment, where there can be one of its kind. The second is told so,
by the form or by a page, whichever of them saw it."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import ADDRESS_TAKEN, AuthenticatorDevice, User
from apps.accounts.policy import Ground
from apps.accounts.services.enrolment import begin_enrolment
from apps.administration.services.webhooks import add_webhook
from apps.alerts.models import AlertSettings
from apps.alerts.policy.catalogue import PRIVILEGED_GUEST
from apps.audit.vocabulary import AuditAction
from apps.notifications.models import Webhook
from apps.roles import built_in
from apps.roles.models import RoleDefinition, RoleSettings
from tests.factories import acting, make_active, make_resource, make_user
from tests.races.portal import Browser, Send
from tests.races.rounds import Round, eight, in_short, went_through

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def other(built_ins, now):
    other = make_user("Olaf Admin", now=now)
    make_active(other, built_in.GLOBAL_ADMINISTRATOR, now=now)
    return other


@pytest.fixture
def admins(administrator, other):
    return {"alma": administrator, "olaf": other}


def only_one(turn: Round, sent: dict[str, Send]) -> str:
    """What the other one was told."""
    answers = turn.at_once(**sent)
    through = [name for name, given in answers.items() if went_through(given)]
    assert len(through) == 1, in_short(answers)
    (turn.first,) = through
    (told,) = (given for name, given in answers.items() if name != turn.first)
    assert told.status in {400, 409}
    return told.text


def filling(admin: User, page: str, **fields: str) -> Send:
    """The press on the button of the form on this page, which was read and filled in before."""
    browser = Browser(admin)
    form = browser.get(page).form(having=next(iter(fields)))
    return lambda: browser.send(form, **fields)


def says_taken(told: str) -> bool:
    return ADDRESS_TAKEN in told or "already exists" in told


def test_invites_one_person_to_an_address(rounds, admins):
    url = reverse("administration:invite_person")
    for turn in rounds:
        email = f"new.{turn.number}@example.com"

        told = only_one(turn, {who: filling(one, url, name=who, email=email) for who, one in admins.items()})

        assert User.objects.get(email=email).name == turn.first
        assert says_taken(told)
        assert turn.events == {AuditAction.PERSON_CREATED: 1, AuditAction.LINK_SENT: 1}


def test_gives_an_address_to_one_of_two_people(rounds, admins, now):
    people = {who: make_user(now=now) for who in admins}
    urls = {who: reverse("administration:change_person", args=[one.pk]) for who, one in people.items()}
    for turn in rounds:
        email = f"moved.{turn.number}@example.com"

        told = only_one(turn, {who: filling(one, urls[who], email=email) for who, one in admins.items()})

        assert User.objects.get(email=email) == people[turn.first]
        assert says_taken(told)
        assert turn.events == {AuditAction.EMAIL_CHANGED: 1}


def test_creates_one_role_of_a_name(rounds, admins):
    url = reverse("administration:create_role", args=["directory"])
    for turn in rounds:
        name = f"Desk {turn.number}"

        told = only_one(
            turn, {who: filling(one, url, name=name, description=who) for who, one in admins.items()}
        )

        assert RoleDefinition.objects.get(name=name).description == turn.first
        assert f"There is a role called {name} already." in told
        assert turn.events == {AuditAction.ROLE_CREATED: 1}


def test_adds_one_webhook_of_a_name(rounds, admins):
    url = reverse("administration:add_webhook")
    for turn in rounds:
        Webhook.objects.all().delete()  # there are twenty at most
        name, at = f"Chat {turn.number}", "https://{}.example.com/"

        told = only_one(
            turn, {who: filling(one, url, name=name, url=at.format(who)) for who, one in admins.items()}
        )

        assert Webhook.objects.get(name=name).url == at.format(turn.first)
        assert "Another webhook has this name." in told
        assert turn.events == {AuditAction.WEBHOOK_ADDED: 1}


def test_gives_a_name_to_one_of_two_webhooks(rounds, admins, administrator, now):
    actor = acting(administrator, now=now)
    rows = {
        who: add_webhook(name=who, url="https://chat.example.com/", events=[], actor=actor, now=now)[0]
        for who in admins
    }
    urls = {who: reverse("administration:change_webhook", args=[row.pk]) for who, row in rows.items()}
    for turn in rounds:
        name = f"Chat {turn.number}"

        told = only_one(turn, {who: filling(one, urls[who], name=name) for who, one in admins.items()})

        assert Webhook.objects.get(name=name) == rows[turn.first]
        assert "Another webhook has this name." in told
        assert turn.events == {AuditAction.WEBHOOK_CHANGED: 1}


def test_saves_the_settings_of_one_of_two_who_set_them_for_the_first_time(rounds, admins, now):
    for turn in rounds:
        place = make_resource(now=timezone.now())
        url = reverse("administration:edit_settings", args=["resources", built_in.READER])
        hours = {"alma": "4", "olaf": "6"}

        told = only_one(
            turn,
            {
                who: filling(one, f"{url}?on={place.pk}", maximum_half_hours=hours[who])
                for who, one in admins.items()
            },
        )

        row = RoleSettings.objects.get(resource=place)
        assert row.maximum_half_hours == int(hours[turn.first])
        assert "meanwhile" in told
        assert turn.events == {AuditAction.SETTINGS_CHANGED: 1}


def test_sets_an_alert_for_one_of_two_who_do_so_for_the_first_time(rounds, admins):
    for turn in rounds:
        AlertSettings.objects.all().delete()
        url = reverse("alerts:configure", args=["directory", PRIVILEGED_GUEST.id])

        only_one(turn, {who: filling(one, url, tells="on", is_on=None) for who, one in admins.items()})

        assert AlertSettings.objects.count() == 1
        assert turn.events == {AuditAction.ALERT_SETTINGS_CHANGED: 1}


def test_finishes_a_second_factor_once(rounds):
    url = reverse("accounts:confirm_factor")
    for turn in rounds:
        now = timezone.now()
        person = make_user(now=now, enrolled=False)
        browser = Browser(person)
        browser.post(reverse("accounts:add_factor"))
        device = AuthenticatorDevice.objects.get(user=person)

        answers = turn.at_once(**eight(browser.pressing(url, code=device.code_at(now), name="Phone")))

        assert {told.status for told in answers.values()} <= {200, 302, 400, 409}
        assert turn.events[AuditAction.FACTOR_ENROLLED] == turn.events[AuditAction.RECOVERY_CODES_MADE] == 1


def test_begins_one_second_factor_of_two_browsers(rounds):
    for turn in rounds:
        person = make_user(now=timezone.now(), enrolled=False)
        start = lambda who=person: begin_enrolment(user=who, ground=Ground.DEMO, now=timezone.now())  # noqa: E731

        answers = turn.at_once(**eight(start))

        assert all(went_through(given) for given in answers.values())
        assert AuthenticatorDevice.objects.filter(user=person).count() == 1
