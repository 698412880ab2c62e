"""Approve requests: what waits for me, what I decided, and everything that speaks for or against one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from apps.access_requests.models import AccessRequest
from apps.access_requests.policy.activation import granted_period
from apps.access_requests.selectors.approvers import ApproverLine, Sought, approvers_for_many
from apps.access_requests.selectors.facts import ActivationCase, load_granting_many, states_now
from apps.access_requests.selectors.terms import terms_of_many
from apps.access_requests.services.recording import digest_now
from apps.access_requests.states import Action, State
from apps.accounts.models import User
from apps.assignments.selectors import Holdings, holdings_of_many
from apps.roles.models import RoleDefinition
from apps.roles.policy.rules import RoleRules

HISTORY_SHOWN = 5
DECIDED_SHOWN = 50


@dataclass(frozen=True)
class ApproveRow:
    """One request in the list of those that somebody decided, and what became of it."""

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
    def wants_reason(self) -> bool:
        """Whether whoever decides has to say why."""
        return self.settings.approver_justification

    @property
    def eligible_until(self) -> datetime | None:
        return self.item.ground.ends_at


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
    return evidence_on_many([request], reader=reader, now=now)[0]


def evidence_on_many(requests: Sequence[AccessRequest], *, reader: User, now: datetime) -> list[Evidence]:
    """`evidence_on` each, in their order. A fixed number of queries, however many."""
    by_key = terms_of_many([(row.principal_id, row.role, row.ground.resource) for row in requests], now=now)
    rules = [by_key[row.principal_id, row.role_id, row.ground.resource_id] for row in requests]
    asked = list(zip(requests, rules, strict=True))
    cases = load_granting_many(asked, now=now)
    sought = [Sought(each, request.ground.resource, request.person) for request, each in asked]
    approvers = approvers_for_many(sought, now=now)
    held = holdings_of_many([request.person for request in requests], now=now)
    history = _history_of(requests, now)
    return [
        Evidence(
            item=request,
            digest=digest_now(request, case.facts.rules, now=now),
            settings=case.facts.rules,
            starts=request.starts_at if request.starts_at and request.starts_at > now else None,
            ends_if_now=_end_if_granted(case),
            history=history[request.id],
            active_now=names_of(held[request.person.id]),
            others=who.lines_beside(reader),
            extends_ended=request.extends is not None and not request.extends.is_current(now),
        )
        for request, case, who in zip(requests, cases, approvers, strict=True)
    ]


def _end_if_granted(case: ActivationCase) -> datetime | None:
    period = granted_period(case.facts)
    return period.end if period else None


def names_of(holdings: Holdings) -> list[str]:
    """The roles that are active, with where."""
    return [f"{held.assignment.role.name} on {held.assignment.resource.name}" for held in holdings.active]


def _history_of(requests: Sequence[AccessRequest], now: datetime) -> dict[UUID, list[HistoryLine]]:
    """For each of these, by id, its requester's last requests for the same role."""
    rank = Window(
        RowNumber(), partition_by=["principal_id", "role_id"], order_by=[F("created_at").desc(), F("id")]
    )
    rows = list(
        AccessRequest.objects.filter(action=Action.SELF_ACTIVATE)
        .filter(
            principal_id__in={request.principal_id for request in requests},
            role_id__in={request.role_id for request in requests},
        )
        .alias(rank=rank)
        .filter(rank__lte=HISTORY_SHOWN + 1)  # one of them may be the one that is decided on
        .with_names()
        .order_by("-created_at", "id")
    )
    states = states_now(rows, now=now)
    return {request.id: [*_earlier(request, rows, states)][:HISTORY_SHOWN] for request in requests}


def _earlier(
    request: AccessRequest, rows: Iterable[AccessRequest], states: Mapping[UUID, State]
) -> Iterable[HistoryLine]:
    for row in rows:
        is_alike = (row.principal_id, row.role_id) == (request.principal_id, request.role_id)
        if is_alike and row.id != request.id:
            yield HistoryLine(row.created_at, row.minutes, states[row.id].label)
