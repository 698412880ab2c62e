from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.utils import timezone
from django_q.models import Failure

from apps.portal import heartbeat, pulse, tasks, ticker, timetable
from apps.portal.models import Machine

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


@pytest.mark.postgres
def test_says_when_it_worked_last_by_the_clock_of_the_database(monkeypatch):
    monkeypatch.setattr(pulse, "seconds_since_beat", lambda: 40)

    heartbeat.say("web-1", clock=lambda: timezone.now() + 300 * SECOND)

    row, off = Machine.objects.get(), 300 * SECOND if connection.vendor == "postgresql" else 0 * SECOND
    assert abs(row.clock_offset - off) < SECOND
    assert abs(row.worked_at + 40 * SECOND - timezone.now() - 300 * SECOND + off) < 5 * SECOND


@pytest.mark.postgres
def test_keeps_one_row_for_each_machine(django_assert_num_queries):
    for name in ("web-1", "web-1", "web-2"):
        heartbeat.say(name, clock=timezone.now)

    assert sorted(Machine.objects.values_list("name", flat=True)) == ["web-1", "web-2"]


def test_is_at_work_until_it_has_been_silent_for_a_minute(now):
    row = Machine.objects.create(name="web-1", worked_at=now, clock_offset=timedelta())

    for later, at_work in {59: True, 60: False}.items():
        then = now + later * SECOND
        assert (row.is_at_work(then), Machine.objects.at_work(then).exists()) == (at_work, at_work)


def test_is_forgotten_when_it_said_goodbye_or_nothing_for_a_day():
    for name, days in {"web-1": 0, "web-2": 0, "web-3": 2}.items():
        worked_at = timezone.now() - timedelta(days=days)
        Machine.objects.create(name=name, worked_at=worked_at, clock_offset=timedelta())

    heartbeat.say_goodbye("web-2")

    assert tasks.tidy() == 1
    assert Machine.objects.get().name == "web-1"


def test_the_ticker_says_so_now_and_then():
    ticker.tick(1)
    assert not Machine.objects.exists()

    ticker.tick(20)
    assert Machine.objects.get().name == settings.MACHINE


def test_the_ticker_goes_on_without_a_database(monkeypatch, caplog):
    def refuse(*_, **__):
        raise OperationalError("no route to host")

    monkeypatch.setattr(timetable, "queue_due", refuse)

    ticker.tick(0)

    assert "The database does not answer (OperationalError)" in caplog.text


def test_forgets_failures_after_a_month():
    for days in (29, 31):
        at = timezone.now() - timedelta(days=days)
        Failure.objects.create(
            id=f"{days}", name="audit.seal", func="x", started=at, stopped=at, success=False
        )

    assert tasks.tidy() == 1
    assert timetable.failures_since(timezone.now() - timedelta(days=90)) == {"audit.seal": 1}
