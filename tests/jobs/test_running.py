"""From what was given to what is done, whatever happens to the worker."""

from datetime import timedelta

import pytest
from django.db import IntegrityError

from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.access import NO_ACCESS
from apps.common.errors import Conflict, NotAllowed
from apps.jobs.models import Job, JobLine
from apps.jobs.running import LEASE, MOST_ATTEMPTS
from apps.jobs.selectors import jobs_for, progress_of
from apps.jobs.services import GivenLine, forget_jobs, plan_job, plan_reversal, stop_job
from apps.jobs.states import JobState, LineState
from tests.factories import acting
from tests.jobs.making import LATER, NOW, Counting, plan, start, states, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(visitor):
    return visitor


@pytest.fixture
def handler():
    return Counting()


def test_plans_before_it_applies(user, handler):
    job = plan(user, {}, {"verdict": "same"}, {"verdict": "wrong"})

    work(handler)

    job.refresh_from_db()
    assert job.state == JobState.PLANNED
    assert states(job) == [LineState.WAITING, LineState.LEFT, LineState.LEFT]
    assert handler.applied == []


def test_applies_what_changes_something_and_leaves_the_rest(user, handler):
    job = plan(user, {}, {"verdict": "wrong"}, {"verdict": "changed"})
    work(handler)
    start(job, user)

    work(handler)

    job.refresh_from_db()
    assert (job.state, job.finished_at) == (JobState.DONE, NOW)
    assert handler.applied == [2, 4]
    assert handler.finished == ["Some lines"]
    assert states(job) == [LineState.DONE, LineState.LEFT, LineState.DONE]


def test_keeps_a_line_with_a_fault_out_of_the_check(user, handler):
    given = [GivenLine(2, {"verdict": "new"}, fault="Cells are missing.")]
    job = plan_job(kind="counting", title="Some lines", lines=given, actor=user, now=NOW)

    work(handler)

    line = job.lines.get()
    assert (line.state, line.verdict, line.reason) == (LineState.LEFT, "wrong", "Cells are missing.")


def test_says_why_a_line_was_refused_and_goes_on(user, handler):
    job = plan(user, {"refuse": "Not today."}, {})
    work(handler)
    start(job, user)

    work(handler)

    assert states(job) == [LineState.FAILED, LineState.DONE]
    assert job.lines.get(number=2).reason == "Not today."
    finished = AuditEvent.objects.get(action=AuditAction.JOB_FINISHED)
    assert (finished.details["done"], finished.details["failed"]) == (1, 1)
    assert finished.sentence == "The job Some lines of Vera Visitor is done."


def test_gives_a_line_up_that_never_works(user, handler):
    job = plan(user, {"raise": "A fault of ours"}, {})
    work(handler)
    start(job, user)

    work(handler)

    assert states(job) == [LineState.FAILED, LineState.DONE]
    assert job.lines.get(number=2).attempts == MOST_ATTEMPTS + 1
    assert Job.objects.get().state == JobState.DONE


def test_applies_no_line_again_that_was_applied(user, handler):
    job = plan(user, {}, {})
    work(handler)
    start(job, user)
    work(handler)
    Job.objects.update(state=JobState.RUNNING, finished_at=None)

    work(handler)

    assert handler.applied == [2, 3]


def test_waits_for_the_lease_of_another_worker(user, handler):
    plan(user, {})
    Job.objects.update(leased_until=NOW + LEASE)

    assert work(handler) == 0
    assert work(handler, now=NOW + LEASE) == 1


def test_tries_lines_of_a_dead_worker_alone_and_last(user, handler):
    job = plan(user, {}, {}, {})
    work(handler)
    start(job, user)
    job.lines.filter(number=2).update(attempts=1)

    work(handler)

    assert handler.applied == [3, 4, 2]


def test_stops_between_two_lines(user, handler):
    job = plan(user, {}, {})
    work(handler)
    start(job, user)
    stop_job(job=job, actor=user, access=NO_ACCESS, now=LATER)

    work(handler)

    assert handler.applied == []
    assert job.state == JobState.STOPPED
    assert AuditEvent.objects.get(action=AuditAction.JOB_STOPPED).target_name == "Some lines"


