from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import override_settings
from django_q.models import OrmQ, Schedule

from apps.common.origin import origin_now
from apps.portal import tasks, timetable
from apps.portal.jobs import Job

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SWEEP = Job("sweep", "tests.portal.test_timetable.sweep", every=2 * SECOND)
BROKEN = Job("broken", "tests.portal.test_timetable.fail", every=2 * SECOND)

TIDY = Job("tidy", "tests.portal.test_timetable.sweep", 2 * SECOND, "tests.portal.test_timetable.has_waste")

pytestmark = pytest.mark.django_db

swept: list[str] = []
waste: list[datetime] = []


def has_waste(now: datetime) -> bool:
    return any(since <= now for since in waste)


def sweep() -> None:
    swept.append(origin_now().trace_id)


def fail() -> None:
    raise LookupError("The dog ate it.")


@pytest.fixture(autouse=True)
def jobs():
    swept.clear()
    timetable.put_in_place([SWEEP, BROKEN], now=NOW)
    with override_settings(PERIODIC_JOBS=(SWEEP, BROKEN)):
        yield


def due_at(job):
    return Schedule.objects.get(name=job.name).next_run


def test_enters_each_job_once():
    timetable.put_in_place([SWEEP, BROKEN], now=NOW + SECOND)

    assert sorted(Schedule.objects.values_list("name", flat=True)) == ["broken", "sweep"]


@pytest.mark.postgres
def test_queues_what_is_due():
    assert timetable.queue_due([SWEEP], now=NOW) == ["sweep"]
    assert [row.name() for row in OrmQ.objects.all()] == ["sweep"]


def test_queues_nothing_before_its_time():
    assert timetable.queue_due([SWEEP], now=NOW - SECOND) == []


def test_asks_one_thing_where_nothing_is_due(django_assert_num_queries):
    with django_assert_num_queries(1):
        timetable.queue_due([SWEEP, BROKEN], now=NOW - SECOND)


def test_passes_over_what_has_nothing_to_do_until_it_has():
    timetable.put_in_place([TIDY], now=NOW)
    waste[:] = [NOW + 2 * SECOND]

    assert timetable.queue_due([TIDY, SWEEP], now=NOW) == ["sweep"]
    assert due_at(TIDY) == NOW + 2 * SECOND
    assert timetable.queue_due([TIDY], now=NOW + SECOND) == []
    assert timetable.queue_due([TIDY], now=NOW + 2 * SECOND) == ["tidy"]


@pytest.mark.parametrize(
    "job", [job for job in settings.PERIODIC_JOBS if job.wanted], ids=lambda job: job.name
)
def test_asks_whether_a_job_has_something_to_do_in_one_statement(job, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert not job.is_wanted(NOW)


def test_does_not_pile_up_what_is_under_way():
    timetable.queue_due([SWEEP], now=NOW)

    assert timetable.queue_due([SWEEP], now=NOW + timetable.LEASE - SECOND) == []


def test_queues_again_what_was_lost_with_its_worker():
    timetable.queue_due([SWEEP], now=NOW)

    assert timetable.queue_due([SWEEP], now=NOW + timetable.LEASE) == ["sweep"]


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("lock", "undone"),
    [(-11, True), (-9, False), (59, False), (61, True), (249, True), (251, False)],
    ids=["waits long", "waits", "put there by a fast clock", "taken long ago", "taken a while ago", "taken"],
)
def test_tells_what_lies_undone_from_what_is_under_way(lock, undone):
    OrmQ.objects.create(key="pim", payload="x", lock=NOW + lock * SECOND)

    assert timetable.lies_undone(now=NOW) is undone


def test_does_a_job_and_sets_when_it_is_due_again(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)

    tasks.run_job("sweep")

    assert len(swept) == 1
    assert due_at(SWEEP) == NOW + 2 * SECOND


def test_names_each_run_for_what_it_writes():
    tasks.run_job("sweep")
    tasks.run_job("sweep")

    assert len({*swept, "", origin_now().trace_id}) == 3


def test_waits_before_it_repeats_a_job_that_failed(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)

    with pytest.raises(LookupError):
        tasks.run_job("broken")

    assert due_at(BROKEN) == NOW + tasks.PAUSE_AFTER_FAILURE


def test_repeats_at_once_what_the_database_has_broken_off(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    monkeypatch.setattr(f"{__name__}.swept", Cut())

    with pytest.raises(OperationalError):
        tasks.run_job("sweep")

    assert due_at(SWEEP) == NOW + 2 * SECOND


class Cut:
    def append(self, _):
        raise OperationalError("server closed the connection unexpectedly")


def test_tells_when_each_job_is_due_of_those_that_there_are():
    timetable.set_due("sweep", at=NOW + SECOND)

    assert timetable.due_times([SWEEP]) == {"sweep": NOW + SECOND}
