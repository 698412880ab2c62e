"""The page that takes everything from a person."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.assignments.models import Assignment
from apps.roles import built_in
from tests.access_requests.pages import code_of, said, text_of, written
from tests.factories import activate, assign, make_active, make_resource

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def now():
    """Pages read the clock."""
    return timezone.now()


@pytest.fixture
def address(requester):
    return reverse("access_requests:revoke_all", args=[requester.pk])


def test_takes_everything_with_one_reason(client, administrator, requester, eligible, address, now):
    activate(eligible, requester, now=now)
    client.force_login(administrator)
    before = written()
    shown = text_of(client.get(address))
    unchanged = written()
    silent = client.post(address, {"justification": " ", "code": code_of(administrator)})

    answer = client.post(address, {"justification": "Left", "next": "/directory/assignments/"})

    assert before == unchanged
    assert "Teams Administrator" in shown
    assert "justification" in silent.context["form"].errors
    assert (answer.status_code, said(answer)) == (302, ["John Doe: 2 revoked."])
    assert not Assignment.objects.filter(principal=requester, ended_at__isnull=True).exists()


def test_says_what_stays(client, administrator, now):
    client.force_login(administrator)
    address = reverse("access_requests:revoke_all", args=[administrator.pk])

    answer = client.post(address, {"justification": "Leaving", "code": code_of(administrator)})

    assert "stays. This is the last Global Administrator" in " ".join(said(answer))


def test_shows_a_keeper_only_what_lies_in_their_scope(client, visitor, requester, eligible, address, now):
    inside, other = make_resource("Inside", now=now), make_resource("Other", now=now)
    make_active(visitor, built_in.RESOURCE_OWNER, inside, now=now, ends_at=now + DAY)
    client.force_login(visitor)
    hidden = client.get(address)
    assign(requester, built_in.READER, inside, now=now, ends_at=now + DAY)
    assign(requester, built_in.CONTRIBUTOR, other, now=now, ends_at=now + DAY)

    shown = text_of(client.get(address))
    client.post(address, {"justification": "Moved", "code": code_of(visitor)})

    assert hidden.status_code == 404
    assert ("Reader" in shown, "Contributor" in shown, "Teams" in shown) == (True, False, False)
    left = Assignment.objects.filter(principal=requester, ended_at__isnull=True)
    assert {row.role.name for row in left} == {"Contributor", "Teams Administrator"}
