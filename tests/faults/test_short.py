"""The short version: a few faults of one portal, one after the other. `make fault` has all, at length."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from apps.access_requests.models import AccessRequest
from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.notifications.models import Notice
from apps.portal.doctor.database import writing_findings
from tests.driving.processes import wait_until
from tests.factories import activate, assign, make_user
from tests.faults.databases import locked
from tests.faults.scene import Scene
from tests.faults.whole import Known, faults

AS_MANY_AS_THERE_ARE = 2**31


def test_a_killed_worker_a_refusing_mail_server_and_a_locked_database_leave_nothing_behind(sqlite, tmp_path):
    with Scene(tmp_path, sqlite, people=2).playing() as scene:
        scene.kill(scene.portal.cluster()[0])
        scene.post.refuse()
        assert wait_until(lambda: Notice.objects.failed_before().exists(), seconds=60, every=0.5)
        with locked(sqlite):
            assert scene.ready()[0] == 200
        scene.post.take()
        # Else what failed waits for a minute, and what the killed one was sending for two.
        Notice.objects.filter(next_try_at__isnull=False).update(next_try_at=timezone.now())

        scene.recovers()


def test_a_full_disk_leaves_nothing_half_done(sqlite):
    began = timezone.now()
    people = [make_user(now=began) for _ in range(30)]
    eligible = [assign(person, now=began) for person in people]
    limit_pages(1)  # SQLite makes that as many as it has

    with pytest.raises(OperationalError, match="full"):
        activate_all(eligible, people, now=began)
    limit_pages(AS_MANY_AS_THERE_ARE)

    assert AccessRequest.objects.count() < len(people)
    wrong = faults(Known(since=began), now=began)
    assert [each for each in wrong if not each.endswith("wait.")] == []


def test_the_doctor_finds_a_disk_that_takes_no_more(sqlite):
    assert list(writing_findings()) == []

    with no_file_grows():
        (found,) = writing_findings()

    assert "Nothing can be written to it" in found.what
    assert list(writing_findings()) == []


@contextmanager
def no_file_grows() -> Iterator[None]:
    """In this process, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def activate_all(eligible: list[Assignment], people: list[User], *, now: datetime) -> None:
    for row, person in zip(eligible, people, strict=True):
        activate(row, person, now=now)


def limit_pages(count: int) -> None:
    connection.ensure_connection()
    connection.connection.execute("VACUUM")  # what other tests have left behind would be room
    connection.connection.execute(f"PRAGMA max_page_count = {count}")
