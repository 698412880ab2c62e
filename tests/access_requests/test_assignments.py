"""The assignments of a place: what the list finds, for whom, and what leaves as a file."""

import csv
import io
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.access_requests.policy.changing import Change
from apps.access_requests.selectors.assignments import assignments_of
from apps.access_requests.selectors.searching import STATES, Ending, Holder, Search, Sort, State, Tab, Where
from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.assignments.selectors import access_of, holdings_of
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.access import Provider
from apps.common.counting import Counts
from apps.common.templatetags.portal import holder
from apps.roles import built_in
from tests.access_requests.pages import text_of
from tests.factories import (
    activate,
    assign,
    disable,
    join,
    make_active,
    make_group,
    make_resource,
    make_user,
)

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

ACTIVE = Assignment.Kind.ACTIVE
TICK, HOUR, DAY = timedelta(microseconds=1), timedelta(hours=1), timedelta(days=1)


def found_by(reader, now, provider=Provider.DIRECTORY, on=None, after="", **search):
    access = access_of(reader.id, holdings_of(reader, now=now))
    return assignments_of(Where(provider, on), access, Search(**search), Counts(), after=after, now=now)


def names(found):
    return [line.item.principal.name for line in found.lines]


def page_of(provider, on=None):
    address = reverse("access_requests:assignments", args=[provider])
    return f"{address}?on={on.pk}" if on else address


@pytest.fixture
def platform(db, now):
    return make_resource("Platform", now=now)


@pytest.fixture
def production(platform, now):
    return make_resource("Production", parent=platform, now=now)


# ---- What is found -----------------------------------------------------------------------------------------


def test_sorts_into_eligible_active_and_expired(auditor, requester, eligible, now):
    running = activate(eligible, requester, now=now).result
    short = assign(requester, built_in.USER_ADMINISTRATOR, now=now, ends_at=now + HOUR)

    at = now + HOUR
    by_tab = {tab: {line.item for line in found_by(auditor, at - TICK, tab=tab).lines} for tab in Tab}
    later = {tab: {line.item for line in found_by(auditor, at, tab=tab).lines} for tab in Tab}

    assert by_tab[Tab.ELIGIBLE] == {eligible, short}
    assert running in by_tab[Tab.ACTIVE]
    assert by_tab[Tab.EXPIRED] == set()
    assert (later[Tab.ELIGIBLE], later[Tab.EXPIRED]) == ({eligible}, {short})
    assert running not in later[Tab.ACTIVE]
    assert found_by(auditor, at).counts == {tab: str(len(rows)) for tab, rows in later.items()}


def test_counts_nothing_as_active_that_has_lost_its_ground(auditor, requester, eligible, now):
    activate(eligible, requester, now=now)
    before = found_by(auditor, now, tab=Tab.ACTIVE)
    disable(requester)

    after = found_by(auditor, now, tab=Tab.ACTIVE)

    assert requester.name in names(before)
    assert requester.name not in names(after)
    assert int(after.counts[Tab.ACTIVE]) == int(before.counts[Tab.ACTIVE]) - 1


def test_says_how_it_is_held(auditor, administrator, platform, production, now):
    operators = make_group("Operators", now=now)
    member = make_user("Mia", now=now)
    join(member, operators, now=now)
    held = assign(operators, built_in.CONTRIBUTOR, platform, now=now, ends_at=now + DAY)
    activate(held, member, now=now, resource_id=production.id)

    above = found_by(administrator, now, Provider.RESOURCES, production).lines
    here = found_by(administrator, now, Provider.RESOURCES, production, tab=Tab.ACTIVE).lines

    assert [(line.membership, line.held_above, line.members) for line in above] == [
        ("Inherited", platform, 1)
    ]
    assert [(line.membership, line.via) for line in here] == [("Group", "Operators")]


def test_offers_nothing_for_what_is_held_above(administrator, requester, platform, production, now):
    assign(requester, built_in.CONTRIBUTOR, platform, now=now, ends_at=now + DAY)

    (inherited,) = found_by(administrator, now, Provider.RESOURCES, production).lines
    (own,) = found_by(administrator, now, Provider.RESOURCES, platform).lines

    assert not inherited.menu.leads_on
    assert {offer.decision.reason for offer in inherited.menu.offers} == {
        "Held on Platform. It is changed there."
    }
    assert {offer.change for offer in own.menu.offers if offer.decision} >= {Change.UPDATE, Change.REMOVE}


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ({"q": "teams john"}, ["John Doe"]),
        ({"q": "GIL@example"}, ["Gil Guest"]),
        ({"q": "nobody"}, []),
        ({"role": built_in.USER_ADMINISTRATOR}, ["Gil Guest"]),
        ({"holder": Holder.PEOPLE}, ["Gil Guest", "John Doe"]),
        ({"holder": Holder.GUESTS}, ["Gil Guest"]),
        ({"holder": Holder.GROUPS}, ["Leads"]),
        ({"ending": Ending.PERMANENT}, ["John Doe"]),
        ({"ending": Ending.SOON}, ["Gil Guest"]),
        ({"sort": Sort.ROLE}, ["Leads", "John Doe", "Gil Guest"]),
        ({"sort": Sort.END}, ["Gil Guest", "Leads", "John Doe"]),
    ],
)
def test_finds_what_is_asked_for(auditor, eligible, now, search, expected):
    guest = make_user("Gil Guest", email="gil@example.com", type=User.Type.GUEST, now=now)
    leads = make_group("Leads", is_role_assignable=True, now=now)
    assign(guest, built_in.USER_ADMINISTRATOR, now=now, ends_at=now + 14 * DAY)
    assign(leads, built_in.SECURITY_READER, now=now, ends_at=now + 15 * DAY)

    assert names(found_by(auditor, now, **search)) == expected


