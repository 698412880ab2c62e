"""The pages of those who ask: my roles, activating, extending, my requests. They answer bad input with a
sentence, keep what was typed, and change nothing by halves."""

import re
from datetime import timedelta
from urllib.parse import unquote
from uuid import UUID

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.access_requests.models import AccessRequest
from apps.access_requests.states import Action, State
from apps.accounts.models import AuthenticatorDevice
from apps.assignments.models import Assignment
from apps.roles import built_in
from apps.roles.policy.rules import Authentication
from tests.access_requests.pages import MARKUP, asked, code_of, requests_of, said, text_of, written
from tests.factories import activate, answer, assign, make_active, make_resource, set_rules

pytestmark = pytest.mark.django_db

LINK_BACK = re.compile(f'href="{reverse("accounts:add_factor")}\\?next=([^"]+)"')
MY_ROLES, ACTIVATE = reverse("access_requests:my_roles"), reverse("access_requests:activate")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def now():
    """Pages read the clock."""
    return timezone.now()


@pytest.fixture
def expired(requester, now):
    """Ended a day ago. Ask for it first: what is made later is made later."""
    return assign(requester, built_in.SECURITY_READER, now=now - 9 * DAY, ends_at=now - DAY)


@pytest.fixture
def other_eligible(requester, now):
    return assign(requester, built_in.USER_ADMINISTRATOR, now=now)


@pytest.fixture
def running(other_eligible, requester, now):
    return activate(other_eligible, requester, now=now).result


@pytest.fixture
def waiting(eligible, requester, needs_approval, now):
    return activate(eligible, requester, now=now, justification=MARKUP)


@pytest.fixture
def as_requester(client, requester):
    client.force_login(requester)
    return client


# ---- My roles ----------------------------------------------------------------------------------------------


def test_lists_what_is_eligible_active_and_expired_in_tabs(as_requester, expired, eligible, running):
    names = {
        tab: {row.assignment.role.name for row in as_requester.get(MY_ROLES, {"tab": tab}).context["rows"]}
        for tab in ("eligible", "active", "expired", "nonsense")
    }

    assert names == {
        "eligible": {"Teams Administrator", "User Administrator"},
        "active": {"User Administrator"},
        "expired": {"Security Reader"},
        "nonsense": {"Teams Administrator", "User Administrator"},
    }


@pytest.mark.parametrize(
    ("query", "roles"),
    [
        ({"q": "teams"}, ["Teams Administrator"]),
        ({"q": " ADMIN teams "}, ["Teams Administrator"]),
        ({"q": "cluster"}, ["Contributor"]),
        ({"q": "nowhere"}, []),
        ({"provider": "resources"}, ["Contributor"]),
        ({"provider": "resources", "q": "teams"}, []),
        ({"provider": "groups"}, []),
        ({"provider": "\0", "tab": "\0", "q": "teams"}, ["Teams Administrator"]),
        ({"q": "\0"}, ["Contributor", "Teams Administrator"]),
        ({"q": "x" * 5000}, []),
        ({"q": "🚒 חירום"}, []),
    ],
)
def test_finds_roles_by_provider_and_words(as_requester, requester, eligible, now, query, roles):
    cluster = make_resource("cluster-7", now=now)
    assign(requester, built_in.CONTRIBUTOR, cluster, now=now, ends_at=now + 30 * DAY)

    response = as_requester.get(MY_ROLES, query)

    assert response.status_code == 200
    assert [row.assignment.role.name for row in response.context["rows"]] == roles


def test_gives_a_role_back_once(as_requester, running):
    url = reverse("access_requests:deactivate", args=[running.pk])

    first, again = as_requester.post(url), as_requester.post(url)

    running.refresh_from_db()
    assert running.ended_how == Assignment.End.DEACTIVATED
    assert first.url == MY_ROLES
    assert "User Administrator on" in said(first)[0]
    assert again.status_code == 403
    assert "This is not active now." in text_of(again)


def test_does_not_give_back_what_an_admin_assigned(as_requester, requester, now):
    row = make_active(requester, built_in.SECURITY_READER, now=now)

    response = as_requester.post(reverse("access_requests:deactivate", args=[row.pk]))

    assert response.status_code == 403
    assert "Only an admin can remove it." in text_of(response)
    assert Assignment.objects.get(pk=row.pk).ended_at is None


# ---- Activating --------------------------------------------------------------------------------------------


def test_activates_with_the_code_in_the_form_and_asks_for_none_again(as_requester, requester, eligible):
    without = as_requester.post(ACTIVATE, asked(eligible))
    assert without.status_code == 400
    assert [*without.context["form"].errors] == ["code"]
    assert "Calling plan" in text_of(without)
    assert not requests_of(requester).exists()

    response = as_requester.post(ACTIVATE, asked(eligible, code=code_of(requester)))

    request = requests_of(requester).get()
    assert response.url == request.get_absolute_url()
    assert request.state == State.PROVISIONED
    assert said(response)[0].startswith("Teams Administrator on")
    extend = reverse("access_requests:extend", args=[request.result_id])
    assert "code" not in as_requester.get(extend).context["form"].fields


