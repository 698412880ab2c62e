from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from apps.notifications.messages import NoticeEvent, Recipient
from apps.notifications.models import Notice
from apps.notifications.views import _LOOKS
from tests.factories import make_user
from tests.notifications.making import NOW, a_notice

pytestmark = pytest.mark.django_db

INBOX = reverse("notifications:inbox")
READ_ALL = reverse("notifications:read_all")


@pytest.fixture
def person(client):
    user = make_user("John Doe", now=NOW, enrolled=False)
    client.force_login(user)
    return user


def tell(person, key="a", **facts):
    return a_notice(key, to=Recipient(person.email, person.name, person.pk), **facts)


def open_address(notice):
    return reverse("notifications:open", args=[notice.pk])


def show(client, **query):
    response = client.get(INBOX, query)
    assert response.status_code == 200
    return response.content.decode()


def test_shows_what_happened(client, person):
    tell(person, subject="Reader ended", text="By the clock.")

    page = show(client)

    assert "Reader ended" in page
    assert "By the clock." in page
    assert "Unread" in page


def test_says_when_there_is_nothing(client, person):
    page = show(client)

    assert "Nothing to tell" in page
    assert "Mark all as read" not in page


def test_shows_nothing_of_others(client, person):
    tell(make_user("Ada Admin", now=NOW, enrolled=False), subject="For Ada alone")

    assert "For Ada alone" not in show(client)


def test_shows_the_words_of_people_as_text(client, person):
    tell(person, subject="<script>alert(1)</script>", text="<img src=x onerror=alert(1)>")

    page = show(client)

    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page


def test_opens_a_notice_and_marks_it_read(client, person):
    notice = tell(person, link="/my-roles/?tab=active")

    response = client.post(open_address(notice))

    notice.refresh_from_db()
    assert response.url == "/my-roles/?tab=active"
    assert notice.is_read


def test_goes_back_to_the_inbox_when_a_notice_leads_nowhere(client, person):
    notice = tell(person, link="")

    assert client.post(open_address(notice)).url == INBOX


def test_changes_nothing_when_it_is_looked_at(client, person):
    notice = tell(person)

    show(client)
    client.head(INBOX)
    refused = client.get(open_address(notice))

    notice.refresh_from_db()
    assert refused.status_code == 405
    assert not notice.is_read


def test_knows_no_notice_of_somebody_else(client, person):
    foreign = tell(make_user("Ada Admin", now=NOW, enrolled=False))

    response = client.post(open_address(foreign))

    foreign.refresh_from_db()
    assert response.status_code == 404
    assert not foreign.is_read


def test_knows_no_notice_that_does_not_exist(client, person):
    assert client.post(reverse("notifications:open", args=[uuid4()])).status_code == 404


def test_marks_all_as_read_that_the_page_showed(client, person):
    shown = tell(person, "shown", now=NOW)
    late = tell(person, "late", now=NOW + timedelta(seconds=1))

    response = client.post(READ_ALL, {"until": NOW.isoformat()})

    shown.refresh_from_db()
    late.refresh_from_db()
    assert response.url == INBOX
    assert (shown.is_read, late.is_read) == (True, False)


def test_hands_over_the_exact_instant_at_which_the_page_was_shown(client, person):
    tell(person, now=NOW - timedelta(days=3000))

    response = client.get(INBOX)

    now = response.wsgi_request.now
    assert f'name="until" value="{now.isoformat()}"' in response.content.decode()


@pytest.mark.parametrize(
    "until", ["", "now", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "\x00"]
)
def test_marks_nothing_without_a_sensible_instant(client, person, until):
    tell(person)

    response = client.post(READ_ALL, {"until": until})

    assert response.url == INBOX
    assert Notice.objects.unread().count() == 1


def test_answers_an_address_that_names_no_page_with_a_sentence(client, person):
    assert client.get(INBOX, {"after": "nonsense"}).status_code == 400


def test_asks_to_sign_in_first(client):
    assert client.get(INBOX).url.startswith(reverse("accounts:sign_in"))


def test_has_an_icon_for_every_event():
    assert set(_LOOKS) == set(NoticeEvent)


@pytest.mark.parametrize("count", [2, 20])
def test_costs_the_same_queries_for_few_and_many(client, person, count, django_assert_max_num_queries):
    for number in range(count):
        tell(person, str(number))

    with django_assert_max_num_queries(50) as queries:
        show(client)

    assert sum("notifications_notice" in query["sql"] for query in queries.captured_queries) <= 3
