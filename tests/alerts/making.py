"""Scans for tests, by the real service, and findings as one would have left them."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from apps.alerts.models import Finding, Look
from apps.alerts.policy.catalogue import PRIVILEGED_GUEST
from apps.alerts.policy.terms import Rule
from apps.alerts.services.scanning import run_scans
from apps.roles.models import Resource
from apps.roles.selectors import directory

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_numbers = itertools.count(1)


def scan(*, now: datetime = NOW) -> int:
    """What the worker does at `now`, until nothing is left to do."""
    return run_scans(clock=lambda: now, until=now + timedelta(seconds=1))


def open_findings(rule: str, *, now: datetime = NOW) -> list[str]:
    """What an alert says, in order."""
    return list(Finding.objects.of(rule).open(now).order_by("text").values_list("text", flat=True))


def make_finding(rule: Rule = PRIVILEGED_GUEST, *, now: datetime, resource: Resource | None = None, **facts):
    """As a scan would have left it; without a resource on the directory."""
    Look.objects.get_or_create(rule=rule.id, defaults={"at": now})
    place = (resource or directory()).place
    number = next(_numbers)
    columns = {
        "key": f"test:{number}",
        "about_kind": "user",
        "about_id": str(uuid4()),
        "about_name": f"Person {number}",
        "role": "Owner",
        "text": f"Person {number} holds what they should not.",
    }
    where = {"provider": place.provider, "path": place.path, "place_name": place.name}
    return Finding.objects.create(**columns | where | {"rule": rule.id, "found_at": now} | facts)
