"""Files that come in, in all their looks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.administration.policy.imports import TEMPLATES, Kind
from apps.administration.services.imports.handlers import HANDLERS
from apps.administration.services.imports.planning import plan_import
from apps.common.csv import csv_lines
from apps.jobs.models import Job
from apps.jobs.running import run_jobs
from tests.factories import acting
from tests.look.looks import complaints


@pytest.fixture
def planned(demo) -> Job:
    """With a line that is new, one that waits for another admin, and one that is wrong."""
    now = timezone.now()
    alma = User.objects.get(email="admin@example.com")
    given = (
        "Exchange Administrator",
        "directory",
        "",
        "eligible",
        "",
        f"{now + timedelta(days=90):%Y-%m-%d}",
    )
    people = ("john.doe@example.com", alma.email, "nobody-of-that-name@example.com")
    rows = [(person, *given, "Takes part in the migration", "add") for person in people]
    content = "".join(csv_lines(TEMPLATES[Kind.ASSIGNMENTS].names, rows)).encode()
    actor = acting(alma, now=now)
    job = plan_import(kind=Kind.ASSIGNMENTS, file_name="staff.csv", content=content, actor=actor, now=now)
    run_jobs(HANDLERS, clock=lambda: now, until=now + timedelta(seconds=15))
    return job


def test_pages_of_imports_are_accessible(planned, signed_in):
    alma = signed_in("admin@example.com")
    assert list(planned.lines.order_by("number").values_list("verdict", flat=True)) == [
        "new",
        "waits",
        "wrong",
    ]

    for path in (
        reverse("administration:imports"),
        reverse("administration:new_import", args=[Kind.MEMBERS]),
        planned.get_absolute_url(),
    ):
        alma.goto(path)
        assert complaints(alma) == [], path
