"""A worker killed in the middle of a line: each line is applied exactly once."""

from __future__ import annotations

import os
import signal
from collections import Counter
from datetime import timedelta

import pytest

from apps.accounts.policy import SecondFactor
from apps.administration.policy.imports import Kind
from apps.administration.services.imports.assignments import Assignments
from apps.administration.services.imports.handlers import HANDLERS
from apps.assignments.models import Assignment
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.jobs.models import Job
from apps.jobs.running import LEASE, run_jobs
from apps.jobs.selectors import progress_of
from apps.jobs.services import start_job
from apps.jobs.states import JobState
from apps.notifications.models import Notice
from apps.roles.installation import install_built_ins
from tests.administration.test_imports import line, plan, worked
from tests.factories import acting, make_user
from tests.races.moments import in_a_process

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

LINES = 6
DEADLY = 4  # the number of a line, in the middle of the file


class Killed(Assignments):
    """Ends its own process, as kill -9 does, when a line is done and its transaction is not."""

    def apply(self, job, line, *, now):
        effect = super().apply(job, line, now=now)
        if line.number == DEADLY:
            os.kill(os.getpid(), signal.SIGKILL)
        return effect


@pytest.fixture(autouse=True)
def _built_in_roles(db):
    install_built_ins()  # a test that commits has emptied these tables too


@pytest.fixture
def running(administrator, now) -> Job:
    people = [make_user(enrolled=False, now=now) for _ in range(LINES)]
    job = plan(Kind.ASSIGNMENTS, *(line(person.email) for person in people), by=administrator, now=now)
    access = acting(administrator, now=now).access
    start_job(job=job, actor=administrator, access=access, second_factor=SecondFactor(now), now=now)
    return job


def assert_each_line_was_applied_once(job: Job) -> None:
    added = AuditEvent.objects.filter(action=AuditAction.ASSIGNMENT_ADDED, actor_id=str(job.actor_id))
    told = Counter(added.values_list("target_id", flat=True))
    held = Counter(str(id_) for id_ in Assignment.objects.eligible().values_list("principal_id", flat=True))
    assert told == held
    assert set(held.values()) == {1}
    assert len(held) == progress_of([job])[job.id].done == LINES
    assert AuditEvent.objects.filter(action=AuditAction.JOB_FINISHED).count() == 1
    assert Notice.objects.filter(key=f"job:{job.id}:done").count() == 1


def test_goes_on_where_a_killed_worker_left_off(running, now):
    deadly = HANDLERS | {Kind.ASSIGNMENTS.value: Killed()}
    killed = in_a_process(lambda: run_jobs(deadly, clock=lambda: now, until=now + LEASE))

    assert killed == signal.SIGKILL
    assert progress_of([running])[running.id].done == DEADLY - 2  # the file's first line names the columns
    assert Assignment.objects.eligible().count() == DEADLY - 2
    assert worked(running, now + timedelta(seconds=1)).state == JobState.RUNNING  # that worker may be alive

    assert worked(running, now + LEASE).state == JobState.DONE
    assert_each_line_was_applied_once(running)
