"""A person's own notice settings: the page, the command and what it writes down."""

from datetime import UTC, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from apps.audit.models import AuditEvent
from apps.notifications.messages import NoticeEvent, Recipient
from apps.notifications.models import Notice, NoticePreferences
from apps.notifications.policy import Kind
from apps.notifications.services import change_preferences, notify
from tests.factories import make_user
from tests.notifications.making import ADA, JOHN, NOW, a_message, a_notice, a_recipient

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

PAGE = reverse("notifications:preferences")
ALL = [kind.value for kind in Kind]
AT_ONCE = {"inbox_only": [], "digest_hour": None, "quiet_from": None, "quiet_until": None}
DAILY = AT_ONCE | {"digest_hour": 8}
UTC_ZONE = ZoneInfo("UTC")


@pytest.fixture
def person(client):
    user = make_user("John Doe", now=NOW, enrolled=False)
    user.time_zone = "Europe/Berlin"
    user.save()
    client.force_login(user)
    return user


def choose(person, wanted, *, now=NOW):
    return change_preferences(
        principal_id=person.pk, wanted=wanted, zone=UTC_ZONE, actor=person.party, now=now
    )


def send(client, **said):
    return client.post(PAGE, {"kinds": ALL, "when": "at_once", **said})


# ---- When a notice is written ------------------------------------------------------------------------------


def test_tells_everybody_as_they_chose():
    NoticePreferences.objects.create(principal_id=JOHN, digest_hour=8)
    NoticePreferences.objects.create(principal_id=ADA, inbox_only=[Kind.ASSIGNMENTS])
    people = [a_recipient(), a_recipient(ADA, "ada@example.com"), a_recipient(uuid4(), "new@example.com")]

    notify(key="x", message=a_message(), recipients=people, now=NOW)

    assert dict(Notice.objects.values_list("address", "state")) == {
        "john.doe@example.com": "digest",
        "ada@example.com": "inbox",
        "new@example.com": "queued",
    }


def test_counts_hours_by_the_clock_of_the_recipient():
    NoticePreferences.objects.create(principal_id=JOHN, quiet_from=time(20), quiet_until=time(7))
    tokyo = Recipient("john.doe@example.com", "John Doe", JOHN, "Asia/Tokyo")

    notice = a_notice(to=tokyo)  # 22:00 there

    assert notice.next_try_at == datetime(2026, 11, 24, 22, 0, tzinfo=UTC)


def test_mails_further_addresses_at_once():
    NoticePreferences.objects.create(principal_id=JOHN, digest_hour=8)

    assert a_notice(to=Recipient("team@example.com")).next_try_at == NOW


@pytest.mark.parametrize(
    "columns",
    [
        {"digest_hour": 24},
        {"quiet_from": time(20)},
        {"quiet_until": time(20)},
        {"quiet_from": time(20), "quiet_until": time(20)},
        {"quiet_from": time(20), "quiet_until": time(7), "digest_hour": 8},
    ],
)
def test_refuses_in_the_database_what_means_nothing(columns):
    with pytest.raises(IntegrityError), transaction.atomic():
        NoticePreferences.objects.create(principal_id=JOHN, **columns)


# ---- The command -------------------------------------------------------------------------------------------


def test_writes_down_what_was_changed(person):
    assert choose(person, DAILY | {"inbox_only": ["summaries", "alerts"]})

    event = AuditEvent.objects.get(action="person.notice_settings_changed")
    assert event.sentence == "John Doe changed which notices they get by mail, and when."
    assert event.details == {
        "from": {"inbox_only": "", "mail": "at once"},
        "to": {"inbox_only": "alerts, summaries", "mail": "daily at 08:00"},
    }


def test_writes_nothing_down_where_nothing_changes(person):
    assert not choose(person, AT_ONCE)

    assert not AuditEvent.objects.filter(action="person.notice_settings_changed").exists()


def test_moves_what_waits_for_the_digest_to_its_new_hour(person):
    choose(person, DAILY)
    a_notice(to=person.recipient)

    choose(person, DAILY | {"digest_hour": 20})

    assert Notice.objects.get().next_try_at == NOW.replace(hour=20)


def test_sends_what_waits_once_there_is_no_digest_any_more(person):
    choose(person, DAILY)
    a_notice(to=person.recipient)

    choose(person, AT_ONCE, now=NOW + timedelta(minutes=5))

    assert list(Notice.objects.for_digest(NOW + timedelta(minutes=5))) == [Notice.objects.get()]


# ---- The page ----------------------------------------------------------------------------------------------


def test_shows_that_everything_comes_at_once_to_whoever_chose_nothing(client, person):
    form = client.get(PAGE).context["form"]

    assert (form.initial["kinds"], form.initial["when"]) == (list(Kind), "at_once")


def test_says_what_cannot_be_switched_off_and_whose_clock_counts(client, person):
    page = client.get(PAGE).content.decode()

    assert "Some mails always come, and at once" in page
    assert "Europe/Berlin" in page


@pytest.mark.parametrize(
    ("said", "columns"),
    [
        ({}, AT_ONCE),
        ({"kinds": []}, AT_ONCE | {"inbox_only": ALL}),
        ({"kinds": [kind for kind in ALL if kind != "summaries"]}, AT_ONCE | {"inbox_only": ["summaries"]}),
        ({"when": "daily", "digest_hour": "0"}, AT_ONCE | {"digest_hour": 0}),
        (
            {"when": "quiet", "quiet_from": "20:00", "quiet_until": "06:30", "digest_hour": "8"},
            AT_ONCE | {"quiet_from": time(20), "quiet_until": time(6, 30)},
        ),
    ],
)
def test_keeps_what_was_chosen_and_shows_it_again(client, person, said, columns):
    assert send(client, **said).url == reverse("notifications:inbox")

    row = NoticePreferences.objects.get(principal_id=person.pk)
    assert {name: getattr(row, name) for name in columns} == columns
    initial = client.get(PAGE).context["form"].initial
    assert initial["when"] == said.get("when", "at_once")
    assert initial["kinds"] == said.get("kinds", ALL)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"when": ""}, "Choose when mail comes."),
        ({"when": "daily"}, "Choose an hour."),
        ({"when": "quiet", "quiet_from": "20:00"}, "Say from when until when."),
        ({"when": "quiet", "quiet_from": "x", "quiet_until": "07:00"}, "Enter a valid time."),
        ({"when": "quiet", "quiet_from": "07:00", "quiet_until": "07:00"}, "Choose another time"),
        ({"kinds": ["approvals"]}, "There is no such kind of notice."),
    ],
)
def test_says_what_is_missing(client, person, said, sentence):
    response = send(client, **said)

    assert response.status_code == 400
    assert sentence in response.content.decode()
    assert not NoticePreferences.objects.exists()


def test_mails_what_is_critical_whatever_is_sent(client, person):
    send(client, kinds=[])

    notice = a_notice(to=person.recipient, event=NoticeEvent.ACCOUNT_CHANGED)

    assert (notice.state, notice.next_try_at) == (Notice.State.QUEUED, NOW)


@pytest.mark.parametrize("page", ["notifications:inbox", "accounts:profile"])
def test_is_found_from_the_inbox_and_from_my_account(client, person, page):
    assert f'href="{PAGE}"' in client.get(reverse(page)).content.decode()
