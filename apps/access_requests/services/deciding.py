"""Approving and denying. The first answer counts; what is granted is what was shown, or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.access_requests import notices
from apps.access_requests.asks import Actor
from apps.access_requests.models import AccessRequest, Approval
from apps.access_requests.policy.activation import can_grant
from apps.access_requests.policy.deciding import DecisionFacts, can_decide, may_look
from apps.access_requests.policy.reading import digest_of
from apps.access_requests.selectors.approvers import Standing
from apps.access_requests.selectors.facts import load_granting, states_now
from apps.access_requests.services.activating import grant
from apps.access_requests.services.answering import Answer, answer_each
from apps.access_requests.services.recording import move, record, snapshot_of
from apps.access_requests.states import WAITING, Action, State, Step
from apps.accounts.models import User
from apps.accounts.policy import zone_of
from apps.assignments import services as assignments
from apps.assignments.selectors import holdings_of
from apps.audit.vocabulary import AuditAction, Outcome
from apps.common.errors import Conflict, Invalid
from apps.common.instants import short
from apps.roles.policy import RoleRules
from apps.roles.selectors import rules_for


class Changed(Conflict):
    """What was asked, or the rules it is judged by, is no longer what the approver was shown."""


@dataclass(frozen=True)
class Verdict:
    """An approver's answer. `digest` names exactly what they were shown."""

    request_id: UUID
    approve: bool
    digest: str
    justification: str = ""


@transaction.atomic
def decide(verdict: Verdict, *, actor: Actor, now: datetime) -> AccessRequest:
    """Approve or deny a waiting activation request.

    Approved, it is judged once more on the facts and rules of now; what no longer holds ends it as `failed`,
    with the reasons, and both sides are told. Raises `NotAllowed`, `Conflict` when somebody was faster,
    `Changed` when it is no longer what was shown.
    """
    request = _lock(verdict.request_id, now)
    rules = rules_for(request.role, request.ground.resource)
    facts = _facts(request, rules, verdict, actor, now)
    may_look(facts).require()
    if facts.state not in WAITING:
        raise Conflict(closing_words(request, facts.state, actor.somebody, now))
    can_decide(facts).require()
    snapshot = snapshot_of(request, rules, now=now)
    if verdict.digest != digest_of(snapshot):
        raise Changed("This request or its rules have changed. Look again, then decide.")
    request.snapshot, request.digest = snapshot, verdict.digest
    _write_approval(request, verdict, actor, now)
    if verdict.approve:
        _approve(request, verdict, rules, actor, now)
    else:
        _deny(request, verdict, rules, actor, now)
    return request


def decide_many(verdicts: Iterable[Verdict], *, actor: Actor, now: datetime) -> list[Answer[Verdict]]:
    """`decide` for each, on its own."""
    return answer_each(verdicts, lambda verdict: decide(verdict, actor=actor, now=now))


def _lock(request_id: UUID, now: datetime) -> AccessRequest:
    """The holder's row, the eligible assignment, the request: always in this order. What the clock has ended
    for the holder is written down in between, so that nothing hangs on a sweep."""
    peek = AccessRequest.objects.filter(pk=request_id, action=Action.SELF_ACTIVATE).first()
    if peek is None:
        raise Invalid("There is no such request to decide.")
    assignments.lock_principal(peek.principal_id)
    assignments.lock_assignment(peek.eligible_id)
    assignments.settle(principal_id=peek.principal_id, now=now)
    rows = AccessRequest.objects.select_for_update(of=("self",), no_key=True)
    return rows.with_names().get(pk=request_id)


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


def _facts(
    request: AccessRequest, rules: RoleRules, verdict: Verdict, actor: Actor, now: datetime
) -> DecisionFacts:
    approver = User.objects.get(pk=actor.somebody.pk)  # as they are now, not as they signed in
    return DecisionFacts(
        state=states_now([request], now=now)[request.id],
        is_own=approver.id in (request.principal_id, request.requester_id),
        is_approver=Standing(approver, holdings_of(approver, now=now)).fills_a_seat(rules, request),
        justification=verdict.justification,
        needs_justification=rules.approver_justification,
        second_factor=actor.second_factor,
        second_factor_max_age=settings.SECOND_FACTOR_MAX_AGE,
        now=now,
    )


def _write_approval(request: AccessRequest, verdict: Verdict, actor: Actor, now: datetime) -> None:
    Approval.objects.create(
        request=request,
        approver=actor.somebody,
        requester=request.requester,
        decision=Approval.Decision.APPROVED if verdict.approve else Approval.Decision.DENIED,
        justification=verdict.justification,
        decided_at=now,
    )


def _approve(request: AccessRequest, verdict: Verdict, rules: RoleRules, actor: Actor, now: datetime) -> None:
    record(
        AuditAction.REQUEST_APPROVED, request, by=actor.party, now=now, justification=verdict.justification
    )
    case = load_granting(request, rules, now=now)
    judged = can_grant(case.facts)
    if judged:
        grant(request, case, by=actor.party, now=now)
    else:
        reasons = " ".join(refusal.reason for refusal in judged.refusals)
        move(request, Step.FAIL, at=now, reason=reasons)
        record(
            AuditAction.REQUEST_FAILED,
            request,
            by=actor.party,
            now=now,
            justification="",
            outcome=Outcome.FAILURE,
            rules=list(judged.rules),
        )
    notices.tell_decided(request, actor.somebody, rules=rules, now=now)


def _deny(request: AccessRequest, verdict: Verdict, rules: RoleRules, actor: Actor, now: datetime) -> None:
    move(request, Step.DENY, at=now, reason=verdict.justification)
    record(AuditAction.REQUEST_DENIED, request, by=actor.party, now=now, justification=verdict.justification)
    notices.tell_decided(request, actor.somebody, rules=rules, now=now)