def test_keeps_a_right_code_when_something_else_is_wrong(as_requester, requester, eligible):
    wrong = as_requester.post(ACTIVATE, asked(eligible, duration="0", code=code_of(requester)))
    assert wrong.status_code == 400
    assert "code" not in wrong.context["form"].fields
    assert not requests_of(requester).exists()

    right = as_requester.post(ACTIVATE, asked(eligible))

    assert right.status_code == 302
    assert requests_of(requester).get().state == State.PROVISIONED


def test_takes_one_code_for_all_of_one_form_where_each_use_wants_one(
    as_requester, requester, eligible, other_eligible, now
):
    for role_id in (built_in.TEAMS_ADMINISTRATOR, built_in.USER_ADMINISTRATOR):
        set_rules(role_id, now=now, authentication=Authentication.MFA_EACH_TIME)
    data = asked(eligible, other_eligible, code=code_of(requester))

    response = as_requester.post(ACTIVATE, data)
    again = as_requester.post(ACTIVATE, asked(eligible))

    assert response.url == reverse("access_requests:my_requests")
    assert [request.state for request in requests_of(requester)] == [State.PROVISIONED] * 2
    assert "code" in again.context["form"].errors


def test_says_what_became_of_each_role_and_offers_the_refused_ones_again(
    as_requester, requester, eligible, other_eligible, running
):
    data = asked(eligible, other_eligible, code=code_of(requester))

    response = as_requester.post(ACTIVATE, data)

    assert response.status_code == 409
    [done, refused] = sorted(response.context["results"], key=lambda result: result[1] is None)
    assert done[1] == requests_of(requester).get(eligible=eligible)
    assert refused[2][0].startswith("Active already, until")
    assert refused[2][0] in text_of(response)
    assert [row.assignment.pk for row in response.context["picks"]] == [other_eligible.pk]
    assert response.context["form"]["pick"].value() == [str(other_eligible.pk)]
    assert response.context["form"]["justification"].value() == "Calling plan"
    assert requests_of(requester).filter(eligible=other_eligible).count() == 1


def test_takes_the_same_form_once(as_requester, requester, eligible, needs_approval):
    first = as_requester.post(ACTIVATE, asked(eligible, code=code_of(requester)))
    again = as_requester.post(ACTIVATE, asked(eligible))

    assert first.status_code == 302
    assert again.status_code == 409
    assert "A request for this waits already." in text_of(again)
    assert requests_of(requester).count() == 1


BAD_TO_ACTIVATE = [
    ("duration", "", "Choose how long."),
    ("duration", "0", "Choose at least 5 min."),
    ("duration", "-1", "Choose how long, in whole minutes."),
    ("duration", "1500", "Choose at most 8 h."),
    ("duration", "NaN", "Choose how long, in whole minutes."),
    ("duration", "9" * 5000, "Choose how long, in whole minutes."),
    ("duration", "\0", "Null characters are not allowed."),
    ("justification", "", "Say why you need the role."),
    ("justification", " \u00a0\n ", "Say why you need the role."),
    ("justification", "x" * 501, "Shorten this to 500 characters; it has 501."),
    ("justification", "a\0b", "Null characters are not allowed."),
    ("starts_at", "2020-01-01T08:00", "This time has passed."),
    ("starts_at", "2076-01-01T08:00", "Choose a start within the next year."),
    ("starts_at", "9999-12-31T23:59", "Choose a start within the next year."),
    ("starts_at", "0001-01-01T00:00", "This time has passed."),
    ("starts_at", "soon", "Give a date and a time"),
    ("starts_at", "\0", "Null characters are not allowed."),
    ("start", "yesterday", "Select a valid choice."),
    ("code", "", "Enter the six digits"),
    ("code", "12345", "A code has six digits."),
    ("code", "١٢٣٤٥٦", "A code has six digits."),
    ("code", "\0", "Null characters are not allowed."),
]


@pytest.mark.parametrize(("field", "value", "sentence"), BAD_TO_ACTIVATE)
def test_answers_bad_input_with_a_sentence_at_its_field(
    as_requester, requester, eligible, field, value, sentence
):
    before = written()
    later = {"start": "later"} if field == "starts_at" else {}

    response = as_requester.post(ACTIVATE, asked(eligible, **later, **{field: value}))

    assert response.status_code == 400
    assert sentence in response.context["form"].errors[field][0]
    assert written() == before


@pytest.mark.parametrize("pick", ["nonsense", "\0", "🚒", "x" * 5000, str(UUID(int=1)), ""])
@pytest.mark.parametrize("method", ["get", "post"])
def test_knows_no_role_that_is_not_ones_own(as_requester, requester, eligible, method, pick):
    data = asked(eligible) | {"pick": [str(eligible.pk), pick]}

    response = getattr(as_requester, method)(ACTIVATE, data)

    assert response.status_code == 404
    assert not requests_of(requester).exists()


def test_activates_no_role_of_somebody_else(as_requester, requester, approver, now):
    theirs = assign(approver, now=now)

    response = as_requester.post(ACTIVATE, asked(theirs, code=code_of(requester)))

    assert response.status_code == 404
    assert not AccessRequest.objects.filter(action=Action.SELF_ACTIVATE).exists()


