"""The audit page of those who read for everybody."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.audit.groups import EventGroup
from apps.audit.models import AuditEvent
from apps.audit.services import record
from apps.audit.vocabulary import NOBODY, AuditAction, Outcome, Party, Place
from apps.common.access import Provider
from apps.common.csv import harmless
from apps.common.origin import Origin, coming_from
from apps.roles import built_in
from tests.factories import make_active, make_resource

pytestmark = pytest.mark.django_db

LOG, EXPORT = reverse("audit:all"), reverse("audit:export")
ADA, JOHN = Party("user", "ada", "Ada Roe"), Party("user", "john", "John Poe")
DAY = timedelta(days=1)
AT = datetime(2026, 3, 24, 13, 0, tzinfo=UTC)


@pytest.fixture
def now():
    """Pages read the clock."""
    return timezone.now()


@pytest.fixture
def log(client, auditor):
    """What the auditor sees of the log for what is given in its address."""
    client.force_login(auditor)

    def show(**query):
        response = client.get(LOG, query)
        assert response.status_code == 200
        return response

    return show


def an_event(*, actor=ADA, target=JOHN, at=AT, action=AuditAction.REQUEST_APPROVED, **facts):
    return record(action, actor=actor, target=target, at=at, **facts)


def rows(response):
    return set(response.context["page"].rows)


def test_shows_what_others_did_as_sentences(log):
    an_event(role="Teams Administrator", justification="Agreed", ticket="INC-7")

    page = log().content.decode()

    sentence = "Ada Roe approved a request for Teams Administrator on the directory for John Poe."
    for text in (sentence, "Request approved", "Agreed", "INC-7", "24 Mar 2026"):
        assert text in page


def test_shows_who_approved_where_it_came_from_and_what_it_is_part_of(log):
    with coming_from(Origin("203.0.113.9", "1")):
        an_event(
            approver="Berta Boss", request_id=str(UUID(int=7)), details={"number": "REQ-7", "how": "removed"}
        )

    page = log(person="ada").content.decode()

    for text in ("Berta Boss", "203.0.113.9", "REQ-7", str(UUID(int=7)), "How it ended", "removed"):
        assert text in page


def test_offers_the_last_days_with_what_else_was_chosen(log, now):
    choices = log(person="ada", after="", until="2026-03-24").context["periods"]

    week = (timezone.localdate(now) - 6 * DAY).isoformat()
    assert [choice.label for choice in choices] == ["Today", "7 days", "30 days", "90 days"]
    assert choices[1].query == f"person=ada&since={week}"
    assert [choice.is_chosen for choice in log(since=week).context["periods"]] == [False, True, False, False]


@pytest.mark.parametrize(
    "query",
    [
        {"person": "ada"},
        {"person": "Roe"},
        {"role": "teams"},
        {"action": AuditAction.REQUEST_APPROVED, "person": "Ada", "role": "Admin"},
        {"outcome": Outcome.FAILURE},
        {"action": EventGroup.REQUESTS, "person": "Ada"},
        {"q": "agreed inc-7 ada"},
        {"since": "2026-03-24", "until": "2026-03-24"},
    ],
)
def test_finds_by_whom_for_what_when_and_how(log, query):
    said = {"justification": "Agreed", "ticket": "INC-7", "outcome": Outcome.FAILURE}
    wanted = an_event(target=NOBODY, role="Teams Administrator", **said)
    an_event(actor=JOHN, at=AT + DAY, role="Reader", action=AuditAction.ACTIVATION_ADDED)

    assert rows(log(**query)) == {wanted}


def test_finds_whom_something_was_done_to(log):
    wanted = an_event()
    an_event(target=NOBODY)

    assert rows(log(person="Poe")) == {wanted}


def test_shows_no_more_than_its_reader_may_see(client, visitor, now):
    platform = make_resource("Platform", now=now)
    inside = make_resource("Production", parent=platform, now=now)
    outside = make_resource("Elsewhere", now=now)
    make_active(visitor, built_in.RESOURCE_OWNER, platform, now=now, ends_at=now + DAY)
    seen = an_event(place=Place(Provider.RESOURCES, inside.path, inside.name))
    unseen = {an_event(place=Place(Provider.RESOURCES, outside.path, outside.name)), an_event()}
    client.force_login(visitor)

    shown = rows(client.get(LOG))
    exported = file_of(client.post(EXPORT))

    assert seen in shown
    assert not unseen & shown
    assert str(seen.id) in exported
    assert not any(str(event.id) in exported for event in unseen)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"person": "\0"}, "Null characters are not allowed."),
        ({"role": "x" * 101}, "at most 100 characters"),
        ({"outcome": "maybe"}, "Select a valid choice."),
        ({"since": "2026-03-25", "until": "2026-03-24"}, "The last day lies before the first."),
    ],
)
def test_says_what_is_wrong_with_a_filter_and_exports_nothing_by_it(log, client, query, sentence):
    events = AuditEvent.objects.count()

    assert sentence in log(**query).content.decode()
    refused = client.post(EXPORT, query)

    assert refused.status_code == 400
    assert sentence in refused.content.decode()
    assert AuditEvent.objects.count() == events


@pytest.mark.parametrize("ask", [lambda client: client.get(LOG), lambda client: client.post(EXPORT)])
def test_names_the_roles_that_open_it_to_whoever_has_none(client, visitor, ask):
    client.force_login(visitor)
    events = AuditEvent.objects.count()

    response = ask(client)

    assert response.status_code == 403
    assert "Privileged Role Administrator" in response.content.decode()
    assert AuditEvent.objects.count() == events


def test_costs_the_same_queries_for_few_and_many(log, client):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            log()
        return len(queries)

    log()
    an_event()
    few = cost()
    for _ in range(58):
        an_event()

    assert cost() == few


# ---- Taking it along ---------------------------------------------------------------------------------------


def file_of(response):
    """The text of a file that comes as a stream."""
    assert response.status_code == 200
    return b"".join(response.streaming_content).decode()


def lines_of(response):
    return list(csv.DictReader(file_of(response).removeprefix("\ufeff").splitlines()))


def test_hands_out_what_is_filtered_as_a_file(log, client):
    an_event(role="Teams Administrator", justification="Agreed, “as ever”", ticket="INC-7")
    an_event(role="Reader")

    response = client.post(EXPORT, {"role": "teams", "person": "Ada"})

    [line] = lines_of(response)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="audit-20')
    assert (line["Time (UTC)"], line["Event"]) == ("2026-03-24T13:00:00+00:00", "request.approved")
    assert (line["Actor"], line["Target"], line["Outcome"]) == ("Ada Roe", "John Poe", "Success")
    assert (line["Reason"], line["Ticket"]) == ("Agreed, “as ever”", "INC-7")


def test_hands_out_more_than_a_page(log, client):
    for _ in range(60):
        an_event(role="Teams Administrator")

    assert len(lines_of(client.post(EXPORT, {"role": "teams"}))) == 60


def test_hands_out_json_lines_in_the_order_of_the_list(log, client):
    for minute in range(3):
        an_event(
            role="Teams Administrator", at=AT + minute * timedelta(minutes=1), details={"how": "removed"}
        )

    response = client.post(EXPORT, {"role": "teams", "as": "jsonl"})

    lines = [json.loads(line) for line in response.getvalue().decode().splitlines()]
    assert ".jsonl" in response["Content-Disposition"]
    assert [line["at"] for line in lines] == [f"2026-03-24T13:0{minute}:00.000000Z" for minute in (2, 1, 0)]
    assert {(line["role"], line["details"]["how"]) for line in lines} == {("Teams Administrator", "removed")}


def test_writes_down_who_took_what(log, client, auditor):
    client.post(EXPORT, {"role": "Teams", "since": "2026-03-24"})

    event = AuditEvent.objects.get(action=AuditAction.AUDIT_EXPORTED)
    assert (event.actor_id, event.sentence) == (str(auditor.id), "Otto Auditor exported the audit log.")
    assert event.details == {"selection": {"role": "Teams", "since": "2026-03-24T00:00:00Z"}}


def test_asks_the_database_for_the_file_once(log, client):
    for _ in range(20):
        an_event()

    with CaptureQueriesContext(connection) as queries:
        file_of(client.post(EXPORT))

    reads = [query for query in queries if query["sql"].startswith('SELECT "audit_auditevent"')]
    assert len(reads) == 1


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", " ="])
def test_makes_no_formula_of_what_people_wrote(log, client, start):
    text = f'{start}HYPERLINK("http://example.com")'
    an_event(role="Teams Administrator", justification=text)

    exported = file_of(client.post(EXPORT, {"role": "teams"}))

    [cell] = [line["Reason"] for line in csv.DictReader(io.StringIO(exported, newline=""))]
    assert cell == f"'{text}"


@pytest.mark.parametrize("text", ["x;=1+1;y", "x; =1+1;y", "x\t=1+1", "x\n=1+1;y", "\ufeff=1+1", 'x";=1+1;"'])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_makes_no_formula_whatever_the_spreadsheet_takes_for_a_separator(log, client, text, separator):
    an_event(role="Teams Administrator", justification=text)

    exported = file_of(client.post(EXPORT, {"role": "teams"}))

    cells = [cell for line in csv.reader(exported.splitlines(), delimiter=separator) for cell in line]
    assert not [cell for cell in cells if cell.strip().lstrip("\ufeff").startswith("=")]


def test_leaves_other_text_as_it_is():
    assert harmless("5 - 3 = 2; see +49, -1") == "5 - 3 = 2; see +49, -1"
    assert harmless("") == ""
