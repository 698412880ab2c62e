from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_q.models import Failure
from prometheus_client.parser import text_string_to_metric_families

from apps.alerts.policy.catalogue import PRIVILEGED_GUEST
from apps.audit.services import record
from apps.audit.vocabulary import CONSOLE, AuditAction
from apps.notifications.models import Notice, WebhookDelivery
from apps.portal import timetable
from apps.portal.metrics import Figures
from apps.portal.models import Machine
from apps.roles import built_in
from tests.alerts.making import make_finding
from tests.factories import activate, assign
from tests.notifications.hooks import a_delivery
from tests.notifications.making import a_notice

PAGE = reverse("portal:metrics")
TOKEN = "a-token-of-the-tests-with-32-characters"
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.django_db


def figures(now):
    """Each sample by its name and the value of its only label, if it has one."""
    text = Figures(now=now).as_text().decode()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {" ".join([sample.name, *sample.labels.values()]): sample.value for sample in samples}


@pytest.fixture
def token(settings):
    settings.METRICS_TOKEN = TOKEN


def test_answers_whoever_has_the_token(client, token):
    answer = client.get(PAGE, HTTP_AUTHORIZATION=f"Bearer {TOKEN}")

    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=")
    assert "no-store" in answer["Cache-Control"]
    assert f'version="{settings.VERSION}"' in answer.content.decode()


@pytest.mark.parametrize("given", ["", "Bearer ", f"Bearer {TOKEN}x", TOKEN, f"Basic {TOKEN}", "Bearer ü"])
def test_is_no_page_for_anybody_else(client, token, given):
    assert client.get(PAGE, HTTP_AUTHORIZATION=given).status_code == 404


def test_is_no_page_without_a_token_in_the_settings(client):
    assert client.get(PAGE, HTTP_AUTHORIZATION="Bearer ").status_code == 404


@pytest.mark.postgres
def test_counts_what_waits_and_how_old_it_is(requester, eligible, needs_approval, now):
    activate(assign(requester, built_in.USER_ADMINISTRATOR, now=now), requester, now=now)
    Notice.objects.all().delete()
    activate(eligible, requester, now=now)
    mails = Notice.objects.count()
    Notice.objects.filter(pk=a_notice("late", now=now).pk).update(attempts=2)
    failed = {"state": Notice.State.FAILED, "failed_at": now, "next_try_at": None}
    Notice.objects.filter(pk=a_notice("lost", now=now).pk).update(**failed)
    told = a_delivery(now=now)
    lost = a_delivery(told.webhook, "lost", now=now)
    WebhookDelivery.objects.filter(pk=lost.pk).update(**failed)

    found = figures(now + MINUTE)

    assert (found["pim_requests_waiting"], found["pim_request_oldest_seconds"]) == (1, 60)
    assert found["pim_activations_active"] == 1
    assert found["pim_mail_oldest_seconds"] == 60
    assert [found[f"pim_mails {state}"] for state in ("waiting", "failing", "given_up")] == [mails, 1, 1]
    assert [found[f"pim_webhook_deliveries {state}"] for state in ("waiting", "failing", "given_up")] == [
        1,
        0,
        1,
    ]
    assert found["pim_backlog_seconds webhooks"] == 60
    assert found["pim_events_unsealed"] > 0
    assert found["pim_database_bytes"] > 10_000


def test_counts_sign_ins_and_second_factors_of_the_last_hour(now):
    for minutes, action in {
        61: AuditAction.SIGN_IN_REFUSED,
        59: AuditAction.SIGN_IN_REFUSED,
        30: AuditAction.SIGNED_IN,
        20: AuditAction.FACTOR_REFUSED,
    }.items():
        record(action, actor=CONSOLE, at=now - minutes * MINUTE)

    found = figures(now)

    assert found["pim_sign_ins_last_hour accepted"] == 1
    assert found["pim_sign_ins_last_hour refused"] == 1
    assert found["pim_second_factors_last_hour accepted"] == 0
    assert found["pim_second_factors_last_hour refused"] == 1


def test_tells_which_job_and_which_machine_is_late(now):
    timetable.put_in_place(settings.PERIODIC_JOBS, now=now)
    timetable.set_due("audit.seal", at=now - 3 * MINUTE)
    Machine.objects.create(name="web-1", worked_at=now - 2 * MINUTE, clock_offset=-MINUTE)
    failed = {"func": "x", "started": now, "stopped": now, "success": False}
    Failure.objects.create(id="1", name="audit.trim", **failed)

    found = figures(now)

    assert [found[f"pim_job_overdue_seconds audit.{job}"] for job in ("seal", "trim")] == [180, 0]
    assert [found[f"pim_job_failures_last_hour audit.{job}"] for job in ("seal", "trim")] == [0, 1]
    assert found["pim_backlog_seconds jobs"] == 180
    assert found["pim_machine_silent_seconds web-1"] == 120
    assert found["pim_machine_clock_offset_seconds web-1"] == -60


def test_counts_open_findings_by_severity(now):
    make_finding(rule=PRIVILEGED_GUEST, now=now)

    found = figures(now)

    assert found[f"pim_findings_open {PRIVILEGED_GUEST.severity}"] == 1
    assert sum(found[f"pim_findings_open {severity}"] for severity in ("high", "medium", "low")) == 1


@pytest.mark.postgres
def test_costs_as_many_queries_whatever_there_is(now):
    timetable.put_in_place(settings.PERIODIC_JOBS, now=now)

    def cost():
        with CaptureQueriesContext(connection) as queries:
            Figures(now=timezone.now()).as_text()
        return len(queries)

    few = cost()
    some = [a_notice(f"{number}", now=now) for number in range(2)]
    Notice.objects.bulk_create(
        Notice(
            key=f"many {number}",
            address="a@example.com",
            event=some[0].event,
            created_at=now,
            next_try_at=now,
        )
        for number in range(200)
    )

    assert few == cost() <= 18
