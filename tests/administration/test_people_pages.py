"""The pages on people: what they show, what they lead to, and what they cost."""

import csv
import io
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.access_requests.services.seats import set_review_seats
from apps.accounts.models import AccountLink, User
from apps.administration.selectors.disabling import disabling
from apps.administration.selectors.people import Factor, Search, Sort, Tab, people
from apps.administration.selectors.person import page_about
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.roles import built_in
from apps.roles.selectors import directory
from tests.factories import (
    acting,
    activate,
    assign,
    disable,
    join,
    make_active,
    make_group,
    make_user,
    set_rules,
)

pytestmark = pytest.mark.django_db

PEOPLE = reverse("administration:people")
INVITE = reverse("administration:invite_person")
EXPORT = reverse("administration:export_people")
FACTS = {"name": "Nora New", "email": "nora@example.com", "type": "member", "time_zone": "Europe/Berlin"}


@pytest.fixture
def now():
    """Pages read the clock."""
    return timezone.now()


@pytest.fixture
def client(administrator, now):
    """The Global Administrator, with a second factor proven just now."""
    client = Client()
    client.force_login(administrator)
    prove(client, administrator, now)
    return client


def prove(client, user, now):
    device = user.authenticatordevice_set.get()
    session = client.session
    session["second_factor_at"] = now.isoformat()
    session["otp_device_id"] = device.persistent_id
    session.save()


def address(name, person):
    return reverse(f"administration:{name}", args=[person.pk])


def names(found):
    return [line.user.name for line in found.lines]


def access_of(user, now):
    return acting(user, now=now).access


# ---- The list ----------------------------------------------------------------------------------------------


def test_lists_people_by_name_with_power_and_factor(administrator, requester, visitor, eligible, now):
    make_user("Nick Nofactor", enrolled=False, now=now)

    found = people(access_of(administrator, now), Search(), now=now)

    assert [(line.user.name, bool(line.power), line.has_factor) for line in found.lines] == [
        ("Alma Admin", True, True),
        ("John Doe", True, True),
        ("Nick Nofactor", False, False),
        ("Vera Visitor", False, True),
    ]


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        (Search(q="doe john"), ["John Doe"]),
        (Search(q="messaging"), ["Gus Guest"]),
        (Search(type="guest"), ["Gus Guest"]),
        (Search(factor=Factor.WITHOUT), ["Gus Guest"]),
        (Search(tab=Tab.DISABLED), ["Vera Visitor"]),
        (Search(tab=Tab.ALL, sort=Sort.SEEN), ["John Doe", "Alma Admin", "Gus Guest", "Vera Visitor"]),
    ],
)
def test_finds_who_is_looked_for(administrator, requester, visitor, now, search, expected):
    make_user("Gus Guest", type="guest", department="Messaging", enrolled=False, now=now)
    disable(visitor)
    User.objects.filter(pk=requester.pk).update(last_sign_in_at=now)

    found = people(access_of(administrator, now), search, now=now)

    assert sorted(names(found)) == sorted(expected)
    assert names(found)[0] == expected[0]
    assert found.counts[Tab.ALL] >= str(len(expected))


def test_shows_nobody_to_whoever_sees_no_people(visitor, requester, now):
    found = people(access_of(visitor, now), Search(), now=now)

    assert found.lines == []
    assert set(found.counts.values()) == {"0"}


def test_asks_the_same_questions_for_2_people_and_for_20(administrator, now, django_assert_max_num_queries):
    access = access_of(administrator, now)

    def add(count):
        for _ in range(count):
            assign(make_user(now=now), now=now)

    def asked():
        with django_assert_max_num_queries(30) as captured:
            people(access, Search(), now=now)
        return len(captured)

    add(2)
    few = asked()
    add(18)
    assert asked() == few


def test_exports_what_an_import_takes_and_writes_it_down(client, requester, visitor, administrator):
    User.objects.filter(pk=requester.pk).update(manager=administrator, department="=1+1")

    response = client.post(EXPORT, {"q": "doe"})

    text = b"".join(response.streaming_content).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["email"], row["manager"]) == ("john.doe@example.com", "alma.admin@example.com")
    assert row["department"] == "'=1+1"
    assert AuditEvent.objects.get(action=AuditAction.PEOPLE_EXPORTED).details == {
        "tab": "enabled",
        "q": "doe",
    }


# ---- One person --------------------------------------------------------------------------------------------


def test_shows_what_a_person_holds_and_through_what(administrator, requester, eligible, now):
    group = make_group("Night shift", now=now)
    join(requester, group, now=now)
    join(group, make_group("Wider", now=now), now=now)

    about = page_about(requester, reader=administrator, access=access_of(administrator, now), now=now)

    assert [(line.assignment.role.name, line.via) for line in about.held] == [("Teams Administrator", None)]
    assert about.held[0].path.is_plain
    assert [group.name for group in about.groups] == ["Night shift", "Wider"]