def test_starts_once(user, handler):
    job = plan(user, {})
    work(handler)
    start(job, user)

    with pytest.raises(Conflict):
        start(job, user)

    assert AuditEvent.objects.filter(action=AuditAction.JOB_STARTED).count() == 1


def test_starts_only_with_a_fresh_factor(user, handler):
    job = plan(user, {})
    work(handler)

    with pytest.raises(NotAllowed) as refused:
        start(job, user, proven_at=NOW - timedelta(minutes=6))

    assert refused.value.rules == ("MfaRule",)


def test_lets_the_faster_of_two_move_a_job(user, handler):
    job = plan(user, {})
    stale = Job.objects.get()
    work(handler)

    with pytest.raises(Conflict):
        stop_job(job=stale, actor=user, access=NO_ACCESS, now=LATER)

    job.refresh_from_db()
    assert job.state == JobState.PLANNED


def test_plans_a_reversal_of_what_was_done_from_the_last_line_on(user, handler):
    job = plan(user, {}, {"refuse": "No."}, {})
    work(handler)
    start(job, user)
    work(handler)
    job.refresh_from_db()

    reversal = plan_reversal(job=job, actor=user, access=NO_ACCESS, now=LATER)

    assert (reversal.reverses, reversal.title) == (job, "Reversal of Some lines")
    assert [line.todo for line in reversal.lines.order_by("number")] == [{"back": 4}, {"back": 2}]
    assert states(reversal) == [LineState.UNCHECKED, LineState.UNCHECKED]


def test_forgets_jobs_that_are_long_over(user, handler):
    done, _, young = (plan(user, {}, title=title) for title in ("Done", "Left lying", "Under way"))
    work(handler)
    start(done, user)
    work(handler)
    done.refresh_from_db()
    reversal = plan_reversal(job=done, actor=user, access=NO_ACCESS, now=LATER)
    Job.objects.filter(pk=young.pk).update(state=JobState.CHECKING)
    days = timedelta(days=90)

    counts = [forget_jobs(now=at) for at in (NOW + days - timedelta(seconds=1), NOW + days)]
    assert (counts, set(Job.objects.all())) == ([0, 1], {done, young, reversal})

    stop_job(job=reversal, actor=user, access=NO_ACCESS, now=LATER)
    counts = [forget_jobs(now=LATER + days) for _ in range(3)]
    assert (counts, Job.objects.get()) == ([1, 1, 0], young)
    assert {line.job_id for line in JobLine.objects.all()} == {young.id}


def test_shows_jobs_to_whoever_planned_them_and_to_administrators(user, administrator, handler, auditor):
    job = plan(user, {})

    def seen_by(person):
        return [row.job for row in jobs_for(person.id, acting(person, now=NOW).access)[1]]

    assert seen_by(user) == seen_by(administrator) == [job]
    assert seen_by(auditor) == []


@pytest.mark.parametrize("count", [2, 20])
def test_counts_in_one_query(user, handler, count, django_assert_num_queries):
    jobs = [plan(user, {}, {}) for _ in range(count)]

    with django_assert_num_queries(1):
        progress = progress_of(jobs)

    assert {each.total for each in progress.values()} == {2}


@pytest.mark.parametrize(
    "faulty",
    [
        {"state": LineState.WAITING, "verdict": ""},
        {"state": LineState.UNCHECKED, "verdict": "new"},
        {"state": LineState.DONE, "verdict": "wrong"},
    ],
)
def test_keeps_the_lines_in_order_in_the_database(user, faulty):
    job = plan(user)

    with pytest.raises(IntegrityError):
        JobLine.objects.create(job=job, number=1, **faulty)


def test_runs_only_what_was_started_with_a_factor(user):
    plan(user)

    with pytest.raises(IntegrityError):
        Job.objects.update(state=JobState.RUNNING)
