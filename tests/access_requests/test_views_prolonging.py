"""Asking to extend or renew, and deciding on it, by pages."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.access_requests.models import AccessRequest
from apps.access_requests.selectors.deciding_assignments import admin_evidence_on_many
from apps.access_requests.services.withdrawing import cancel
from apps.access_requests.states import Action, State
from apps.assignments.models import Assignment
from apps.roles import built_in
from tests.access_requests.asking import ask, asking, giving
from tests.access_requests.pages import code_of, said, text_of, written
from tests.factories import acting, assign, join, make_active, make_group, make_user, set_rules

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
ACTIVE = Assignment.Kind.ACTIVE
APPROVE, MY_ROLES = "/approve/", "/my-roles/"


@pytest.fixture
def now():
    """Pages read the clock."""
    return timezone.now()


@pytest.fixture
def ending(requester, administrator, now):
    return assign(requester, now=now, ends_at=now + 10 * DAY)


@pytest.fixture
def extension(ending, requester, now):
    return ask(asking(Action.SELF_EXTEND, ending), requester, now=now)


def shown(response, **changes):
    """The form as the page offers it, with the answer filled in."""
    form = response.context["selected"].form
    values = {name: form[name].value() for name in ("digest", "kind", "start", "end", "ends_at")}
    return {name: value or "" for name, value in values.items()} | {"justification": "Agreed"} | changes


def test_offers_to_extend_what_ends_soon(client, requester, ending):
    client.force_login(requester)

    assert reverse("access_requests:extend_assignment", args=[ending.pk]) in text_of(client.get(MY_ROLES))


def test_says_from_when_the_rest_can_be_extended(client, requester, administrator, now):
    row = assign(requester, now=now, ends_at=now + 30 * DAY)
    group = make_group(now=now, is_role_assignable=True)
    assign(group, built_in.GLOBAL_READER, now=now, ends_at=now + DAY)
    join(requester, group, now=now)
    client.force_login(requester)

    page = text_of(client.get(MY_ROLES))

    assert page.count("14 days before the end.") == 2  # the button says it, and the line below
    assert reverse("access_requests:extend_assignment", args=[row.pk]) not in page


def test_offers_to_renew_what_has_ended(client, requester, administrator, now):
    row = assign(requester, now=now - 9 * DAY, ends_at=now - DAY)
    client.force_login(requester)

    page = client.get(MY_ROLES, {"tab": "expired"})

    assert reverse("access_requests:renew", args=[row.pk]) in text_of(page)


@pytest.mark.parametrize("route", ["extend_assignment", "renew"])
def test_sends_the_request_with_its_reason(client, requester, administrator, now, route):
    begin = now - 9 * DAY
    row = assign(requester, now=begin, ends_at=now + (DAY if route == "extend_assignment" else -DAY))
    client.force_login(requester)
    address = reverse(f"access_requests:{route}", args=[row.pk])

    assert "Alma Admin" in text_of(client.get(address))
    assert client.post(address, {"justification": ""}).status_code == 400
    sent = client.post(address, {"justification": "Until the audit is over"})

    item = AccessRequest.objects.get(state=State.PENDING_ADMIN_DECISION)
    assert sent.url == item.get_absolute_url()
    assert said(sent) == ["Sent. Teams Administrator waits for an admin."]
    assert "Waiting for an admin" in text_of(client.get(sent.url))
    assert client.get(address).status_code == 403  # one at a time


def test_lists_it_for_the_admins_alone(client, extension, administrator, approver):
    for user, count in ((administrator, 1), (approver, 0)):
        client.force_login(user)
        page = client.get(APPROVE, {"tab": "assignments"})
        found = page.context["page"]
        assert (found.rows if found else []) == [extension][:count]
        assert client.get(extension.get_decide_url()).status_code == (200 if count else 403)


def test_opens_the_list_in_which_something_waits(client, extension, administrator):
    client.force_login(administrator)

    assert client.get(APPROVE).context["tab"] == "assignments"
    assert client.get(f"{APPROVE}?tab=waiting").context["tab"] == "waiting"


def test_gives_what_was_asked(client, extension, ending, administrator):
    client.force_login(administrator)
    page = client.get(extension.get_decide_url())
    code = code_of(administrator)

    answer = client.post(extension.get_decide_url(), shown(page, choice="approve", code=code))

    assert (answer.status_code, said(answer)) == (
        302,
        ["John Doe's request for Teams Administrator is approved."],
    )
    extension.refresh_from_db()
    ending.refresh_from_db()
    assert (extension.state, extension.result) == (State.PROVISIONED, ending)
    assert extension.ends_at - ending.ends_at < timedelta(minutes=1)


def test_gives_another_type_and_end(client, extension, administrator):
    client.force_login(administrator)
    page = client.get(extension.get_decide_url())

    client.post(
        extension.get_decide_url(),
        shown(page, choice="approve", kind=ACTIVE, end="15", code=code_of(administrator)),
    )

    extension.refresh_from_db()
    assert extension.result.kind == ACTIVE
    assert extension.result.ends_at - extension.result.starts_at == 15 * DAY


def test_denies_whatever_stands_in_the_dates(client, extension, administrator):
    client.force_login(administrator)
    page = client.get(extension.get_decide_url())
    filled = shown(page, choice="deny", ends_at="yesterday", code=code_of(administrator))

    client.post(extension.get_decide_url(), filled)

    extension.refresh_from_db()
    assert extension.state == State.DENIED
    assert "denied" in text_of(client.get(extension.get_decide_url()))


@pytest.mark.parametrize(
    "fault", [{"code": "000000"}, {"justification": ""}, {"ends_at": "2020-01-01T10:00"}]
)
def test_decides_nothing_with_a_fault(client, extension, administrator, fault):
    client.force_login(administrator)
    page = client.get(extension.get_decide_url())
    before = written()["AccessRequest"]
    filled = shown(page, choice="approve", code=code_of(administrator)) | fault

    assert client.post(extension.get_decide_url(), filled).status_code == 400
    assert written()["AccessRequest"] == before


def test_shows_the_new_state_when_it_has_changed(client, extension, administrator, now):
    client.force_login(administrator)
    page = client.get(extension.get_decide_url())
    filled = shown(page, choice="approve", code=code_of(administrator), digest="stale")

    assert client.post(extension.get_decide_url(), filled).status_code == 409
    extension.refresh_from_db()
    assert extension.state == State.PENDING_ADMIN_DECISION


def test_hides_from_whoever_asked_what_they_would_gain_by(client, administrator, now):
    other = make_user("Olaf Admin", now=now)
    make_active(other, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now)
    own = ask(giving(administrator), administrator, now=now)

    for user, status in ((administrator, 403), (other, 200)):
        client.force_login(user)
        assert client.get(own.get_decide_url()).status_code == status
        assert client.get("/").status_code == 200


def test_asks_the_database_as_often_for_five_as_for_two(client, administrator, now):
    def make(count):
        for _ in range(count):
            user = make_user(now=now)
            row = assign(user, now=now, ends_at=now + DAY)
            ask(asking(Action.SELF_EXTEND, row), user, now=now)

    client.force_login(administrator)
    make(2)
    client.get(APPROVE, {"tab": "assignments"})
    few = _queries(client)
    make(3)

    assert _queries(client) == few


def _queries(client):
    with CaptureQueriesContext(connection) as queries:
        client.get(APPROVE, {"tab": "assignments"})
    return len(queries)


# ---- Many at once ------------------------------------------------------------------------------------------

DECIDE_MANY = "/approve/decide/"


@pytest.fixture
def other_extension(administrator, now):
    bea = make_user("Bea Baker", now=now)
    row = assign(bea, built_in.SECURITY_READER, now=now, ends_at=now + 3 * DAY)
    return ask(asking(Action.SELF_EXTEND, row), bea, now=now)


def picking(*requests, **values):
    return {"pick": [str(request.pk) for request in requests], "tab": "assignments"} | values


def test_decides_several_as_they_were_asked(client, extension, other_extension, ending, administrator):
    client.force_login(administrator)
    page = client.post(DECIDE_MANY, picking(extension, other_extension, choice="approve"))
    text = text_of(page)
    data = {"seen": page.context["form"]["seen"].value(), "tab": "assignments", "justification": "Agreed"}

    response = client.post(DECIDE_MANY, data | {"choice": "approve", "code": code_of(administrator)})

    assert "John Doe asks to extend Teams Administrator" in text
    assert "Bea Baker asks to extend Security Reader" in text
    assert response.url == f"{APPROVE}?tab=assignments"
    assert sorted(said(response)) == [
        "Bea Baker's request for Security Reader is approved.",
        "John Doe's request for Teams Administrator is approved.",
    ]
    ending.refresh_from_db()
    assert ending.ends_at == extension.ends_at
    assert set(AccessRequest.objects.waiting()) == set()


def test_wants_a_reason_and_a_fresh_factor_for_several(client, extension, other_extension, administrator):
    client.force_login(administrator)
    page = client.post(DECIDE_MANY, picking(extension, other_extension))
    seen = page.context["form"]["seen"].value()

    answer = client.post(DECIDE_MANY, {"seen": seen, "tab": "assignments", "choice": "approve"})

    assert answer.status_code == 400
    assert {"justification", "code"} <= answer.context["form"].errors.keys()
    assert AccessRequest.objects.waiting().count() == 2


def test_says_before_what_cannot_be_given_as_it_is_asked(
    client, extension, other_extension, administrator, now
):
    set_rules(now=now, permanent_eligible=False, eligible_maximum_days=15)
    client.force_login(administrator)

    panels = client.post(DECIDE_MANY, picking(extension, other_extension)).context["panels"]

    assert {panel.item: panel.granting.rules for panel in panels} == {
        extension: ("ExpirationRule",),
        other_extension: (),
    }


def test_leaves_out_of_several_what_the_admin_would_gain_by(client, extension, administrator, now):
    make_active(make_user("Olaf Admin", now=now), built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now)
    own = ask(giving(administrator), administrator, now=now)
    client.force_login(administrator)

    panels = client.post(DECIDE_MANY, picking(extension, own)).context["panels"]

    assert [panel.item for panel in panels] == [extension]


def test_finds_what_speaks_for_8_as_quickly_as_for_2(administrator, now):
    def cost(items):
        with CaptureQueriesContext(connection) as queries:
            assert len(admin_evidence_on_many(items, now=now)) == len(items)
        return len(queries)

    for _ in range(8):
        user = make_user(now=now)
        ask(asking(Action.SELF_EXTEND, assign(user, now=now, ends_at=now + DAY)), user, now=now)
    waiting = list(AccessRequest.objects.waiting().with_names())

    assert cost(waiting) == cost(waiting[:2])


def test_counts_many_and_names_what_failed(client, administrator, now):
    people = [make_user(f"Person {number}", now=now) for number in range(5)]
    rows = [assign(person, now=now, ends_at=now + DAY) for person in people]
    asked = [
        ask(asking(Action.SELF_EXTEND, row), person, now=now)
        for row, person in zip(rows, people, strict=True)
    ]
    client.force_login(administrator)
    seen = client.post(DECIDE_MANY, picking(*asked)).context["form"]["seen"].value()
    cancel(asked[0].pk, actor=acting(people[0], now=now), now=now)

    data = {"seen": seen, "tab": "assignments", "justification": "Agreed", "choice": "approve"}
    response = client.post(DECIDE_MANY, data | {"code": code_of(administrator)})

    assert said(response) == [
        "4 requests are approved.",
        f"{asked[0].number}: This request waits no longer: cancelled.",
    ]