def test_shows_nothing_of_it_to_whoever_may_not_see_it(requester, eligible, now):
    keeper = make_user("Ursula User", now=now)
    make_active(keeper, built_in.USER_ADMINISTRATOR, now=now)

    about = page_about(requester, reader=keeper, access=access_of(keeper, now), now=now)

    lists = (about.held, about.groups, about.seats, about.reviews, about.requests, about.events)
    assert not any(lists)
    assert (about.shows_held, about.shows_requests, about.shows_events) == (False, False, False)


def test_names_the_roles_a_person_approves(administrator, approver, needs_approval, now):
    about = page_about(approver, reader=administrator, access=access_of(administrator, now), now=now)

    assert [seat.settings.role.name for seat in about.seats] == ["Teams Administrator"]


def test_names_what_a_person_reviews(administrator, requester, now):
    seat = (requester.pk, built_in.TEAMS_ADMINISTRATOR, directory().pk)
    set_review_seats(source_id=uuid4(), name="Quarterly", seats=[seat])

    about = page_about(requester, reader=administrator, access=access_of(administrator, now), now=now)

    assert [(seat.source_name, seat.role.name) for seat in about.reviews] == [
        ("Quarterly", "Teams Administrator")
    ]


def test_draws_when_roles_were_active(client, administrator, requester, now):
    activate(assign(requester, built_in.SECURITY_READER, now=now), requester, now=now)

    drawn, empty = (
        client.get(address("person", person)).content.decode() for person in (requester, administrator)
    )

    assert "Security Reader: 1 time." in drawn
    assert "No activations" in empty


def test_shows_refused_buttons_with_their_reason(client, administrator):
    page = client.get(address("person", administrator)).content.decode()

    assert "Somebody else does this for you." in page
    assert 'aria-disabled="true"' in page


# ---- Doing something ---------------------------------------------------------------------------------------


def test_invites_and_leads_to_the_new_person(client):
    response = client.post(INVITE, FACTS)

    assert response["Location"] == address("person", User.objects.get(email="nora@example.com"))
    assert AccountLink.objects.count() == 1


def test_keeps_what_was_typed_where_the_address_is_taken(client, requester):
    response = client.post(INVITE, FACTS | {"email": "JOHN.DOE@example.com"})

    assert response.status_code == 400
    assert "This address is taken." in response.content.decode()
    assert "Nora New" in response.content.decode()


def test_changes_a_person_and_their_manager(client, requester, approver):
    sent = FACTS | {"email": requester.email, "manager": str(approver.pk), "job_title": "Clerk"}

    assert client.post(address("change_person", requester), sent).status_code == 302

    requester.refresh_from_db()
    assert (requester.name, requester.job_title, requester.manager) == ("Nora New", "Clerk", approver)


@pytest.mark.parametrize(
    ("page", "action"),
    [
        ("send_link", AuditAction.LINK_SENT),
        ("reset_factor", AuditAction.FACTORS_RESET),
        ("disable_person", AuditAction.PERSON_DISABLED),
    ],
)
def test_does_it_on_a_press_and_not_on_a_look(client, requester, page, action):
    client.get(address(page, requester))
    assert not AuditEvent.objects.filter(action=action).exists()

    assert client.post(address(page, requester))["Location"] == address("person", requester)
    assert AuditEvent.objects.get(action=action).target_id == str(requester.pk)


def test_enables_who_was_disabled(client, requester):
    disable(requester)

    assert client.post(address("enable_person", requester)).status_code == 302

    requester.refresh_from_db()
    assert requester.is_enabled


# ---- What disabling would do -------------------------------------------------------------------------------


def test_says_what_disabling_ends(requester, approver, eligible, now):
    activate(eligible, requester, now=now)
    set_rules(built_in.SECURITY_READER, approvers=(approver,), now=now)
    activate(assign(requester, built_in.SECURITY_READER, now=now), requester, now=now)

    effect = disabling(requester, now=now)

    assert [row.role.name for row in effect.activations] == ["Teams Administrator"]
    assert effect.requests == 1
    assert not effect.leaves_gaps


def test_says_which_roles_are_left_without_approver(approver, visitor, needs_approval, now):
    set_rules(built_in.SECURITY_READER, approvers=(approver, visitor), now=now)

    assert disabling(approver, now=now).roles_without_approver == ["Teams Administrator"]


def test_says_which_groups_are_left_without_owner(requester, visitor, now):
    alone, shared = make_group("Alone", now=now), make_group("Shared", now=now)
    for group, owners in ((alone, [requester]), (shared, [requester, visitor])):
        for owner in owners:
            ends_at = now + timedelta(days=9)
            make_active(owner, built_in.GROUP_OWNER, group.resource, now=now, ends_at=ends_at)

    assert disabling(requester, now=now).groups_without_owner == ["Alone"]
