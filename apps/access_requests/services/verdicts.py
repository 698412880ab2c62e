"""What every decision has in common: the answer, how it is written, and what the slower one is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.access_requests.asks import Actor
from apps.access_requests.models import AccessRequest, Approval
from apps.access_requests.policy.deciding import DecisionFacts, can_decide, may_look
from apps.access_requests.policy.reading import digest_of
from apps.access_requests.services.recording import move, record, snapshot_of
from apps.access_requests.states import WAITING, State, Step
from apps.accounts.models import User
from apps.accounts.policy import zone_of
from apps.assignments.models import Assignment
from apps.audit.vocabulary import AuditAction, Outcome
from apps.common.decision import Decision
from apps.common.errors import Conflict
from apps.common.instants import short
from apps.common.writing import insert
from apps.roles.policy.rules import RoleRules


class Changed(Conflict):
    """What was asked, or the rules it is judged by, is no longer what the approver was shown."""


@dataclass(frozen=True)
class Offer:
    """What an admin grants of an assignment: from the decision, or the start that it has, where none is
    given; permanently, where there is no end."""

    kind: Assignment.Kind
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True)
class Verdict:
    """An answer to a request. `digest` names exactly what was shown. `offer` is what an admin grants of an
    assignment, where that is not just what was asked."""

    request_id: UUID
    approve: bool
    digest: str
    justification: str = ""
    offer: Offer | None = None


def require_as_shown(
    request: AccessRequest, verdict: Verdict, facts: DecisionFacts, rules: RoleRules, *, actor: Actor
) -> None:
    """That this person may decide, that nobody did before, and that it is what they were shown: the request
    carries that as evidence from now on. What may not be seen is refused first, so that it tells nothing."""
    may_look(facts).require()
    if facts.state not in WAITING:
        raise Conflict(closing_words(request, facts.state, actor.somebody, facts.now))
    can_decide(facts).require()
    snapshot = snapshot_of(request, rules, now=facts.now)
    if verdict.digest != digest_of(snapshot):
        raise Changed("This request or its rules have changed. Look again, then decide.")
    request.snapshot, request.digest = snapshot, verdict.digest


def closing_words(request: AccessRequest, state: State, reader: User, now: datetime) -> str:
    """Why a request can no longer be decided, for somebody who came to decide it."""
    approval = request.approvals.select_related("approver").first()
    if approval is None:
        return f"This request waits no longer: {state.label.lower()}."
    at = short(approval.decided_at, zone_of(reader), now=now)
    word = approval.get_decision_display().lower()
    if approval.approver_id == reader.id:
        return f"You {word} this request at {at}."
    return f"{approval.approver.name} was faster and {word} this request at {at}."


def write_approval(
    request: AccessRequest, verdict: Verdict, actor: Actor, now: datetime, **columns: Any
) -> None:
    approval = Approval(
        request=request,
        approver=actor.somebody,
        requester=request.requester,
        decision=Approval.Decision.APPROVED if verdict.approve else Approval.Decision.DENIED,
        justification=verdict.justification,
        decided_at=now,
        **columns,
    )
    insert([approval])


def write_denied(request: AccessRequest, verdict: Verdict, actor: Actor, now: datetime) -> None:
    move(request, Step.DENY, at=now, reason=verdict.justification)
    record(AuditAction.REQUEST_DENIED, request, by=actor.party, now=now, justification=verdict.justification)


def write_approved(request: AccessRequest, verdict: Verdict, actor: Actor, now: datetime) -> None:
    record(
        AuditAction.REQUEST_APPROVED,
        request,
        by=actor.party,
        now=now,
        justification=verdict.justification,
        approver=actor.party.name,
    )


def write_failed(request: AccessRequest, judged: Decision, actor: Actor, now: datetime) -> None:
    """It was approved, and the rules of now refuse it."""
    move(request, Step.FAIL, at=now, reason=" ".join(refusal.reason for refusal in judged.refusals))
    record(
        AuditAction.REQUEST_FAILED,
        request,
        by=actor.party,
        now=now,
        justification="",
        approver=actor.party.name,
        outcome=Outcome.FAILURE,
        rules=list(judged.rules),
    )
