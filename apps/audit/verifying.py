"""Verifications that are kept: begun by somebody, done in steps by any worker, and told of in the log."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.dateparse import parse_datetime

from apps.audit.models import THE_ONE, Verification
from apps.audit.services import record
from apps.audit.vocabulary import AuditAction, Outcome, Party
from apps.audit.walking import AT_ONCE, Finding, Walk, conclude, step, whole_walk
from apps.common.errors import Conflict

KEPT = 100  # findings of which the sentence is kept


@transaction.atomic
def begin(*, actor: Party, now: datetime) -> Verification:
    """A new verification of the whole log. Raises `Conflict` while one is running: it says the same."""
    if Verification.objects.filter(finished_at=None).exists():
        raise Conflict("The log is being verified already.")
    return _new_row(whole_walk(), actor, now)


@transaction.atomic
def write_down(
    walk: Walk, findings: list[str], found: int, *, actor: Party, started_at: datetime, now: datetime
) -> None:
    """One that was done in one go, somewhere else: the first of its findings, and how many there were."""
    _new_row(walk, actor, started_at, finished_at=now, found=found, findings=findings[:KEPT])
    _tell(actor, until=walk.until, found=found, now=now)


def go_on(*, now: datetime) -> bool:
    """One step of the verification that is running, or its end; answers whether there was anything to do. Of
    two who do the same step, one writes it down."""
    row = Verification.objects.filter(finished_at=None).first()
    if row is None:
        return False
    walk = _walk_of(row)
    if walk.is_over:
        _finish(row, list(conclude(walk, now=now)), now)
    else:
        walk, findings = step(walk, AT_ONCE)
        _write(row, findings, reached=walk.sequence, walk=asdict(walk))
    return True


@transaction.atomic
def _finish(row: Verification, findings: list[Finding], now: datetime) -> None:
    if _write(row, findings, finished_at=now):
        _tell(row.actor, until=row.until, found=row.found + len(findings), now=now)


def _tell(actor: Party, *, until: int, found: int, now: datetime) -> None:
    outcome = Outcome.FAILURE if found else Outcome.SUCCESS
    details = {"until": until, "findings": found}
    record(AuditAction.AUDIT_VERIFIED, actor=actor, at=now, outcome=outcome, details=details)


def _new_row(walk: Walk, actor: Party, started_at: datetime, **columns: Any) -> Verification:
    fresh = {"finished_at": None, "found": 0, "findings": []}
    of_actor = {"actor_kind": actor.kind, "actor_id": actor.id, "actor_name": actor.name}
    progress = {"until": walk.until, "reached": walk.sequence, "walk": asdict(walk)}
    values = {"started_at": started_at} | fresh | of_actor | progress | columns
    return Verification.objects.update_or_create(pk=THE_ONE, defaults=values)[0]


def _write(row: Verification, findings: list[Finding], **columns: object) -> int:
    room = max(KEPT - len(row.findings), 0)
    same = Verification.objects.filter(
        started_at=row.started_at, reached=row.reached, finished_at=None, until=row.until
    )
    return same.update(
        found=row.found + len(findings),
        findings=[*row.findings, *map(str, findings[:room])],
        **columns,
    )


def _walk_of(row: Verification) -> Walk:
    newest = row.walk["newest"]
    return Walk(**row.walk | {"newest": newest and parse_datetime(newest)})
