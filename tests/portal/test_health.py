from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone
from django_q.models import Schedule

from apps.portal import timetable


@pytest.mark.django_db
def test_says_that_all_is_well(client):
    answer = client.get("/health/")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "worker": "ok"})


@pytest.mark.django_db
def test_says_that_the_worker_is_late(client):
    Schedule.objects.create(name="sweep", func="x", next_run=timezone.now() - timedelta(minutes=2))

    answer = client.get("/health/")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "worker": "late"})


def test_says_nothing_of_what_the_database_said(client, monkeypatch):
    def refuse(**_):
        raise OperationalError("connection to host db.internal as user pim failed")

    monkeypatch.setattr(timetable, "is_late", refuse)

    answer = client.get("/health/")

    assert (answer.status_code, answer.json()) == (503, {"status": "unavailable"})
