"""Dismissing what was found, and taking that back. When its time is over a finding is open again: that is
read, and no job writes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.access_requests.asks import Actor
from apps.alerts.models import Finding, FindingQuerySet
from apps.alerts.policy.catalogue import BY_ID
from apps.alerts.policy.dismissing import can_dismiss, can_restore
from apps.alerts.selectors.findings import facts_of
from apps.audit.models import AuditEvent
from apps.audit.services import event_of, record_all
from apps.audit.vocabulary import AuditAction, Party
from apps.common.decision import together


@dataclass(frozen=True)
class Done:
    """What was done, and how many of those asked for had changed meanwhile and were left as they are."""

    findings: Sequence[Finding]
    overtaken: int


@transaction.atomic
def dismiss_findings(ids: Sequence[UUID], *, why: str, days: int, actor: Actor, now: datetime) -> Done:
    """These findings no longer count: for so many days or, with 0, until that is taken back. What is not open
    any more is left as it is. Raises `NotAllowed` where this actor may not dismiss one of them: then none
    is."""
    rows = _locked(Finding.objects.filter(pk__in=ids).open(now))
    factor = actor.second_factor
    facts = [facts_of(row, actor=actor, now=now, factor=factor, why=why, days=days) for row in rows]
    together(*map(can_dismiss, facts)).require()
    until = now + timedelta(days=days) if days else None
    _write(rows, dismissed_at=now, dismissed_until=until, dismissed_by=actor.party.name, dismissed_why=why)
    told = {"until": until.isoformat() if until else ""}
    record_all(_event(AuditAction.FINDING_DISMISSED, row, actor, now, why, **told) for row in rows)
    return Done(rows, len(set(ids)) - len(rows))


@transaction.atomic
def restore_findings(ids: Sequence[UUID], *, actor: Actor, now: datetime) -> Done:
    """These findings count again. What is not dismissed any more is left as it is. Raises `NotAllowed` as
    `dismiss_findings` does."""
    rows = _locked(Finding.objects.filter(pk__in=ids).dismissed(now))
    facts = [facts_of(row, actor=actor, now=now, factor=actor.second_factor) for row in rows]
    together(*map(can_restore, facts)).require()
    record_all([_event(AuditAction.FINDING_RESTORED, row, actor, now) for row in rows])
    _write(rows, dismissed_at=None, dismissed_until=None, dismissed_by="", dismissed_why="")
    return Done(rows, len(set(ids)) - len(rows))


# ---- Parts -------------------------------------------------------------------------------------------------


def _locked(rows: FindingQuerySet) -> list[Finding]:
    """Whoever comes second waits, and finds only what the first has left."""
    return list(rows.select_for_update(no_key=True).order_by("pk"))


def _write(rows: Iterable[Finding], **columns: Any) -> None:
    Finding.objects.filter(pk__in=[row.pk for row in rows]).update(**columns)


def _event(
    action: AuditAction, row: Finding, actor: Actor, now: datetime, why: str = "", **details: Any
) -> AuditEvent:
    """It happens where the finding lies. Whom that is about is a detail, as the alert is what it is about."""
    rule = BY_ID.get(row.rule)
    return event_of(
        action,
        actor=actor.party,
        at=now,
        target=Party("alert", row.rule, rule.name if rule else row.rule),
        role=row.role,
        place=row.place,
        justification=why,
        details={"finding": str(row.pk), "about": row.about_name, "text": row.text, **details},
    )
