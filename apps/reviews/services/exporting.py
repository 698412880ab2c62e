"""Handing out what was reviewed. What leaves the portal is written down, with what was selected."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from apps.access_requests.asks import Actor
from apps.audit import services as audit
from apps.audit.vocabulary import AuditAction
from apps.reviews.models import Round
from apps.reviews.policy.exporting import can_export
from apps.reviews.selectors.exports import (
    Report,
    Result,
    RoundEvidence,
    lines_of_report,
    lines_of_round,
    results_of,
)
from apps.reviews.services.recording import record_round


@transaction.atomic
def export_results(round_: Round, *, actor: Actor, now: datetime) -> Iterator[Result]:
    """The lines of a round that this actor sees, while it runs or after. Raises `NotAllowed`."""
    can_export(round_.opened_at).require()
    record_round(AuditAction.REVIEWS_EXPORTED, round_, by=actor.party, now=now)
    return results_of(lines_of_round(round_, actor.access))


@transaction.atomic
def export_evidence(round_: Round, *, actor: Actor, now: datetime) -> RoundEvidence:
    """Everything about a round, as far as this actor sees it. Raises `NotAllowed`."""
    can_export(round_.opened_at).require()
    record_round(AuditAction.EVIDENCE_EXPORTED, round_, by=actor.party, now=now)
    person = actor.somebody
    return RoundEvidence(round_, actor.access, made_by=f"{person.name} ({person.email})", made_at=now)


@transaction.atomic
def export_report(report: Report, *, actor: Actor, now: datetime) -> Iterator[Result]:
    """The same of all rounds of a period."""
    selection = {"selection": report.chosen}
    audit.record(AuditAction.REVIEW_HISTORY_EXPORTED, actor=actor.party, at=now, details=selection)
    return results_of(lines_of_report(report, actor.access))
