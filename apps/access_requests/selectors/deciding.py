"""Approve requests: what waits for me, what I decided, and everything that speaks for or against one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from apps.access_requests.models import AccessRequest
from apps.access_requests.policy.activation import granted_period
from apps.access_requests.selectors.approvers import ApproverLine, Standing, approvers_for
from apps.access_requests.selectors.facts import load_granting, states_now
from apps.access_requests.services.recording import digest_now
from apps.access_requests.states import WAITING, Action, Family, State
from apps.accounts.models import User
from apps.assignments.selectors import holdings_of
from apps.roles.models import RoleDefinition
from apps.roles.policy import RoleRules
from apps.roles.selectors import rules_for, rules_for_many

HISTORY_SHOWN = 5
DECIDED_SHOWN = 50


@dataclass(frozen=True)
class ApproveRow:
    """One request in a list of those to decide, or decided."""

    item: AccessRequest
    state: State

    @property
    def requester(self) -> User:
        return self.item.person


@dataclass(frozen=True)
class HistoryLine:
    at: datetime
    minutes: int
    outcome_label: str


@dataclass(frozen=True)
class Evidence:
    """One request as its approver sees it. `digest` names exactly what is shown here as asked."""

    item: AccessRequest
    digest: str
    settings: RoleRules
    starts: datetime | None
    ends_if_now: datetime | None
    history: list[HistoryLine]
    active_now: list[str]
    others: list[ApproverLine]

    extends_ended: bool = False  # what was to be extended has ended: a yes opens a new activation

    @property
    def requester(self) -> User:
        return self.item.person

    @property
    def role(self) -> RoleDefinition:
        return self.item.role

    @property
    def eligible_until(self) -> datetime | None:
        return self.item.ground.ends_at


def waiting_for(standing: Standing, *, now: datetime) -> list[ApproveRow]:
    """The activation requests that wait and that this person can decide, the oldest first. A fixed number
    of queries, and only one while nothing waits."""
    rows = list(
        AccessRequest.objects.waiting()
        .filter(family=Family.ACTIVATION)
        .exclude(principal_id=standing.user.id)
        .with_names()
        .order_by("created_at", "id")
    )
    if not rows:
        return []
    rules = rules_for_many((row.role, row.ground.resource) for row in rows)
    states = states_now(rows, now=now)
    return [
        ApproveRow(row, states[row.id])
        for row in rows
        if states[row.id] in WAITING
        and standing.fills_a_seat(rules[row.role_id, row.ground.resource_id], row)
    ]


def decided_by(user: User, *, now: datetime) -> list[ApproveRow]:
    """What this person decided, the latest first."""
    rows = list(
        AccessRequest.objects.filter(approvals__approver=user)
        .with_names()
        .order_by("-approvals__decided_at", "id")[:DECIDED_SHOWN]
    )
    states = states_now(rows, now=now)
    return [ApproveRow(row, states[row.id]) for row in rows]


def evidence_on(request: AccessRequest, *, reader: User, now: datetime) -> Evidence:
    """What `reader` needs to decide on this request."""
    rules = rules_for(request.role, request.ground.resource)
    period = granted_period(load_granting(request, rules, now=now).facts)
    approvers = approvers_for(rules, resource=request.ground.resource, requester=request.person, now=now)
    later = request.starts_at if request.starts_at and request.starts_at > now else None
    return Evidence(
        item=request,
        digest=digest_now(request, rules, now=now),
        settings=rules,
        starts=later,
        ends_if_now=period.end if period else None,
        history=_history(request, now),
        active_now=[
            f"{held.assignment.role.name} on {held.assignment.resource.name}"
            for held in holdings_of(request.person, now=now).active
        ],
        others=[line for line in approvers.lines if line.detail != reader.email],
        extends_ended=request.extends is not None and not request.extends.is_current(now),
    )


def _history(request: AccessRequest, now: datetime) -> list[HistoryLine]:
    """The requester's last requests for the same role."""
    rows = list(
        AccessRequest.objects.filter(
            principal_id=request.principal_id, role_id=request.role_id, action=Action.SELF_ACTIVATE
        )
        .exclude(pk=request.pk)
        .with_names()
        .order_by("-created_at", "id")[:HISTORY_SHOWN]
    )
    states = states_now(rows, now=now)
    return [HistoryLine(row.created_at, row.minutes, states[row.id].label) for row in rows]
