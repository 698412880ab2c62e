"""Lists leave as files: as narrowed, as far as their reader sees them, and written down."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.paging import in_batches
from apps.roles import built_in
from tests.factories import activate, answer, assign, join, make_active, make_group, make_resource, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

DAY = timedelta(days=1)


@pytest.fixture
def now():
    """Pages read the clock."""
    return timezone.now()


@pytest.fixture
def taken(client):
    """The lines of a file that somebody takes, by column."""

    def take(user, path, **sent):
        client.force_login(user)
        text = client.post(path, sent).getvalue().decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text)))

    return take


def event(action):
    return AuditEvent.objects.get(action=action)


# ---- Groups ------------------------------------------------------------------------------------------------


def test_hands_out_groups_as_the_list_counts_them(taken, administrator, requester, now):
    team = make_group("Team", now=now)
    join(requester, team, now=now)
    make_group("Others", now=now)

    (line,) = taken(administrator, "/groups/export/", q="team")

    assert (line["Group"], line["Management"]) == ("Team", "Managed")
    assert (line["Members"], line["Owners"], line["Power"]) == ("1", "0", "None")
    assert event(AuditAction.GROUPS_EXPORTED).details == {"tab": "all", "q": "team"}
    assert event(AuditAction.GROUPS_EXPORTED).sentence == "Alma Admin exported the list of groups."


def test_hands_out_to_an_owner_their_groups_alone(taken, now):
    team, _ = make_group("Team", now=now), make_group("Others", now=now)
    owner = make_user(now=now)
    make_active(owner, built_in.GROUP_OWNER, team.resource, now=now, ends_at=now + DAY)

    assert [line["Group"] for line in taken(owner, "/groups/export/")] == ["Team"]


def test_hands_out_who_is_in_a_group_as_an_import_takes_it(taken, administrator, requester, visitor, now):
    team = make_group("Team", now=now)
    join(requester, team, now=now)
    assign(visitor, built_in.GROUP_MEMBER, team.resource, now=now, ends_at=now + DAY)
    make_active(visitor, built_in.GROUP_OWNER, team.resource, now=now, ends_at=now + DAY)

    lines = taken(administrator, f"/groups/{team.pk}/export/", show="members")

    found = {line["principal"]: (line["role"], line["kind"], line["resource"]) for line in lines}
    assert found == {
        requester.email: ("Member", "active", "Team"),
        visitor.email: ("Member", "eligible", "Team"),
    }
    written = event(AuditAction.ASSIGNMENTS_EXPORTED)
    assert written.sentence == "Alma Admin exported the assignments of Team."
    assert written.details == {"selection": {"group": "Team", "part": "members"}}


def test_hands_out_of_what_a_group_holds_what_the_reader_sees(taken, administrator, now):
    team, shop = make_group("Team", now=now), make_resource("Shop", now=now)
    assign(team, built_in.READER, shop, now=now, ends_at=now + DAY)
    owner = make_user(now=now)
    make_active(owner, built_in.GROUP_OWNER, team.resource, now=now, ends_at=now + DAY)
    path = f"/groups/{team.pk}/export/"

    (line,) = taken(administrator, path, show="holds")
    assert (line["principal"], line["role"], line["resource"]) == ("Team", "Reader", "Shop")
    assert taken(owner, path, show="holds") == []


# ---- Requests ----------------------------------------------------------------------------------------------


@pytest.fixture
def denied(requester, approver, eligible, needs_approval, now):
    request = activate(eligible, requester, now=now, justification="=1+1", ticket_number="INC-7")
    return answer(request, approver, now=now, approve=False, why="Say what for")


def test_hands_out_requests_with_what_became_of_them(taken, auditor, denied):
    (line,) = taken(auditor, "/requests/all/export/", tab="decided")

    assert (line["Request"], line["Requester"], line["Role"]) == (
        denied.number,
        "John Doe",
        "Teams Administrator",
    )
    assert (line["Justification"], line["Ticket"], line["Request status"]) == ("'=1+1", "INC-7", "Denied")
    assert (line["Decision"], line["Decided by"], line["Reason"]) == (
        "Denied",
        "Ada Approver",
        "Say what for",
    )
    assert event(AuditAction.REQUESTS_EXPORTED).details == {"selection": {"tab": "decided"}}


def test_hands_out_the_requests_of_one_place_alone(taken, administrator, denied, requester, now):
    shop = make_resource("Shop", now=now)
    row = assign(requester, built_in.CONTRIBUTOR, shop, now=now, ends_at=now + DAY)
    asked = activate(row, requester, now=now)

    lines = taken(administrator, "/resources/requests/export/", tab="all", on=shop.pk, provider="directory")

    assert asked.number in {line["Request"] for line in lines}
    assert {line["Resource"] for line in lines} == {"Shop"}
    assert event(AuditAction.REQUESTS_EXPORTED).resource_path == shop.path


@pytest.mark.parametrize("path", ["/requests/all/export/", "/groups/export/"])
def test_costs_the_same_queries_for_few_and_many(taken, auditor, path, now):
    def add(count):
        for _ in range(count):
            person, group = make_user(now=now), make_group(now=now)
            join(person, group, now=now)
            activate(assign(person, now=now), person, now=now)

    def cost():
        with CaptureQueriesContext(connection) as queries:
            taken(auditor, path, tab="all")
        return len(queries)

    add(1)
    cost()
    few = cost()
    add(9)

    assert cost() == few


def test_reads_long_lists_in_batches():
    assert list(in_batches(range(5), 2)) == [[0, 1], [2, 3], [4]]


# ---- Settings ----------------------------------------------------------------------------------------------


def test_hands_out_the_settings_of_each_role_in_words(taken, administrator, needs_approval):
    (line,) = taken(administrator, "/directory/settings/export/", q="teams administrator")

    assert (line["Role"], line["Where it comes from"]) == ("Teams Administrator", "Set here")
    assert line["Require approval to activate"] == "Yes"
    assert event(AuditAction.SETTINGS_EXPORTED).details == {"settings": 1, "q": "teams administrator"}
