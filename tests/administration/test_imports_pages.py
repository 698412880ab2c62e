"""Bringing a file in, page by page."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from apps.administration.policy.imports import TEMPLATES, Kind
from apps.administration.services.imports.handlers import HANDLERS
from apps.assignments.models import Assignment
from apps.common.csv import BYTE_ORDER_MARK
from apps.jobs.models import Job
from apps.jobs.running import run_jobs
from apps.jobs.states import JobState
from tests.access_requests.pages import code_of

pytestmark = pytest.mark.django_db

HEAD = ",".join(TEMPLATES[Kind.ASSIGNMENTS].names)


@pytest.fixture
def now():
    """Pages read the clock."""
    return timezone.now()


@pytest.fixture
def admin(client, administrator):
    client.force_login(administrator)
    return client


def send(client, text, kind="assignments"):
    file = SimpleUploadedFile("staff.csv", text.encode())
    return client.post(reverse("administration:new_import", args=[kind]), {"file": file})


def work():
    now = timezone.now()
    run_jobs(HANDLERS, clock=lambda: now, until=now + timedelta(seconds=15))


def test_brings_a_file_in(admin, administrator, visitor):
    sent = send(admin, f"{HEAD}\n{visitor.email},Teams Administrator,directory,,eligible,,,\n,,,,,,,x\n")
    job = Job.objects.get()
    assert sent.url == job.get_absolute_url()
    work()
    planned = admin.get(job.get_absolute_url()).content.decode()
    assert "Nothing stands in principal, role, provider or kind." in planned

    admin.post(job.get_absolute_url(), {"code": code_of(administrator)})
    work()

    assert Assignment.objects.get(principal=visitor).resource.name
    done = admin.get(job.get_absolute_url())
    assert "The lines are applied." in done.content.decode()


def test_applies_nothing_without_a_second_factor(admin, visitor):
    send(admin, f"{HEAD}\n{visitor.email},Teams Administrator,directory,,eligible,,,\n")
    work()

    answer = admin.post(Job.objects.get().get_absolute_url())

    assert answer.status_code == 400
    assert Job.objects.get().state == JobState.PLANNED


@pytest.mark.parametrize("text", ["", "name,age\nJane,3\n", f"{HEAD}\n"])
def test_says_at_once_what_is_no_such_file(admin, text):
    answer = send(admin, text)

    assert answer.status_code == 400
    assert not Job.objects.exists()


def test_knows_no_other_kind(admin):
    assert send(admin, "a,b\n1,2\n", kind="secrets").status_code == 404


def test_gives_a_template_that_can_be_sent_back(admin):
    address = reverse("administration:import_template", args=["assignments"])
    text = b"".join(admin.get(address).streaming_content).decode()

    assert text.startswith(BYTE_ORDER_MARK + HEAD)
    assert send(admin, text).status_code == 302


def test_shows_only_the_lines_that_were_asked_for(admin, visitor):
    send(admin, f"{HEAD}\n{visitor.email},Teams Administrator,directory,,eligible,,,\nnobody@x.org,,,,,,,\n")
    work()

    wrong = admin.get(Job.objects.get().get_absolute_url(), {"only": "wrong"}).content.decode()

    assert "nobody@x.org" in wrong
    assert visitor.email not in wrong


def test_tells_a_waiting_page_to_look_again_when_it_is_over(admin, visitor):
    send(admin, f"{HEAD}\n{visitor.email},Teams Administrator,directory,,eligible,,,\n")
    address = Job.objects.get().get_absolute_url()
    asking = {"HX-Request": "true"}

    before = admin.get(address, headers=asking)
    work()
    after = admin.get(address, headers=asking)

    assert b"0 of 1 line checked" in before.content
    assert after.headers["HX-Refresh"] == "true"


def test_reports_each_line(admin, visitor):
    send(
        admin,
        f"{HEAD}\n{visitor.email},Teams Administrator,directory,,eligible,,,=1+1\nnobody@x.org,,,,,,,\n",
    )
    work()

    address = reverse("administration:import_report", args=[Job.objects.get().pk])
    _, *lines = b"".join(admin.get(address).streaming_content).decode().splitlines()

    assert lines == [
        f"2,{visitor.email},Teams Administrator,directory,,eligible,,,'=1+1,,New,To apply,",
        '3,nobody@x.org,,,,,,,,,Wrong,Left as it is,"Nothing stands in role, provider or kind."',
    ]


def test_stops_and_reverses(admin, visitor, administrator):
    send(admin, f"{HEAD}\n{visitor.email},Teams Administrator,directory,,eligible,,,\n")
    job = Job.objects.get()

    admin.post(reverse("administration:stop_import", args=[job.pk]))
    refused = admin.post(reverse("administration:reverse_import", args=[job.pk]))

    job.refresh_from_db()
    assert (job.state, refused.status_code) == (JobState.STOPPED, 403)


@pytest.mark.parametrize("count", [2, 20])
def test_shows_any_number_of_lines_with_as_many_queries(admin, count, django_assert_num_queries):
    rows = "".join(f"nobody{number}@x.org,Emperor,directory,,eligible,,,\n" for number in range(count))
    send(admin, f"{HEAD}\n{rows}")
    work()

    with django_assert_num_queries(12):
        admin.get(Job.objects.get().get_absolute_url())
