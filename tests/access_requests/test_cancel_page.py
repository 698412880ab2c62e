"""Cancelling on its page: an admin's way to end what others asked for, and one's own without script."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.access_requests.models import AccessRequest
from apps.access_requests.states import State
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.notifications.models import Notice
from tests.access_requests.pages import code_of, said, text_of, written
from tests.factories import activate, answer

pytestmark = pytest.mark.django_db

MARKED = re.compile(r'<a href="[^"]+" aria-current="page"><svg.*?</svg>([\w ]+)', re.DOTALL)


@pytest.fixture
def now():
    """Pages read the clock."""
    return timezone.now()


@pytest.fixture
def waiting(requester, eligible, needs_approval, now):
    return activate(eligible, requester, now=now, justification="A channel is broken")


@pytest.fixture
def url(waiting):
    return reverse("access_requests:cancel", args=[waiting.pk])


@pytest.fixture
def as_admin(client, administrator):
    client.force_login(administrator)
    return client


def state_of(request):
    return AccessRequest.objects.get(pk=request.pk).state


def test_leads_an_admin_from_the_request_to_its_page(as_admin, waiting, url):
    page = text_of(as_admin.get(waiting.get_absolute_url()))

    assert f'href="{url}"' in page
    assert f'action="{url}"' not in page


@pytest.mark.parametrize(("who", "label"), [("administrator", "All requests"), ("requester", "My requests")])
def test_marks_the_list_it_belongs_to_in_the_menu(client, request, waiting, url, who, label):
    client.force_login(request.getfixturevalue(who))

    for address in (waiting.get_absolute_url(), url):
        page = text_of(client.get(address))
        assert MARKED.findall(page) == [label]


def test_lets_the_requester_cancel_with_one_press(client, requester, waiting, url):
    client.force_login(requester)

    page = text_of(client.get(waiting.get_absolute_url()))
    response = client.post(url)

    assert f'action="{url}"' in page
    assert response.url == waiting.get_absolute_url()
    assert state_of(waiting) == State.CANCELED


def test_shows_an_admin_what_would_be_cancelled_and_asks_for_a_code(as_admin, url):
    response = as_admin.get(url)

    assert response.status_code == 200
    assert set(response.context["form"].fields) == {"justification", "code"}
    for text in ("A channel is broken", "Teams Administrator", "John Doe is told, and can ask again."):
        assert text in text_of(response)


def test_shows_the_requester_the_same_without_a_code(client, requester, url):
    client.force_login(requester)

    response = client.get(url)

    assert "code" not in response.context["form"].fields
    assert "A channel is broken" in text_of(response)


def test_cancels_with_a_code_and_tells_why(as_admin, administrator, requester, waiting, url):
    data = {"justification": "Not during the freeze", "code": code_of(administrator)}

    response = as_admin.post(url, data)

    waiting.refresh_from_db()
    reason = "Cancelled by Alma Admin: “Not during the freeze”."
    assert (response.url, said(response)) == (waiting.get_absolute_url(), [f"{waiting.number} is cancelled."])
    assert (waiting.state, waiting.closing_reason) == (State.CANCELED, reason)
    event = AuditEvent.objects.get(action=AuditAction.REQUEST_CANCELED)
    assert (event.actor_name, event.justification) == ("Alma Admin", "Not during the freeze")
    assert Notice.objects.get(event="request_canceled").recipient_id == requester.id


@pytest.mark.parametrize(
    ("data", "field"),
    [({}, "code"), ({"code": "12345"}, "code"), ({"justification": "x" * 501}, "justification")],
)
def test_says_what_is_missing_and_keeps_what_was_typed(as_admin, waiting, url, data, field):
    before = written()

    response = as_admin.post(url, {"justification": "Not today"} | data)

    assert response.status_code == 400
    assert field in response.context["form"].errors
    assert (data.get("justification") or "Not today") in text_of(response)
    assert written() == before


@pytest.mark.parametrize("method", ["get", "post"])
def test_is_closed_to_whoever_only_reads(client, auditor, waiting, url, method):
    client.force_login(auditor)

    response = getattr(client, method)(url)

    assert response.status_code == 403
    assert "Only the requester or an admin cancels a request." in text_of(response)
    assert state_of(waiting) == State.PENDING_APPROVAL


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(("approve", "word"), [(True, "approved"), (False, "denied")])
def test_says_who_decided_meanwhile(as_admin, approver, waiting, url, now, method, approve, word):
    answer(waiting, approver, now=now, approve=approve)
    before = written()

    response = getattr(as_admin, method)(url)

    assert response.status_code == 409
    assert f"Ada Approver was faster and {word} this request" in text_of(response)
    assert written() == before
