"""What a hostile reading found at the pages: posts that no page makes, and what lists cost."""

from uuid import uuid4

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.access_requests.models import AccessRequest, Approval
from apps.access_requests.selectors.deciding import evidence_on
from apps.access_requests.states import State
from apps.accounts.models import AuthenticatorDevice
from apps.assignments.models import Assignment
from apps.roles import built_in
from tests.factories import activate, answer, assign, make_resource, make_user, set_rules

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_the_door")]

DECIDE_MANY = reverse("access_requests:decide_many")
OUT_OF_DATE = "This page is out of date."


@pytest.fixture
def now():
    """Pages read the clock."""
    return timezone.now()


@pytest.fixture
def waiting(requester, eligible, needs_approval, now):
    return activate(eligible, requester, now=now)


@pytest.fixture
def decided_elsewhere(requester, now):
    """A request of John's that Bob decided, and that is no business of the approver's."""
    bob = make_user("Bob Boss", now=now)
    set_rules(built_in.USER_ADMINISTRATOR, now=now, approvers=(bob,))
    eligible = assign(requester, built_in.USER_ADMINISTRATOR, now=now)
    return answer(activate(eligible, requester, now=now), bob, now=now)


def digest_of(request, approver, now):
    item = AccessRequest.objects.with_names().get(pk=request.pk)
    return evidence_on(item, reader=approver, now=now).digest


def deny(client, approver, seen):
    """Post one answer to all of `seen`, with a fresh code."""
    client.force_login(approver)
    code = AuthenticatorDevice.objects.get(user=approver).code_at(timezone.now())
    data = {"seen": seen, "choice": "deny", "justification": "Not today", "code": code}
    return client.post(DECIDE_MANY, data)


def said(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


# ---- Deciding many -----------------------------------------------------------------------------------------


def test_answers_an_unknown_id_with_a_sentence_and_decides_the_others(client, approver, waiting, now):
    unknown = AccessRequest()
    seen = [f"{waiting.pk}:{digest_of(waiting, approver, now)}", f"{unknown.pk}:abc"]

    response = deny(client, approver, seen)

    assert response.status_code == 302
    assert said(response) == [
        "John Doe's request for Teams Administrator is denied.",
        f"{unknown.number}: There is no such request to decide.",
    ]
    waiting.refresh_from_db()
    assert waiting.state == State.DENIED


def test_answers_the_id_of_what_an_admin_did_as_an_unknown_one(client, approver, waiting, now):
    admins = AccessRequest.objects.filter(action="admin_assign").first()

    response = deny(client, approver, [f"{waiting.pk}:stale", f"{admins.pk}:abc"])

    assert response.status_code == 302
    assert said(response)[1] == f"{admins.number}: There is no such request to decide."
    assert not Approval.objects.exists()


@pytest.mark.parametrize("digest", ["", ":", "::"])
def test_decides_nothing_without_a_digest_of_what_was_seen(client, approver, waiting, digest):
    response = deny(client, approver, [f"{waiting.pk}{digest}"])

    waiting.refresh_from_db()
    assert waiting.state == State.PENDING_APPROVAL
    assert not Approval.objects.exists()
    if response.status_code == 400:
        assert OUT_OF_DATE in response.content.decode()
    else:
        assert "have changed" in said(response)[0]


@pytest.mark.parametrize("other", ["", "nonsense", "nonsense:abc", "\x00:\x00", ":"])
def test_says_that_the_page_is_out_of_date_where_an_id_is_none(client, approver, waiting, now, other):
    seen = [f"{waiting.pk}:{digest_of(waiting, approver, now)}", other]

    response = deny(client, approver, seen)

    assert response.status_code == 400
    assert OUT_OF_DATE in response.content.decode()
    assert not Approval.objects.exists()


def test_tells_nothing_of_requests_that_others_decide(client, approver, waiting, decided_elsewhere):
    response = deny(client, approver, [f"{waiting.pk}:stale", f"{decided_elsewhere.pk}:abc"])

    assert response.status_code == 302
    assert said(response)[1] == f"{decided_elsewhere.number}: You are not an approver of this role."
    assert "Bob" not in " ".join(said(response))


def test_tells_nobody_on_the_pages_either(client, approver, decided_elsewhere):
    client.force_login(approver)

    decide = client.get(decided_elsewhere.get_decide_url())
    unknown = client.get(reverse("access_requests:decide", args=[uuid4()]))

    assert (decide.status_code, unknown.status_code) == (403, 403)
    assert "Bob" not in decide.content.decode()
    assert client.get(decided_elsewhere.get_absolute_url()).status_code == 404


# ---- Giving back -------------------------------------------------------------------------------------------


def without_ids(answer):
    """The page but for what was asked for, and the id of having asked."""
    page = answer.content.decode()
    for name in (answer.wsgi_request.path.split("/")[2], answer["X-Request-ID"]):
        page = page.replace(name, "")
    return page


def test_answers_alike_to_giving_back_anothers_role_and_an_unknown_one(
    client, approver, requester, eligible, now
):
    running = activate(eligible, requester, now=now).result
    client.force_login(approver)

    others, unknown = (
        client.post(reverse("access_requests:deactivate", args=[pk])) for pk in (running.pk, uuid4())
    )

    assert (others.status_code, unknown.status_code) == (404, 404)
    assert without_ids(others) == without_ids(unknown)
    assert Assignment.objects.get(pk=running.pk).ended_at is None


# ---- What lists cost ---------------------------------------------------------------------------------------


def queries_of(user, url):
    client = Client()
    client.force_login(user)
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


LISTS = [
    ("approver", reverse("portal:home")),
    ("approver", reverse("access_requests:approve")),
    ("visitor", reverse("portal:home")),  # what waits is looked through, and none of it is theirs
    ("requester", reverse("portal:home")),
    ("requester", reverse("access_requests:my_requests")),
    ("requester", reverse("access_requests:my_requests") + "?filter=waiting"),
]


def test_asks_the_database_as_often_with_eight_waiting_as_with_two(requester, approver, visitor, now):
    people = {"approver": approver, "visitor": visitor, "requester": requester}
    for role_id in (built_in.TEAMS_ADMINISTRATOR, built_in.CONTRIBUTOR):
        set_rules(role_id, now=now, approvers=(approver,), permanent_eligible=True)
    counts = []

    for target in (2, 8):
        while AccessRequest.objects.waiting().filter(principal=requester).count() < target:
            wait_once_more(requester, now)
        counts.append({(who, url): queries_of(people[who], url) for who, url in LISTS})

    assert counts[0] == counts[1]


def wait_once_more(requester, now):
    """One more request of this person's, for a resource of its own, and one of somebody else's."""
    resource, other = make_resource(now=now), make_user(now=now)
    activate(assign(requester, built_in.CONTRIBUTOR, resource, now=now), requester, now=now)
    activate(assign(other, now=now), other, now=now)
