"""An admin decides on an assignment that is asked for: to extend or renew it, or one by which whoever asked
would gain. They may change its kind and its period."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.conf import settings

from apps.access_requests import notices
from apps.access_requests.asks import Actor, Ask, Said
from apps.access_requests.models import AccessRequest
from apps.access_requests.policy.deciding import DecisionFacts
from apps.access_requests.selectors.assigning import AssignmentCase, load_decided
from apps.access_requests.selectors.facts import states_now
from apps.access_requests.selectors.managing import AdminStanding
from apps.access_requests.services.assigning import carry_out, lock_for_giving
from apps.access_requests.services.recording import move
from apps.access_requests.services.verdicts import (
    Offer,
    Verdict,
    require_as_shown,
    write_approval,
    write_approved,
    write_denied,
    write_failed,
)
from apps.access_requests.states import Action, Family, Step
from apps.accounts.models import User
from apps.assignments.selectors import access_of, holdings_of
from apps.common.commands import command
from apps.common.errors import Invalid
from apps.roles.selectors import rules_for


@command()
def decide_assignment(verdict: Verdict, *, actor: Actor, now: datetime) -> AccessRequest:
    """Approve or deny what waits for an admin; like `decide`, on the facts and rules of now."""
    request = _lock(verdict.request_id, now)
    admin = _as_now(actor, now)
    rules = rules_for(request.role, request.resource)
    facts = _facts(request, verdict, admin, now)
    require_as_shown(request, verdict, facts, rules, actor=admin)
    if verdict.approve:
        _approve(request, verdict, admin, now)
    else:
        write_approval(request, verdict, admin, now)
        write_denied(request, verdict, admin, now)
    notices.tell_admin_decided(request, admin.somebody, said=verdict.justification, rules=rules, now=now)
    return request


def offered(request: AccessRequest) -> Offer:
    """What was asked, as an offer of just that."""
    return Offer(request.kind, request.starts_at, request.ends_at)


def as_ask(request: AccessRequest, offer: Offer, said: Said) -> Ask:
    """What would be given."""
    return Ask(
        Action(request.action),
        assignment_id=request.extends_id,
        principal_id=request.principal_id,
        role_id=request.role_id,
        resource_id=request.resource_id,
        kind=offer.kind,
        starts_at=offer.starts_at,
        ends_at=offer.ends_at,
        said=said,
    )


def _approve(request: AccessRequest, verdict: Verdict, admin: Actor, now: datetime) -> None:
    offer = verdict.offer or offered(request)
    case = load_decided(request, as_ask(request, offer, Said(verdict.justification)), actor=admin, now=now)
    write_approval(
        request,
        verdict,
        admin,
        now,
        decided_kind=offer.kind,
        decided_starts_at=offer.starts_at,
        decided_ends_at=offer.ends_at,
    )
    write_approved(request, verdict, admin, now)
    if case.decision:
        _give(request, case, admin, now)
    else:
        write_failed(request, case.decision, admin, now)


def _give(request: AccessRequest, case: AssignmentCase, admin: Actor, now: datetime) -> None:
    """First the request is closed, so that what closes all that waits on the row does not meet it."""
    move(request, Step.GRANT, at=now)
    by = admin.party
    request.result = carry_out(request, case, by=by, now=now, approver=by.name)
    AccessRequest.objects.filter(pk=request.pk).update(result=request.result)


def _lock(request_id: UUID, now: datetime) -> AccessRequest:
    """The guards, the holder, the request: always in this order."""
    asked = AccessRequest.objects.exclude(family=Family.ACTIVATION).filter(deadline_at__isnull=False)
    peek = asked.filter(pk=request_id).first()
    if peek is None:
        raise Invalid("There is no such request to decide.")
    lock_for_giving(principal_id=peek.principal_id, role_id=peek.role_id, now=now)
    return AccessRequest.objects.locked(request_id)


def _as_now(actor: Actor, now: datetime) -> Actor:
    """The admin as they are now, not as they signed in."""
    user = User.objects.get(pk=actor.somebody.pk)
    return replace(actor, user=user, access=access_of(user.id, holdings_of(user, now=now)))


def _facts(request: AccessRequest, verdict: Verdict, admin: Actor, now: datetime) -> DecisionFacts:
    standing = AdminStanding(admin.somebody, admin.access, now)
    return DecisionFacts(
        state=states_now([request], now=now)[request.id],
        is_own=request.requester_id == admin.somebody.id,
        gains=standing.gains_by(request),
        is_approver=standing.manages(request),
        justification=verdict.justification,
        second_factor=admin.second_factor,
        second_factor_max_age=settings.SECOND_FACTOR_MAX_AGE,
        now=now,
    )
