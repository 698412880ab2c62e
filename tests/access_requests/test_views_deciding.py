"""The pages of those who decide: the link in the mail, several at once, and what others see: nothing."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.access_requests.asks import THE_CONSOLE, Ask
from apps.access_requests.models import Approval
from apps.access_requests.services.door import submit
from apps.access_requests.services.withdrawing import cancel
from apps.access_requests.states import Action, State
from apps.accounts.models import AuthenticatorDevice
from apps.notifications.models import Notice
from apps.roles import built_in
from tests.access_requests.pages import MARKUP, code_of, said, text_of, written
from tests.factories import acting, activate, answer, assign, make_resource, make_user, set_rules

pytestmark = pytest.mark.django_db

MY_ROLES = reverse("access_requests:my_roles")
APPROVE, DECIDE_MANY = reverse("access_requests:approve"), reverse("access_requests:decide_many")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def now():
    """Pages read the clock."""
    return timezone.now()


@pytest.fixture
def waiting(eligible, requester, needs_approval, now):
    return activate(eligible, requester, now=now, justification=MARKUP)


@pytest.fixture
def second_approver(approver, waiting, now):
    second = make_user("Bob Boss", now=now)
    set_rules(now=now, approvers=(approver, second))
    return second


@pytest.fixture
def as_requester(client, requester):
    client.force_login(requester)
    return client


@pytest.fixture
def as_approver(approver):
    client = Client()
    client.force_login(approver)
    return client


def initial(response, name):
    return response.context["selected"].form.initial[name]


def decided(response, approver, **values):
    """The form of this page to decide, rightly filled in but for `values`."""
    data = {"choice": "approve", "justification": "Agreed", "digest": initial(response, "digest")}
    return data | {"code": code_of(approver)} | values


# ---- Deciding ----------------------------------------------------------------------------------------------


def test_grants_what_the_link_shows(as_approver, approver, waiting):
    page = as_approver.get(waiting.get_decide_url(), {"choice": "approve"})

    response = as_approver.post(waiting.get_decide_url(), decided(page, approver))

    waiting.refresh_from_db()
    assert waiting.state == State.PROVISIONED
    assert waiting.approvals.get().approver == approver
    assert (response.url, said(response)) == (
        APPROVE,
        ["John Doe's request for Teams Administrator is approved."],
    )


def test_changes_nothing_however_often_a_scanner_calls(client, as_approver, approver, waiting):
    links = [waiting.get_decide_url() + choice for choice in ("", "?choice=approve", "?choice=deny")]
    before = written()

    for number in range(24):  # each link by each method, signed in and not, twice
        visitor = as_approver if number % 2 else client
        method = visitor.head if number % 4 < 2 else visitor.get
        assert method(links[number % 3]).status_code == (200 if number % 2 else 302)

    assert written() == before


def test_leads_back_to_the_link_after_signing_in(client, waiting):
    response = client.get(waiting.get_decide_url() + "?choice=approve")

    assert response.url == f"/sign-in/?next={waiting.get_decide_url()}%3Fchoice%3Dapprove"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("choice", "", "Choose Approve or Deny."),
        ("choice", "maybe", "Choose Approve or Deny."),
        ("choice", "\0", "Choose Approve or Deny."),
        ("justification", "", "Say what your decision rests on."),
        ("justification", "x" * 501, "Shorten this to 500 characters; it has 501."),
        ("justification", "a\0b", "Null characters are not allowed."),
        ("digest", "", "This page is out of date."),
        ("digest", "x" * 65, "at most 64 characters"),
        ("code", "", "Enter the six digits"),
        ("code", "abcdef", "A code has six digits."),
        ("code", "0" * 5000, "A code has six digits."),
    ],
)
def test_decides_nothing_by_bad_input(as_approver, approver, waiting, field, value, sentence):
    url = waiting.get_decide_url()
    data = decided(as_approver.get(url), approver, **{field: value})

    response = as_approver.post(url, data)

    assert response.status_code == 400
    assert sentence in response.context["selected"].form.errors[field][0]
    waiting.refresh_from_db()
    assert waiting.state == State.PENDING_APPROVAL
    assert not Approval.objects.exists()


def test_shows_the_new_state_and_keeps_the_reason_when_the_page_is_stale(as_approver, approver, waiting, now):
    url = waiting.get_decide_url()
    data = decided(as_approver.get(url), approver, justification="Agreed with Sue")
    set_rules(now=now, approvers=(approver,), maximum_half_hours=4)

    response = as_approver.post(url, data)

    assert response.status_code == 409
    assert "This request or its rules have changed." in text_of(response)
    assert initial(response, "justification") == "Agreed with Sue"
    assert initial(response, "digest") != data["digest"]
    assert not Approval.objects.exists()


def test_shows_nothing_of_a_request_to_whom_it_is_not_for(client, visitor, requester, auditor, waiting):
    pages = []
    for somebody in (visitor, requester, auditor):
        client.force_login(somebody)
        pages += [
            client.get(waiting.get_decide_url()),
            client.post(waiting.get_decide_url(), {"choice": "deny"}),
        ]

    assert {page.status_code for page in pages} == {403}
    for page in pages:
        for told in (waiting.number, "Teams Administrator", "alert(1)", "Ada Approver"):
            assert told not in text_of(page)
    assert "John Doe" not in text_of(pages[0])
    assert not Approval.objects.exists()


def test_says_who_was_faster(as_approver, second_approver, waiting, approver, now):
    data = decided(as_approver.get(waiting.get_decide_url()), approver)
    answer(waiting, second_approver, now=now, approve=False)

    late, looked = as_approver.post(waiting.get_decide_url(), data), as_approver.get(waiting.get_decide_url())

    assert (late.status_code, looked.status_code) == (409, 200)
    for page in (late, looked):
        assert "Bob Boss was faster and denied this request" in text_of(page)
    assert Approval.objects.count() == 1


def test_says_that_a_request_was_withdrawn(as_approver, requester, waiting, now):
    cancel(waiting.pk, actor=acting(requester, now=now), now=now)

    response = as_approver.get(waiting.get_decide_url())

    assert response.status_code == 200
    assert "This request waits no longer: cancelled." in text_of(response)


def test_says_that_a_request_timed_out_before_any_sweep(as_approver, approver, requester, now):
    set_rules(now=now - 3 * DAY, approvers=(approver,))
    late = activate(assign(requester, now=now - 2 * DAY), requester, now=now - 25 * HOUR)

    response = as_approver.post(late.get_decide_url(), {"choice": "approve"})

    assert response.status_code == 409
    assert "This request waits no longer: timed out." in text_of(response)
    assert as_approver.get(APPROVE).context["page"] is None


def test_decides_several_with_one_reason_and_one_code(as_approver, approver, waiting, now):
    other = make_user("Jane Roe", now=now)
    hers = activate(assign(other, now=now), other, now=now)
    shown = as_approver.post(DECIDE_MANY, {"pick": [str(waiting.pk), str(hers.pk)], "choice": "approve"})
    seen = shown.context["form"]["seen"].value()
    cancel(hers.pk, actor=acting(other, now=now), now=now)
    data = {"seen": seen, "choice": "approve", "justification": "Agreed", "code": code_of(approver)}

    response = as_approver.post(DECIDE_MANY, data)

    waiting.refresh_from_db()
    assert len(seen) == 2
    assert response.url == APPROVE
    assert sorted(said(response)) == [
        "John Doe's request for Teams Administrator is approved.",
        f"{hers.number}: This request waits no longer: cancelled.",
    ]
    assert waiting.state == State.PROVISIONED
    assert Approval.objects.get().request == waiting


@pytest.mark.parametrize(("page", "back"), [(DECIDE_MANY, APPROVE), ("", "")])
def test_leads_back_from_setting_up_a_second_factor(as_approver, approver, waiting, page, back):
    AuthenticatorDevice.objects.filter(user=approver).delete()
    one = waiting.get_decide_url()

    shown = text_of(as_approver.post(page or one, {"pick": str(waiting.pk), "choice": "approve"}))

    assert f'href="{reverse("accounts:add_factor")}?next={back or one}"' in shown


def test_asks_to_pick_first_where_nothing_waits(as_approver):
    response = as_approver.post(DECIDE_MANY, {"pick": ["\0", "nonsense", str(uuid4())], "choice": "approve"})

    assert response.url == APPROVE
    assert said(response) == ["Pick at least one request that waits for you."]


def test_shows_reasons_as_text_wherever_they_stand(as_requester, as_approver, waiting):
    pages = [
        as_requester.get(waiting.get_absolute_url()),
        as_requester.get(reverse("access_requests:my_requests")),
        as_requester.get(MY_ROLES),
        as_approver.get(APPROVE),
        as_approver.get(waiting.get_decide_url()),
        as_approver.post(DECIDE_MANY, {"pick": str(waiting.pk)}),
    ]

    assert all(page.status_code == 200 and "<script>alert" not in text_of(page) for page in pages)
    assert "&lt;script&gt;alert(1)" in text_of(pages[0])
    assert "&lt;script&gt;alert(1)" in text_of(pages[4])
    assert not any("\n" in notice.subject for notice in Notice.objects.all())


# ---- What lists cost ---------------------------------------------------------------------------------------


LISTS = [
    ("requester", f"{MY_ROLES}?tab=eligible", "rows"),
    ("requester", f"{MY_ROLES}?tab=active", "rows"),
    ("requester", f"{MY_ROLES}?tab=expired", "rows"),
    ("approver", f"{APPROVE}?tab=decided", "decided"),
]


def test_asks_the_database_as_often_with_eight_rows_as_with_two(requester, approver, now):
    people = {"requester": requester, "approver": approver}
    set_rules(built_in.READER, now=now - 9 * DAY, approvers=(approver,))
    counts = []

    for number in (2, 8):
        while Approval.objects.count() < number:
            hold_once_more(requester, approver, now)
        counts.append({url: cost(people[who], url, rows, number) for who, url, rows in LISTS})

    assert counts[0] == counts[1]


def hold_once_more(requester, approver, now):
    """One more that has ended, one that may be activated, and one that is active after an approval."""
    resource = make_resource(now=now)
    eligible = assign(requester, built_in.READER, resource, now=now, ends_at=now + DAY)
    answer(activate(eligible, requester, now=now), approver, now=now)
    brief = assign(requester, built_in.CONTRIBUTOR, resource, now=now, ends_at=now + DAY)
    submit(Ask(Action.ADMIN_REMOVE, assignment_id=brief.id), actor=THE_CONSOLE, now=now)


def cost(user, url, rows, number):
    """The queries of this page, which shows so many rows."""
    client = Client()
    client.force_login(user)
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        response = client.get(url)
    assert len(response.context[rows]) == number
    return len(queries)