@pytest.mark.parametrize("reason", ["🚒" * 500, "חירום \u202e abc", MARKUP, "x" * 500])
def test_keeps_any_reason_as_it_was_typed(as_requester, requester, eligible, reason):
    code = code_of(requester)

    response = as_requester.post(ACTIVATE, asked(eligible, justification=reason, code=code))

    assert response.status_code == 302
    assert requests_of(requester).get().justification == reason


def test_leads_back_to_the_picked_roles_from_setting_up_a_second_factor(
    as_requester, requester, eligible, other_eligible
):
    AuthenticatorDevice.objects.filter(user=requester).delete()

    page = text_of(as_requester.post(ACTIVATE, asked(eligible, other_eligible)))

    [form] = LINK_BACK.findall(page)
    assert text_of(as_requester.get(unquote(form))).count('name="pick"') == 2


# ---- Extending ---------------------------------------------------------------------------------------------


def test_extends_from_the_decision(as_requester, requester, running):
    url = reverse("access_requests:extend", args=[running.pk])
    data = {"duration": "120", "justification": "Not done yet", "code": code_of(requester)}

    response = as_requester.post(url, data)

    request = requests_of(requester).get(extends=running)
    running.refresh_from_db()
    assert response.url == request.get_absolute_url()
    assert running.ends_at == request.created_at + 2 * HOUR


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("duration", "0", "Choose at least 5 min."),
        ("duration", "1500", "Choose at most 8 h."),
        ("duration", "30", "It lasts that long already."),
        ("justification", "", "Say why you need the role."),
        ("justification", "a\0b", "Null characters are not allowed."),
        ("code", "12345", "A code has six digits."),
    ],
)
def test_extends_nothing_by_bad_input(as_requester, requester, running, field, value, sentence):
    data = {"duration": "120", "justification": "Not done yet", "code": code_of(requester), field: value}

    response = as_requester.post(reverse("access_requests:extend", args=[running.pk]), data)

    assert response.status_code == 400
    assert sentence in response.context["form"].errors[field][0]
    assert Assignment.objects.get(pk=running.pk).ends_at == running.ends_at


def test_extends_nothing_that_has_ended(as_requester, running):
    as_requester.post(reverse("access_requests:deactivate", args=[running.pk]))

    response = as_requester.get(reverse("access_requests:extend", args=[running.pk]))

    assert response.status_code == 404


# ---- My requests and one request ---------------------------------------------------------------------------


def test_shows_a_request_to_its_requester_with_a_live_part_while_it_is_open(as_requester, waiting):
    page = as_requester.get(waiting.get_absolute_url())
    part = as_requester.get(waiting.get_absolute_url(), headers={"HX-Request": "true"})

    assert "<html" in text_of(page)
    assert "<html" not in text_of(part)
    for response in (page, part):
        assert 'hx-trigger="every 3s"' in text_of(response)
        assert 'data-state="pending_approval"' in text_of(response)
        assert "Can decide: Ada Approver. The first answer counts." in text_of(response)


def test_asks_no_more_once_a_request_is_closed(as_requester, approver, waiting, now):
    answer(waiting, approver, now=now, approve=False, why="Not during the freeze")

    part = as_requester.get(waiting.get_absolute_url(), headers={"HX-Request": "true"})

    assert "hx-trigger" not in text_of(part)
    assert 'data-state="denied"' in text_of(part)
    assert "Not during the freeze" in text_of(part)


def test_withdraws_a_request_once(as_requester, waiting):
    url = reverse("access_requests:cancel", args=[waiting.pk])

    first, again = as_requester.post(url), as_requester.post(url)

    waiting.refresh_from_db()
    assert waiting.state == State.CANCELED
    assert (first.url, said(first)) == (waiting.get_absolute_url(), [f"{waiting.number} is cancelled."])
    assert again.status_code == 409
    assert "This request waits no longer: cancelled. Cancelled by John Doe." in text_of(again)


def test_lists_only_ones_own_requests_and_those_that_wait(as_requester, waiting, running, approver, now):
    activate(assign(approver, built_in.SECURITY_READER, now=now), approver, now=now)
    url = reverse("access_requests:my_requests")

    every = {item.pk for item, *_ in as_requester.get(url).context["rows"]}
    open_ones = {item.pk for item, *_ in as_requester.get(url, {"filter": "waiting"}).context["rows"]}

    assert open_ones == {waiting.pk}
    assert every >= {waiting.pk, AccessRequest.objects.get(result=running, action=Action.SELF_ACTIVATE).pk}
    assert not AccessRequest.objects.filter(pk__in=every, requester=approver).exists()


@pytest.mark.parametrize("path", ["nonsense/", "%00/", "00000000-0000-0000-0000-00000000000g/"])
def test_finds_no_page_at_what_is_no_id(as_requester, path):
    for start in ("/requests/", "/approve/", "/my-roles/"):
        assert as_requester.get(start + path).status_code == 404
        assert as_requester.post(start + path).status_code == 404
