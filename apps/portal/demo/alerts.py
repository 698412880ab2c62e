"""What alerts find in the demo organisation, and what its administrator has said of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from apps.alerts.models import Finding
from apps.alerts.policy.catalogue import PERMANENT_POWER
from apps.alerts.services.dismissing import dismiss_findings
from apps.alerts.services.scanning import run_scans
from apps.portal.demo.acting import acting
from apps.portal.demo.organisation import Organisation

_WHY = "Reads the log every day. Agreed with the board until the next audit."


def make_findings(organisation: Organisation, now: datetime) -> None:
    """A scan, and one finding that is meant to be so."""
    people = organisation.people
    run_scans(clock=lambda: now, until=now + timedelta(seconds=1))
    meant = Finding.objects.of(PERMANENT_POWER.id).open(now).filter(about_id=str(people["auditor"].pk))
    ids = list(meant.values_list("pk", flat=True))
    dismiss_findings(ids, why=_WHY, days=90, actor=acting(people["admin"], now), now=now)
