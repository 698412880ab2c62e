"""Who hears of what a scan has newly found: the admins of where it lies, once each for all of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from apps.accounts.models import User
from apps.alerts.models import Finding, Scan
from apps.alerts.policy.catalogue import BY_ID, RULES
from apps.alerts.selectors.settings import settings_of_many
from apps.assignments.notices.cells import admins_on_each
from apps.common.text import counted
from apps.notifications import services as notifications
from apps.notifications.messages import Message, NoticeEvent
from apps.roles.models import Resource
from apps.roles.policy.paths import ancestor_ids

_NAMED_AT_MOST = 10


def tell_found(scan: Scan, *, now: datetime) -> None:
    """Tell of what was found since the scan began and is still open, as each alert is set there."""
    told = _new(scan, now)
    if not told:
        return
    resources = Resource.objects.in_bulk({_resource_of(row) for row in told})
    admins = admins_on_each(resources.values(), now=now)
    theirs: dict[User, list[Finding]] = defaultdict(list)
    for row in told:
        for admin in admins.get(_resource_of(row), ()):
            theirs[admin].append(row)
    letters = ((admin.recipient, _message(rows)) for admin, rows in theirs.items())
    notifications.notify_each(key=f"scan:{scan.pk}:found", letters=letters, announced=_message(told), now=now)


def _new(scan: Scan, now: datetime) -> list[Finding]:
    """Two queries. A scan may have come to a rule twice."""
    settings = settings_of_many(BY_ID[id_] for id_ in scan.rules if id_ in BY_ID)
    found = Finding.objects.open(now).filter(found_at__gte=scan.asked_at, rule__in=settings)
    return [row for row in found if settings[row.rule].at(row.place).tells]


def _resource_of(row: Finding) -> UUID:
    return ancestor_ids(row.path)[-1]


# ---- In which words ----------------------------------------------------------------------------------------


def _message(rows: list[Finding]) -> Message:
    """The alerts in the order of their list, worst first."""
    counts = Counter(row.rule for row in rows)
    alerts = sorted((rule for rule in RULES if rule.id in counts), key=lambda rule: rule.badness)
    more = f", and {counted(len(alerts) - 1, 'other alert')}" if len(alerts) > 1 else ""
    named = alerts[:_NAMED_AT_MOST]
    return Message(
        event=NoticeEvent.ALERT_TRIGGERED,
        subject=f"PIM: {alerts[0].name}{more}",
        text=f"{counted(len(rows), 'finding')} since the last scan. Look at each, then fix or dismiss it.",
        facts=tuple((rule.severity.label, f"{rule.name}: {counts[rule.id]:,}") for rule in named),
        link=reverse("alerts:all"),
    )
