"""Two workers at the same work, and the same file twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from apps.access_requests.models import AccessRequest
from apps.access_requests.services.settling import settle_all
from apps.accounts.models import User
from apps.accounts.policy import SecondFactor
from apps.administration.policy.imports import Kind
from apps.administration.services.imports.handlers import HANDLERS
from apps.assignments.models import Assignment
from apps.assignments.reminders import remind_of_ends
from apps.assignments.sweep import write_down_the_clock
from apps.audit.vocabulary import AuditAction
from apps.jobs import running as running_jobs
from apps.jobs.models import Job, JobLine
from apps.jobs.running import LEASE
from apps.jobs.services import start_job
from apps.jobs.states import JobState, LineState
from apps.notifications.delivery import deliver_next
from apps.notifications.models import Notice
from apps.roles import built_in
from tests.administration.test_imports import line, plan
from tests.factories import acting, activate, assign, make_active, make_user, set_rules
from tests.notifications.making import NOW, a_notice
from tests.races.portal import Browser
from tests.races.rounds import Command, eight

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

SEVERAL = 3
ACTIVATION_WARNING = timedelta(minutes=15)


# ---- Sweeps ------------------------------------------------------------------------------------------------


def several_activate() -> list[AccessRequest]:
    now = timezone.now()
    people = [make_user(now=now) for _ in range(SEVERAL)]
    return [activate(assign(person, now=now), person, now=now) for person in people]


def sweeping(work: Callable[..., int], at: datetime) -> dict[str, Command]:
    """Two workers with this work; each gets the same instant."""
    return {"one": lambda: work(now=at), "other": lambda: work(now=at)}


def test_ends_once_what_two_sweeps_find(rounds):
    for turn in rounds:
        rows = [request.result for request in several_activate()]

        answers = turn.at_once(**sweeping(write_down_the_clock, rows[-1].ends_at))

        turn.first = max(answers, key=answers.__getitem__)
        assert sum(answers.values()) == SEVERAL
        assert turn.events == {AuditAction.ACTIVATION_ENDED: SEVERAL}
        assert turn.notices == {"role_ended": SEVERAL}


def test_times_out_once_what_two_sweeps_find(rounds, approver, now):
    set_rules(now=now, approvers=(approver,))
    for turn in rounds:
        waiting = several_activate()

        answers = turn.at_once(**sweeping(settle_all, waiting[-1].deadline_at))

        turn.first = max(answers, key=answers.__getitem__)
        assert sum(answers.values()) == SEVERAL
        assert turn.events == {AuditAction.REQUEST_TIMED_OUT: SEVERAL}
        assert turn.notices == {"request_timed_out": SEVERAL}


def test_warns_once_of_what_two_sweeps_find(rounds):
    for turn in rounds:
        rows = [request.result for request in several_activate()]

        turn.at_once(**sweeping(remind_of_ends, rows[-1].ends_at - ACTIVATION_WARNING))

        assert turn.notices == {"activation_ends": SEVERAL}


# ---- Mail --------------------------------------------------------------------------------------------------


def test_sends_each_mail_once_with_two_workers(rounds):
    for turn in rounds:
        mails = {a_notice(f"{turn.number}:{number}").id for number in range(2 * SEVERAL)}
        sent = []

        turn.at_once(one=delivering(sent, "one"), other=delivering(sent, "other"))

        turn.first = sent[0][0]
        assert sorted(id_ for _, id_ in sent) == sorted(mails)
        told = Notice.objects.filter(pk__in=mails)
        assert set(told.values_list("state", "attempts")) == {(Notice.State.SENT, 1)}


def delivering(sent: list[tuple[str, UUID]], worker: str) -> Command:
    def work() -> None:
        while deliver_next(now=NOW, send=lambda notice: sent.append((worker, notice.id))):
            pass

    return work


# ---- Imports -----------------------------------------------------------------------------------------------


def a_file(admin: User, people: list[User], now: datetime) -> Job:
    """A plan that makes each of them eligible."""
    return plan(Kind.ASSIGNMENTS, *(line(person.email) for person in people), by=admin, now=now)


def applying(job: Job, admin: User, now: datetime) -> Job:
    """The plan is being applied: two workers have it, and each takes the other one for dead."""
    access = acting(admin, now=now).access
    start_job(job=job, actor=admin, access=access, second_factor=SecondFactor(now), now=now)
    return Job.objects.get(pk=job.pk)


def working(job: Job, now: datetime) -> Command:
    handler = HANDLERS[job.kind]
    return lambda: running_jobs._work_on(job, handler, lambda: now, now + LEASE)


def test_applies_each_line_once_with_two_workers(rounds, administrator):
    for turn in rounds:
        now = timezone.now()
        people = [make_user(enrolled=False, now=now) for _ in range(SEVERAL)]
        job = applying(a_file(administrator, people, now), administrator, now)

        answers = turn.at_once(one=working(job, now), other=working(Job.objects.get(pk=job.pk), now))

        turn.first = max(answers, key=answers.__getitem__)
        assert sum(answers.values()) == SEVERAL
        assert Assignment.objects.filter(principal__in=people).count() == SEVERAL
        assert turn.events == {
            AuditAction.REQUEST_SUBMITTED: SEVERAL,
            AuditAction.ASSIGNMENT_ADDED: SEVERAL,
            AuditAction.JOB_FINISHED: 1,
        }
        job.refresh_from_db()
        assert job.state == JobState.DONE
        assert Notice.objects.filter(key=f"job:{job.id}:done").count() == 1


def test_applies_the_same_file_once_that_two_admins_have_sent(rounds, administrator, now):
    other = make_user("Olaf Admin", now=now)
    make_active(other, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now)
    for turn in rounds:
        now = timezone.now()
        people = [make_user(enrolled=False, now=now) for _ in range(SEVERAL)]
        admins = {"alma": administrator, "olaf": other}
        plans = {name: a_file(admin, people, now) for name, admin in admins.items()}
        jobs = {name: applying(plans[name], admin, now) for name, admin in admins.items()}

        turn.at_once(**{name: working(job, now) for name, job in jobs.items()})

        lines = JobLine.objects.filter(job__in=jobs.values())
        done, failed = lines.filter(state=LineState.DONE), lines.filter(state=LineState.FAILED)
        turn.first = "alma" if done.filter(job=jobs["alma"]).exists() else "olaf"
        assert (len(done), len(failed)) == (SEVERAL, SEVERAL)
        assert {line.reason for line in failed} == {"Assigned already. Change that assignment instead."}
        assert Assignment.objects.filter(principal__in=people).count() == SEVERAL
        assert turn.events[AuditAction.ASSIGNMENT_ADDED] == SEVERAL


def test_applies_a_file_once_that_is_applied_eight_times(rounds, administrator):
    for turn in rounds:
        now = timezone.now()
        job = a_file(administrator, [make_user(enrolled=False, now=now)], now)

        turn.one_of(**eight(Browser(administrator).pressing(job.get_absolute_url())))

        job.refresh_from_db()
        assert job.state == JobState.RUNNING
        assert turn.events == {AuditAction.JOB_STARTED: 1}
