from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from django_q.models import Schedule

from apps.portal import health, heartbeat, timetable
from apps.portal.backlog import backlog
from apps.portal.clocks import clock_offset
from apps.portal.health import Readiness
from apps.roles import built_in
from tests.factories import activate, assign
from tests.notifications.hooks import a_delivery
from tests.notifications.making import a_notice

LIVE, READY = "/health/live/", "/health/ready/"
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def ask(client):
    answer = client.get(READY)
    return answer.status_code, answer.json()


def test_lives_without_a_database(client):
    answer = client.get(LIVE)

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.postgres
def test_is_ready_and_says_how_late_everything_is(client, at_work):
    nothing = dict.fromkeys(["jobs", "ends", "requests", "mail", "webhooks", "seals"], 0)

    assert ask(client) == (
        200,
        {
            "status": "ok",
            "database": "ok",
            "migrations": "ok",
            "clock": "ok",
            "worker": "ok",
            "backlog_seconds": nothing,
        },
    )


def test_stays_ready_and_says_that_the_worker_is_late(client, at_work):
    timetable.set_due("assignments.sweep", at=timezone.now() - 2 * MINUTE)

    status, words = ask(client)

    assert (status, words["status"], words["worker"]) == (200, "ok", "late")
    assert 120 <= words["backlog_seconds"]["jobs"] < 180


def test_says_that_no_worker_is_there(client, at_work):
    heartbeat.say_goodbye("web-1")

    assert ask(client)[1]["worker"] == "late"


def test_is_not_late_with_a_job_of_an_older_version(client, at_work):
    Schedule.objects.create(name="long.gone", func="x", next_run=timezone.now() - timedelta(days=9))

    assert ask(client)[1]["worker"] == "ok"


@pytest.mark.postgres
def test_knows_for_how_long_each_kind_of_work_is_due(requester, eligible, needs_approval, now):
    activate(eligible, requester, now=now)
    assign(requester, built_in.GLOBAL_READER, now=now, ends_at=now + MINUTE)
    a_notice(now=now)
    a_delivery(now=now)

    timetable.put_in_place(settings.PERIODIC_JOBS, now=now)

    found = backlog(now=now + timedelta(days=2))

    assert found == {
        "jobs": timedelta(days=2),
        "ends": timedelta(days=2) - MINUTE,
        "requests": timedelta(days=1),
        "mail": timedelta(days=2),
        "webhooks": timedelta(days=2),
        "seals": timedelta(days=2),
    }


@pytest.mark.parametrize(("late", "word"), [(60 * SECOND, "ok"), (61 * SECOND, "late")])
def test_calls_late_what_waits_for_more_than_a_minute(late, word):
    assert Readiness(is_migrated=True, backlog={"jobs": late}).in_words["worker"] == word


@pytest.mark.parametrize(("ahead", "word"), [(5, "ok"), (6, "off"), (-5, "ok"), (-6, "off")])
def test_says_that_its_clock_is_not_that_of_the_database(ahead, word):
    found = Readiness(is_migrated=True, clock_offset=ahead * SECOND)

    assert (found.in_words["clock"], found.can_serve) == (word, True)


@pytest.mark.postgres
def test_compares_its_clock_with_that_of_the_database(db):
    ahead = clock_offset(lambda: timezone.now() + 30 * SECOND)

    assert 25 * SECOND < ahead < 35 * SECOND if connection.vendor == "postgresql" else not ahead


def test_cannot_serve_a_database_that_is_behind(client, db):
    MigrationRecorder.Migration.objects.filter(app="notifications").latest("id").delete()

    assert ask(client) == (503, {"status": "unavailable", "database": "ok", "migrations": "behind"})


def test_says_nothing_of_what_the_database_said(client, monkeypatch):
    def refuse():
        raise OperationalError("connection to host db.internal as user pim failed")

    monkeypatch.setattr(health, "is_migrated", refuse)

    assert ask(client) == (503, {"status": "unavailable", "database": "unavailable"})


def test_costs_as_much_whatever_there_is(client, at_work, now, django_assert_num_queries):
    client.get(READY)
    a_notice(now=now)

    with django_assert_num_queries(4 + (connection.vendor == "postgresql")):
        client.get(READY)