def test_tells_what_is_assigned_from_what_was_activated(auditor, requester, eligible, now):
    held = assign(requester, built_in.GLOBAL_READER, kind=ACTIVE, now=now)
    running = activate(eligible, requester, now=now).result

    found = {
        state: found_by(auditor, now, tab=Tab.ACTIVE, q="john", state=state) for state in STATES[Tab.ACTIVE]
    }

    assert {state: {line.item for line in each.lines} for state, each in found.items()} == {
        State.ASSIGNED: {held},
        State.ACTIVATED: {running},
    }
    assert found[State.ACTIVATED].counts[Tab.ELIGIBLE] == "1"


def test_tells_what_was_eligible_from_what_was_active(auditor, requester, now):
    rows = {
        state: assign(requester, built_in.SECURITY_READER, kind=state.value, now=now, ends_at=now + HOUR)
        for state in STATES[Tab.EXPIRED]
    }

    found = {
        state: [line.item for line in found_by(auditor, now + HOUR, tab=Tab.EXPIRED, state=state).lines]
        for state in rows
    }

    assert found == {state: [row] for state, row in rows.items()}


@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("tab", [Tab.ELIGIBLE, Tab.EXPIRED])
def test_pages_in_every_order(auditor, now, monkeypatch, tab, sort):
    for number in range(3):
        user = make_user(f"Same~{number % 2} %", email=f"{number}@example.com", now=now)
        assign(user, now=now, ends_at=now + DAY)
    now += HOUR if tab == Tab.ELIGIBLE else 2 * DAY
    everything = found_by(auditor, now, tab=tab, sort=sort)
    assert everything.lines
    monkeypatch.setattr("apps.common.paging.page_by.__kwdefaults__", {"after": "", "size": 1})

    seen, after = [], ""
    for _ in everything.lines:
        page = found_by(auditor, now, tab=tab, sort=sort, after=after)
        seen += [line.item for line in page.lines]
        after = page.page.following

    assert seen == [line.item for line in everything.lines]


def test_shows_nobody_more_than_they_may_read(visitor, requester, eligible, platform, production, now):
    sandbox = make_resource("Sandbox", now=now)
    for place in (platform, production, sandbox):
        assign(requester, built_in.READER, place, now=now, ends_at=now + DAY)
    make_active(visitor, built_in.RESOURCE_OWNER, production, now=now, ends_at=now + DAY)

    everywhere = found_by(visitor, now, Provider.RESOURCES)
    inside = found_by(visitor, now, Provider.RESOURCES, production)

    assert [line.item.resource for line in everywhere.lines] == [production]
    assert {line.item.resource for line in inside.lines} == {platform, production}
    assert found_by(visitor, now, Provider.RESOURCES, platform).lines == []
    assert found_by(visitor, now).counts == dict.fromkeys(Tab, "0")


def test_asks_the_same_number_of_queries_for_2_and_20(administrator, platform, production, now):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            for line in found_by(administrator, now, Provider.RESOURCES, production).lines:
                _ = (holder(line.item.principal), line.via, [offer.decision for offer in line.menu.offers])
        return len(captured)

    def add(count):
        for _ in range(count):
            assign(make_user(now=now), built_in.READER, platform, now=now, ends_at=now + DAY)
            assign(make_group(now=now), built_in.READER, production, now=now, ends_at=now + DAY)

    add(1)
    few = queries()
    add(9)

    assert queries() == few


# ---- The page, and the file --------------------------------------------------------------------------------


def test_shows_the_list_with_what_can_be_done(client, administrator, eligible, now):
    with time_machine.travel(now, tick=False):
        client.force_login(administrator)
        text = text_of(client.get(page_of("directory")))

    assert "John Doe" in text
    assert "Teams Administrator" in text
    for change in ("update", "remove"):
        assert reverse("access_requests:change_assignments", args=[change]) in text


def test_shows_a_reader_why_nothing_can_be_changed(client, auditor, eligible, now):
    with time_machine.travel(now, tick=False):
        client.force_login(auditor)
        text = text_of(client.get(page_of("directory")))

    assert "let you look here, and change nothing" in text
    assert 'name="pick"' not in text


def test_hands_out_no_activations(client, auditor, requester, eligible, now):
    with time_machine.travel(now, tick=False):
        activate(eligible, requester, now=now)
        client.force_login(auditor)
        text = text_of(client.get(page_of("directory"), {"tab": "active", "state": "activated"}))

    assert "A file holds what admins assign." in text
    assert "assignments/export/" not in text


def test_exports_what_an_import_takes(client, administrator, requester, platform, production, now):
    gate = make_resource("a/b", parent=production, now=now)
    row = assign(requester, built_in.READER, gate, now=now, ends_at=now + DAY)
    assign(make_group("=cmd", now=now), built_in.READER, gate, now=now, ends_at=now + DAY)
    with time_machine.travel(now, tick=False):
        client.force_login(administrator)
        answer = client.post(
            f"{reverse('access_requests:export_assignments', args=['resources'])}?on={gate.pk}"
        )
    lines = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))

    assert [line["principal"] for line in lines] == ["'=cmd", requester.email]
    assert lines[1] == {
        "principal": requester.email,
        "role": "Reader",
        "provider": "resources",
        "resource": "Platform/Production/a\\/b",
        "kind": "eligible",
        "starts_at": row.starts_at.isoformat(timespec="seconds"),
        "ends_at": row.ends_at.isoformat(timespec="seconds"),
        "justification": "",
    }
    event = AuditEvent.objects.get(action=AuditAction.ASSIGNMENTS_EXPORTED)
    assert (event.actor_name, event.resource_path) == (administrator.name, gate.path)
