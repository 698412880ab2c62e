from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from apps.audit.services import record
from apps.audit.vocabulary import AuditAction, Outcome, Party
from tests.factories import make_user

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 24, 13, 0, tzinfo=UTC)
MINE = reverse("audit:mine")


@pytest.fixture
def person():
    return make_user("John Doe", now=NOW - timedelta(days=400), enrolled=False, time_zone="Europe/Berlin")


@pytest.fixture
def history(client, person):
    """The text of the page for what is given in its address."""
    client.force_login(person)

    def show(**query):
        response = client.get(MINE, query)
        assert response.status_code == 200
        return response.content.decode()

    return show


def an_event(person, *, at=NOW, action=AuditAction.REQUEST_SUBMITTED, **facts):
    record(action, actor=person.party, at=at, target=person.party, **facts)


def test_shows_when_what_where_who_and_why(history, person):
    an_event(person, role="Teams Administrator", justification="Move Porto", ticket="INC-7")

    page = history()

    for text in (
        "24 Mar 2026, 14:00 CET",
        "Request sent",
        "Teams Administrator",
        "John Doe",
        "Move Porto",
        "INC-7",
    ):
        assert text in page


def test_shows_what_failed(history, person):
    an_event(person, action=AuditAction.FACTOR_REFUSED, outcome=Outcome.FAILURE)

    assert "Failure" in history()


def test_shows_nothing_of_others(history, person):
    stranger = Party("user", "stranger", "Eve Stranger")
    record(AuditAction.REQUEST_SUBMITTED, actor=stranger, at=NOW, target=stranger)

    assert "Eve Stranger" not in history()


def test_shows_reasons_as_text(history, person):
    an_event(person, justification="<script>alert(1)</script>")

    page = history()

    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_takes_days_of_the_viewer_s_zone_the_last_one_included(history, person):
    midnight_in_berlin = datetime(2026, 3, 24, 23, 0, tzinfo=UTC)
    an_event(person, at=midnight_in_berlin - timedelta(seconds=1), role="The day before")
    an_event(person, at=midnight_in_berlin, role="First second")
    an_event(person, at=midnight_in_berlin + timedelta(hours=24, seconds=-1), role="Last second")
    an_event(person, at=midnight_in_berlin + timedelta(hours=24), role="The day after")

    page = history(since="2026-03-25", until="2026-03-25")

    assert "First second" in page
    assert "Last second" in page
    assert "The day before" not in page
    assert "The day after" not in page


def test_shows_one_kind_of_event(history, person):
    an_event(person, role="Asked")
    an_event(person, action=AuditAction.ACTIVATION_ADDED, role="Activated")

    page = history(action=AuditAction.ACTIVATION_ADDED)

    assert "activated Activated on" in page
    assert "asked for Asked on" not in page


def test_says_when_nothing_fits(history):
    assert "Nothing of your history fits this filter." in history(since="2199-01-01")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"since": "2026-03-25", "until": "2026-03-24"}, "The last day lies before the first."),
        ({"since": "0001-01-01"}, "Choose a day from 2000 on."),
        ({"until": "9999-12-31"}, "Choose a day before 2200."),
        ({"since": "yesterday"}, "Enter a valid date."),
        ({"until": "2026-02-30"}, "Enter a valid date."),
        ({"since": "\x00"}, "Enter a valid date."),
        ({"action": "role.stolen"}, "Select a valid choice."),
    ],
)
def test_says_what_is_wrong_with_a_filter(history, query, sentence):
    assert sentence in history(**query)


def test_answers_an_address_that_names_no_page_with_a_sentence(client, person):
    client.force_login(person)

    response = client.get(MINE, {"after": "nonsense"})

    assert response.status_code == 400
    assert "first page" in response.content.decode()


def test_leads_on_to_the_next_page_and_keeps_the_filter(history, person):
    for number in range(51):
        an_event(person, at=NOW - timedelta(minutes=number), role=f"Role {number}.")

    page = history(action=AuditAction.REQUEST_SUBMITTED)

    assert "Role 49." in page
    assert "Role 50." not in page
    assert "?action=request.submitted&amp;after=2026-03-24T12" in page


def test_asks_to_sign_in_first(client):
    assert client.get(MINE).url.startswith(reverse("accounts:sign_in"))


def test_refuses_to_be_posted_to(client, person):
    client.force_login(person)

    assert client.post(MINE).status_code == 405


@pytest.mark.parametrize("count", [2, 20])
def test_costs_the_same_queries_for_few_and_many(
    client, person, count, django_assert_max_num_queries, settings
):
    client.force_login(person)
    client.get(MINE)
    for _ in range(count):
        an_event(person)

    with django_assert_max_num_queries(50) as queries:
        client.get(MINE)

    assert sum("audit_auditevent" in query["sql"] for query in queries.captured_queries) == 1
