"""The page of mail that waits or was given up, and sending it again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.administration.selectors.mail import Tab, find_mail
from apps.administration.services.mail import send_again
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.errors import NotAllowed
from apps.notifications.models import Notice
from tests.access_requests.pages import code_of, text_of
from tests.factories import acting
from tests.notifications.making import a_notice, a_recipient

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

PAGE, AGAIN = reverse("administration:mail"), reverse("administration:send_mail_again")
HOUR = timedelta(hours=1)
EVENTS = AuditEvent.objects.filter(action=AuditAction.MAIL_SENT_AGAIN)
TROUBLE = "The server refused the recipient: 550 no such user"


@pytest.fixture(autouse=True)
def _a_mail_server(settings, administrator):
    """And nothing in it yet of how the administrator became one."""
    settings.MAIL_IS_KEPT = False
    Notice.objects.all().delete()


@pytest.fixture
def now():
    return timezone.now()


def a_mail(name, *, now: datetime, **columns):
    notice = a_notice(name, to=a_recipient(address=f"{name}@example.com", name=""), now=now - HOUR)
    Notice.objects.filter(pk=notice.pk).update(**{"trouble": TROUBLE, **columns})
    return Notice.objects.get(pk=notice.pk)


def given_up(name, *, now):
    return a_mail(name, now=now, state="failed", failed_at=now, next_try_at=None, attempts=12)


def tried_once(name, *, now):
    return a_mail(name, now=now, attempts=1, next_try_at=now + HOUR)


def sent_again(notices, actor, now):
    return send_again(notices=notices, actor=actor, now=now)


def waiting():
    return set(Notice.objects.filter(state="queued", attempts=0).values_list("key", flat=True))


# ---- The command -------------------------------------------------------------------------------------------


def test_begins_anew_with_what_failed_and_leaves_everything_else_alone(administrator, now):
    given_up("failed", now=now)
    tried_once("tried", now=now)
    others = [
        a_mail("quiet", now=now, next_try_at=now + HOUR, trouble=""),
        a_mail("sending", now=now, state="sending", attempts=1, next_try_at=now + HOUR),
        a_mail("sent", now=now, state="sent", sent_at=now, next_try_at=None, attempts=1),
        a_mail("inbox", now=now, state="inbox", next_try_at=None),
    ]

    assert sent_again(Notice.objects.all(), acting(administrator, now=now), now) == 2

    for key in ("failed", "tried"):
        notice = Notice.objects.get(key=key)
        assert (notice.state, notice.next_try_at, notice.attempts) == ("queued", now, 0)
    for other in others:
        assert Notice.objects.get(pk=other.pk).next_try_at == other.next_try_at


def test_says_in_the_log_who_had_what_sent_again(administrator, now):
    given_up("a", now=now)

    sent_again(Notice.objects.all(), acting(administrator, now=now), now)
    sent_again(Notice.objects.all(), acting(administrator, now=now), now)  # nothing is left to send

    event = EVENTS.get()
    assert event.sentence == "Alma Admin had mail sent again that had not gone out."
    assert event.details == {"count": 1, "to": ["a@example.com"]}


def test_takes_a_global_administrator_with_a_fresh_factor_and_a_server(administrator, auditor, settings, now):
    given_up("a", now=now)

    with pytest.raises(NotAllowed, match="Global Administrator"):
        sent_again(Notice.objects.all(), acting(auditor, now=now), now)
    with pytest.raises(NotAllowed, match="second factor"):
        sent_again(Notice.objects.all(), acting(administrator, now=now, proven_at=now - HOUR), now)
    settings.MAIL_IS_KEPT = True
    with pytest.raises(NotAllowed, match="no mail server"):
        sent_again(Notice.objects.all(), acting(administrator, now=now), now)
    assert not EVENTS.exists()


# ---- The pages ---------------------------------------------------------------------------------------------


def test_shows_what_was_given_up_and_why(client, administrator, now):
    given_up("lost", now=now)
    tried_once("late", now=now)
    client.force_login(administrator)

    failed, waits = text_of(client.get(PAGE)), text_of(client.get(PAGE, {"tab": "waiting"}))

    assert "lost@example.com" in failed
    assert TROUBLE in failed
    assert "Tried 12 times" in failed
    assert "late@example.com" not in failed
    assert "late@example.com" in waits
    assert "lost@example.com" not in waits


def test_names_the_request_that_wrote_a_mail(client, administrator, now):
    given_up("failed", now=now)
    Notice.objects.update(trace_id="0f9a7c2b")
    client.force_login(administrator)

    assert "Trace ID 0f9a7c2b" in text_of(client.get(PAGE))


def test_says_on_the_page_of_the_installation_how_much_was_given_up(client, administrator, now):
    client.force_login(administrator)
    assert "given up" in text_of(client.get(reverse("administration:installation")))

    given_up("lost", now=now)

    assert "1 given up" in text_of(client.get(reverse("administration:installation")))


@pytest.mark.parametrize(
    ("asked", "keys"),
    [
        (lambda mails: {"pick": mails[0].pk}, {"a"}),
        (lambda mails: {"pick": [mails[0].pk, mails[1].pk]}, {"a", "b"}),
        (lambda _mails: {"all": "given_up"}, {"a", "b"}),
        (lambda _mails: {"all": "waiting"}, {"c"}),
    ],
    ids=["one", "picked", "all given up", "all waiting"],
)
def test_sends_again_what_was_picked(client, administrator, now, asked, keys):
    mails = [given_up("a", now=now), given_up("b", now=now), tried_once("c", now=now)]
    client.force_login(administrator)

    shown = client.get(AGAIN, asked(mails))
    assert waiting() == set()  # looking changes nothing
    response = client.post(shown.wsgi_request.get_full_path(), {"code": code_of(administrator)})

    assert response.url == PAGE
    assert waiting() == keys


def test_asks_for_the_code(client, administrator, now):
    mail = given_up("a", now=now)
    client.force_login(administrator)

    response = client.post(f"{AGAIN}?pick={mail.pk}")

    assert response.status_code == 400
    assert waiting() == set()


@pytest.mark.parametrize("asked", ["", "pick=x", "all=everything"])
def test_leads_back_where_nothing_is_to_be_sent_again(client, administrator, now, asked):
    given_up("a", now=now)
    client.force_login(administrator)

    assert client.get(f"{AGAIN}?{asked}").url == PAGE


def test_shows_each_mail_once_page_by_page(administrator, now):
    for number in range(55):
        given_up(str(number), now=now)

    first = find_mail(Tab.GIVEN_UP, after="")
    second = find_mail(Tab.GIVEN_UP, after=first.page.following)

    assert len({notice.pk for notice in first.page.rows + second.page.rows}) == 55
    assert (first.counts[Tab.GIVEN_UP], second.page.following) == ("55", "")


# ---- What much of it costs ---------------------------------------------------------------------------------


def queue(numbers, user, now):
    """As many mails as no mail server takes in an hour."""
    Notice.objects.bulk_create(
        Notice(
            key=f"queued:{number}",
            address=f"p{number}@example.com",
            recipient_id=user.pk if number % 100 == 0 else None,
            event="role_ended",
            subject="Reader ended",
            created_at=now,
            next_try_at=now + HOUR,
        )
        for number in numbers
    )


def test_costs_the_same_queries_with_ten_thousand_queued(client, administrator, now):
    client.force_login(administrator)

    def queries():
        pages = (PAGE, f"{PAGE}?tab=waiting", reverse("notifications:inbox"))
        with CaptureQueriesContext(connection) as captured:
            assert all(client.get(page).status_code == 200 for page in pages)
        return len(captured)

    queries()  # the first one also notes when the session was seen
    queue(range(2), administrator, now)
    few = queries()
    queue(range(2, 10_000), administrator, now)

    assert queries() == few
