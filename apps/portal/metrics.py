"""Figures for monitoring, in Prometheus' format, computed from the database whenever they are asked for.

They are the portal's, not those of one process: whichever machine is asked, it answers the same. So nothing
is counted in memory, and what has happened is counted for the last hour.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import django
from django.conf import settings
from django.db import connection
from django.db.models import Count, Min, Q, QuerySet
from prometheus_client import Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily

from apps.access_requests.models import AccessRequest
from apps.alerts.models import Finding
from apps.alerts.policy.catalogue import BY_ID
from apps.alerts.policy.terms import Severity
from apps.assignments.models import Assignment
from apps.audit.models import AuditEvent, Unsealed
from apps.audit.vocabulary import AuditAction
from apps.jobs.models import Job
from apps.jobs.states import UNDER_WAY
from apps.notifications.models import Notice, WebhookDelivery
from apps.portal import timetable
from apps.portal.backlog import backlog
from apps.portal.models import Machine

_HOUR = timedelta(hours=1)
_OUTCOMES = {
    "pim_sign_ins_last_hour": (AuditAction.SIGNED_IN, AuditAction.SIGN_IN_REFUSED),
    "pim_second_factors_last_hour": (AuditAction.FACTOR_VERIFIED, AuditAction.FACTOR_REFUSED),
}
_SIZE = {
    "postgresql": "SELECT pg_database_size(current_database())",
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
}


class Figures:
    """All of them at `now`, which is by the clock of the database. A fixed number of queries."""

    def __init__(self, *, now: datetime) -> None:
        self._now = now

    def as_text(self) -> bytes:
        return generate_latest(self)

    def collect(self) -> Iterator[Metric]:
        yield _labelled("pim_build_info", "What runs here.", [(_build(), 1)])
        yield _one("pim_database_bytes", "Size of the database.", _database_size())
        yield from self._access()
        yield from self._mail()
        yield from self._webhooks()
        yield from self._sign_ins()
        yield from self._work()
        yield from self._machines()
        yield _each("pim_findings_open", "Open findings of alerts.", "severity", self._findings())

    def _access(self) -> Iterator[Metric]:
        waiting = AccessRequest.objects.waiting()
        activated = Assignment.objects.current(self._now).activated()
        yield _one("pim_requests_waiting", "Requests that wait for a decision.", waiting.count())
        yield _one("pim_request_oldest_seconds", "Age of the oldest of them.", self._age(waiting))
        yield _one("pim_activations_active", "Activations that run.", activated.count())

    def _mail(self) -> Iterator[Metric]:
        waiting = Notice.objects.to_send()
        counts = _waiting_and_failing(waiting) | {"given_up": Notice.objects.given_up().count()}
        yield _each("pim_mails", "Mails by what has become of them.", "state", counts)
        yield _one("pim_mail_oldest_seconds", "Age of the oldest that waits.", self._age(waiting))

    def _webhooks(self) -> Iterator[Metric]:
        waiting = WebhookDelivery.objects.to_send()
        counts = _waiting_and_failing(waiting) | {"given_up": WebhookDelivery.objects.given_up().count()}
        yield _each("pim_webhook_deliveries", "What webhooks have not been told.", "state", counts)

    def _sign_ins(self) -> Iterator[Metric]:
        """Of the last hour."""
        asked = [action for actions in _OUTCOMES.values() for action in actions]
        events = AuditEvent.objects.filter(action__in=asked, at__gt=self._now - _HOUR)
        counts = dict(events.values_list("action").annotate(Count("pk")))
        for name, (accepted, refused) in _OUTCOMES.items():
            outcomes = {"accepted": counts.get(accepted, 0), "refused": counts.get(refused, 0)}
            yield _each(name, "By outcome, within the last hour.", "outcome", outcomes)

    def _work(self) -> Iterator[Metric]:
        late = {kind: span.total_seconds() for kind, span in backlog(now=self._now).items()}
        due = timetable.due_times(settings.PERIODIC_JOBS)
        overdue = {name: max((self._now - at).total_seconds(), 0) for name, at in due.items()}
        failed = dict.fromkeys(due, 0) | timetable.failures_since(self._now - _HOUR)
        imports = Job.objects.filter(state__in=UNDER_WAY).count()
        yield _each("pim_backlog_seconds", "For how long the oldest has been due.", "kind", late)
        yield _each("pim_job_overdue_seconds", "For how long periodic jobs have been due.", "job", overdue)
        yield _each("pim_job_failures_last_hour", "Runs of periodic jobs that failed.", "job", failed)
        yield _one("pim_imports_under_way", "Files that a worker checks or applies.", imports)
        yield _one("pim_events_unsealed", "Audit events that wait for a seal.", Unsealed.objects.count())

    def _machines(self) -> Iterator[Metric]:
        rows = list(Machine.objects.order_by("name"))
        silent = {row.name: max((self._now - row.worked_at).total_seconds(), 0) for row in rows}
        off = {row.name: row.clock_offset.total_seconds() for row in rows}
        yield _each("pim_machine_silent_seconds", "Since its worker did something.", "machine", silent)
        yield _each("pim_machine_clock_offset_seconds", "How far its clock is ahead.", "machine", off)

    def _findings(self) -> dict[str, float]:
        counts = dict.fromkeys(map(str, Severity), 0)
        for rule, count in Finding.objects.open(self._now).values_list("rule").annotate(Count("pk")):
            if rule in BY_ID:  # an older version may have had others
                counts[BY_ID[rule].severity] += count
        return counts

    def _age(self, rows: QuerySet[Any]) -> float:
        oldest = rows.aggregate(oldest=Min("created_at"))["oldest"]
        return (self._now - oldest).total_seconds() if oldest else 0


def _waiting_and_failing(rows: QuerySet[Any]) -> dict[str, float]:
    """How many wait for the first try, and how many to be tried again."""
    failing = Q(attempts__gt=0)
    return rows.aggregate(waiting=Count("pk", filter=~failing), failing=Count("pk", filter=failing))


def _build() -> dict[str, str]:
    """By which it is told apart from other installations, and from itself of yesterday."""
    versions = {"django": django.get_version(), "python": platform.python_version()}
    return {"version": settings.VERSION, "database": connection.vendor, **versions}


def _database_size() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_SIZE[connection.vendor])
        (size,) = cursor.fetchone()
    return size


def _one(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(name, what, value=value)


def _each(name: str, what: str, label: str, values: Mapping[str, float]) -> Metric:
    return _labelled(name, what, [({label: each}, value) for each, value in values.items()])


def _labelled(name: str, what: str, values: Iterable[tuple[Mapping[str, str], float]]) -> Metric:
    metric = Metric(name, what, "gauge")
    for labels, value in values:
        metric.add_sample(name, labels, value)
    return metric
