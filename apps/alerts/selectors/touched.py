"""Which rules to look at again, because something they found may just have been mended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import chain

from django.db.models import Q

from apps.alerts.models import Finding, Look
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction

# What people do on their pages to mend something, or undo by it. What everybody does all day waits for the
# daily scan.
_MENDING = (
    AuditAction.ASSIGNMENT_ADDED,
    AuditAction.ASSIGNMENT_CHANGED,
    AuditAction.ASSIGNMENT_ENDED,
    AuditAction.SETTINGS_CHANGED,
    AuditAction.PERSON_CHANGED,
    AuditAction.PERSON_DISABLED,
    AuditAction.FACTOR_ENROLLED,
    AuditAction.ROLE_CHANGED,
    AuditAction.ROLE_RETIRED,
    AuditAction.GROUP_RELEASED,
    AuditAction.GROUP_RETIRED,
    AuditAction.REVIEW_CHANGED,
    AuditAction.REVIEW_ENDED,
    AuditAction.REVIEW_DELETED,
    AuditAction.REVIEW_TAKEN_OVER,
)
_LOOKED_BACK = timedelta(minutes=2)  # also for what is written late; a worker that stood longer scans daily
_REST = timedelta(seconds=20)  # between two looks at one rule, however much happens
_AT_ONCE = 200


def rules_touched(now: datetime) -> list[str]:
    """The rules that found something about whom or what somebody has changed since they were looked at. One
    query where nothing has happened; else two, and one more for each moment in between at which some were."""
    lately = AuditEvent.objects.filter(action__in=_MENDING, at__gt=now - _LOOKED_BACK, at__lte=now)
    events = list(lately.order_by("-at")[:_AT_ONCE])
    if not events:
        return []
    rules = defaultdict(list)
    for look in Look.objects.filter(at__lte=now - _REST):
        rules[sum(event.at > look.at for event in events)].append(look.rule)
    return sorted(chain.from_iterable(_touched(each, events[:count]) for count, each in rules.items()))


def _touched(rules: Iterable[str], events: Sequence[AuditEvent]) -> Iterable[str]:
    if not events:
        return []
    about = Q(about_id__in={event.target_id for event in events if event.target_id})
    there = Q(path__in={event.resource_path for event in events}, role__in={"", *(e.role for e in events)})
    found = Finding.objects.present().filter(about | there, rule__in=rules)
    return found.order_by().values_list("rule", flat=True).distinct()
