"""Approving and denying. The first answer counts; what is granted is what was shown, or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import cast
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils.functional import SimpleLazyObject

from apps.access_requests import notices
from apps.access_requests.asks import Actor
from apps.access_requests.models import AccessRequest
from apps.access_requests.policy.activation import can_grant
from apps.access_requests.policy.deciding import DecisionFacts
from apps.access_requests.selectors.approvers import Standing
from apps.access_requests.selectors.facts import load_granting, states_now
from apps.access_requests.selectors.terms import terms_of
from apps.access_requests.services.activating import give
from apps.access_requests.services.answering import Answer, answer_each
from apps.access_requests.services.deciding_assignments import decide_assignment
from apps.access_requests.services.recording import move
from apps.access_requests.services.verdicts import (
    Verdict,
    require_as_shown,
    write_approval,
    write_approved,
    write_denied,
    write_failed,
)
from apps.access_requests.states import Action
from apps.accounts.models import User
from apps.assignments import services as assignments
from apps.assignments.selectors import Holdings, active_now
from apps.common.commands import command
from apps.common.prepared import prepared
from apps.roles.policy.rules import RoleRules


def decide(verdict: Verdict, *, actor: Actor, now: datetime) -> AccessRequest:
    """Approve or deny a waiting request: an activation as one of its approvers, an assignment as an admin.

    Approved, it is judged once more on the facts and rules of now; what no longer holds ends it as `failed`,
    with the reasons, and both sides are told. Raises `NotAllowed`, `Conflict` when somebody was faster,
    `Changed` when it is no longer what was shown.
    """
    for holder_id, ground_id in _activation(verdict.request_id):
        return _decide_activation(verdict, holder_id, ground_id, actor=actor, now=now)
    return decide_assignment(verdict, actor=actor, now=now)


@prepared
def _activation(request_id: UUID) -> QuerySet[AccessRequest, tuple[UUID, UUID]]:
    asked = AccessRequest.objects.filter(pk=request_id, action=Action.SELF_ACTIVATE)
    return asked.values_list("principal_id", "eligible_id")


@prepared
def _people(ids: tuple[UUID, ...]) -> QuerySet[User]:
    return User.objects.filter(pk__in=ids)


@command()
def _decide_activation(
    verdict: Verdict, holder_id: UUID, ground_id: UUID, *, actor: Actor, now: datetime
) -> AccessRequest:
    _lock(holder_id, ground_id, now)
    people = {user.id: user for user in _people((holder_id, actor.somebody.id))}
    actor = replace(actor, user=people[actor.somebody.id])  # as they are now, not as they signed in
    request = AccessRequest.objects.locked_activation(verdict.request_id, requester=people[holder_id])
    rules = terms_of(request.principal_id, request.role, request.ground.resource, now=now)
    facts = _facts(request, rules, verdict, actor, now)
    require_as_shown(request, verdict, facts, rules, actor=actor)
    write_approval(request, verdict, actor, now)
    if verdict.approve:
        _approve(request, verdict, rules, actor, now)
    else:
        write_denied(request, verdict, actor, now)
    notices.tell_decided(request, actor.somebody, said=verdict.justification, rules=rules, now=now)
    return request


def decide_many(verdicts: Iterable[Verdict], *, actor: Actor, now: datetime) -> list[Answer[Verdict]]:
    """`decide` for each, on its own."""
    return answer_each(verdicts, lambda verdict: decide(verdict, actor=actor, now=now))


def _lock(holder_id: UUID, ground_id: UUID, now: datetime) -> None:
    """The holder's row, the eligible assignment, and then the request: always in this order. What the clock
    has ended for the holder is written down in between, so that nothing hangs on a sweep."""
    assignments.lock_principal(holder_id)
    assignments.lock_assignment(ground_id)
    assignments.settle(principal_id=holder_id, now=now)


def _facts(
    request: AccessRequest, rules: RoleRules, verdict: Verdict, actor: Actor, now: datetime
) -> DecisionFacts:
    approver = actor.somebody
    holdings = SimpleLazyObject(lambda: active_now(approver, now=now))  # whoever is named needs none
    return DecisionFacts(
        state=states_now([request], now=now)[request.id],
        is_own=approver.id in (request.principal_id, request.requester_id),
        is_approver=Standing(approver, cast(Holdings, holdings)).fills_a_seat(rules, request),
        justification=verdict.justification,
        needs_justification=rules.approver_justification,
        second_factor=actor.second_factor,
        second_factor_max_age=settings.SECOND_FACTOR_MAX_AGE,
        now=now,
    )


def _approve(
    request: AccessRequest,
    verdict: Verdict,
    rules: RoleRules,
    actor: Actor,
    now: datetime,
) -> None:
    write_approved(request, verdict, actor, now)
    case = load_granting(request, rules, now=now)
    judged = can_grant(case.facts)
    if judged:
        step, result = give(request, case, now=now, approver=actor.party.name)
        move(request, step, at=now, result=result)
    else:
        write_failed(request, judged, actor, now)
