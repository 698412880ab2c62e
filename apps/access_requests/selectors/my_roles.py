"""My roles: what I may activate, what is active, what has ended."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import TypeVar
from uuid import UUID

from django.db.models import Max

from apps.access_requests.models import AccessRequest
from apps.access_requests.policy.activation import MINIMUM_MINUTES, ActivationFacts, may_extend, may_open
from apps.access_requests.policy.deciding import can_deactivate
from apps.access_requests.policy.prolonging import ProlongingFacts, may_renew
from apps.access_requests.policy.prolonging import may_extend as may_extend_assignment
from apps.access_requests.selectors.assigning import ended_facts
from apps.access_requests.selectors.terms import RulesFor, terms_of_many
from apps.access_requests.states import Action, Family
from apps.accounts.models import User
from apps.accounts.policy import zone_of
from apps.assignments.models import Assignment
from apps.assignments.paths import Paths, paths_from
from apps.assignments.selectors import Held, Holdings, expired_of
from apps.common.decision import Decision
from apps.common.period import Period
from apps.roles.policy.rules import RoleRules
from apps.roles.selectors import demands_of_many, rules_for_many

ENDING_SOON = timedelta(minutes=30)

Key = tuple[UUID, UUID]  # role, resource


@dataclass(frozen=True)
class Row:
    """One assignment of mine, and how I come to hold it. `can_prolong`: whether I can ask for more of it now;
    nothing where there is no such thing. `why` looks up every way to it."""

    held: Held
    can_prolong: Decision | None = field(default=None, kw_only=True)
    why: Callable[[], Paths | None] = field(default=lambda: None, kw_only=True, compare=False)

    @property
    def assignment(self) -> Assignment:
        return self.held.assignment

    @property
    def membership(self) -> str:
        return self.held.membership

    @property
    def via(self) -> str:
        return self.held.via


@dataclass(frozen=True)
class EligibleRow(Row):
    """What I may activate: what it asks for, and whether I can press the button now."""

    settings: RoleRules
    decision: Decision
    waiting: AccessRequest | None = None
    active_until: datetime | None = None


@dataclass(frozen=True)
class ActiveRow(Row):
    """What is active. Without an end the minutes are None."""

    minutes_left: int | None
    minutes_total: int | None
    is_ending_soon: bool
    can_deactivate: Decision
    can_extend: Decision


AnyRow = TypeVar("AnyRow", bound=Row)


class MyRoles:
    """What one person may activate and what is active for them, at one instant. A fixed number of queries,
    and what both lists need is asked once."""

    def __init__(
        self, user: User, holdings: Holdings, waiting: Iterable[AccessRequest], *, now: datetime
    ) -> None:
        """`holdings`: what the lists are of; nothing is asked about what is left out of it. `waiting`: their
        own requests that wait, with their names."""
        self._user = user
        self._holdings = holdings
        self._waiting = {(row.role_id, row.resource_id, row.family): row for row in waiting}
        self._now = now

    @cached_property
    def eligible(self) -> list[EligibleRow]:
        """The eligible assignments, each with what its activation asks for."""
        return [self._eligible_row(held, self._demands) for held in self._holdings.eligible]

    def picked(self, ids: Collection[str]) -> list[EligibleRow]:
        """Those of `eligible` with these ids, each with all of its rules: who approves as well."""
        held = [held for held in self._holdings.eligible if str(held.assignment.id) in ids]
        rules = self._terms([each.assignment for each in held], rules_for_many)
        return [self._eligible_row(each, rules) for each in held]

    @cached_property
    def active(self) -> list[ActiveRow]:
        """What is active now, and whether it can be extended or given back."""
        return [self._active_row(held) for held in self._holdings.active]

    @cached_property
    def activated(self) -> list[ActiveRow]:
        """Of what is active, that which the person took and may give back."""
        return [self._active_row(held) for held in self._holdings.active if held.assignment.is_activated]

    @cached_property
    def expired(self) -> list[Row]:
        """What has ended lately, and whether it can be renewed."""
        return [
            Row(held, can_prolong=may_renew(self._prolonging_facts(held)))
            for held in expired_of(self._user, now=self._now)
        ]

    @cached_property
    def _demands(self) -> dict[Key, RoleRules]:
        """Of all that is eligible, and of what was activated, which goes on by the same rules."""
        activated = [held.assignment for held in self._holdings.active if held.assignment.is_activated]
        eligible = [held.assignment for held in self._holdings.eligible]
        return self._terms([*eligible, *activated], demands_of_many)

    def _terms(self, rows: Iterable[Assignment], rules_for: RulesFor) -> dict[Key, RoleRules]:
        """By role and resource of the eligible assignment, which are those that govern."""
        asked = [(self._user.id, row.role, row.governed_on) for row in rows]
        terms = terms_of_many(asked, rules_for=rules_for, now=self._now)
        return {(role_id, resource_id): rules for (_, role_id, resource_id), rules in terms.items()}

    @cached_property
    def _standing(self) -> frozenset[tuple[UUID, UUID, str]]:
        """What this person is assigned, now or later, by role, resource and kind."""
        rows = Assignment.objects.not_ended(self._now).filter(
            principal_id=self._user.id, origin=Assignment.Origin.ASSIGNED
        )
        return frozenset(rows.values_list("role_id", "resource_id", "kind"))

    def _eligible_row(self, held: Held, rules: Mapping[Key, RoleRules]) -> EligibleRow:
        row = held.assignment
        active = self._active_on(row)
        request = self._waiting.get((row.role_id, row.resource_id, Family.ACTIVATION))
        facts = ActivationFacts(
            rules=rules[row.role_id, row.resource_id],
            eligible=row.period,
            minutes=MINIMUM_MINUTES,
            overlapping=active,
            is_waiting=request is not None,
            zone=zone_of(self._user),
            now=self._now,
        )
        until = active.end if active else None
        return EligibleRow(
            held,
            facts.rules,
            may_open(facts),
            request,
            until,
            can_prolong=self._can_extend_assignment(held),
            why=partial(self._why, row),
        )

    def _active_on(self, eligible: Assignment) -> Period | None:
        """What is active of this role on the same resource or a wider one, for this person themself."""
        for held in self._holdings.active:
            row = held.assignment
            if not held.via and row.role_id == eligible.role_id and row.resource.covers(eligible.resource):
                return row.period
        return None

    def _active_row(self, held: Held) -> ActiveRow:
        row = held.assignment
        left = row.ends_at - self._now if row.ends_at else None
        return ActiveRow(
            held,
            minutes_left=_minutes(left),
            minutes_total=_minutes(row.period.length),
            is_ending_soon=left is not None and left <= ENDING_SOON,
            can_deactivate=can_deactivate(
                is_activated=row.is_activated, is_holder=row.principal_id == self._user.id, is_running=True
            ),
            can_extend=may_extend(self._extension_facts(row), is_activated=row.is_activated),
            can_prolong=self._can_extend_assignment(held),
            why=partial(self._why, row),
        )

    def _can_extend_assignment(self, held: Held) -> Decision | None:
        """Whether an admin can be asked for a later end, for what has one and is theirs alone."""
        row = held.assignment
        if held.via or row.is_activated or row.is_permanent:
            return None
        return may_extend_assignment(self._prolonging_facts(held))

    def _prolonging_facts(self, held: Held) -> ProlongingFacts:
        row = held.assignment
        facts = replace(
            ended_facts(row, now=self._now),
            via=held.via,
            is_waiting=(row.role_id, row.resource_id, row.kind) in self._waiting,
            zone=zone_of(self._user),
        )
        is_over = bool(facts.ended_how)
        return replace(facts, exists=is_over and (row.role_id, row.resource_id, row.kind) in self._standing)

    def _why(self, row: Assignment) -> Paths | None:
        return self._paths.get((row.role_id, row.resource_id, row.kind))

    @cached_property
    def _paths(self) -> dict[tuple[UUID, UUID, str], Paths]:
        found = paths_from(self._user.id, self._holdings, now=self._now)
        return {(path.role.id, path.resource.id, path.kind): path for path in found}

    def _extension_facts(self, row: Assignment) -> ActivationFacts | None:
        ground = row.parent
        if ground is None:
            return None
        of_role = self._demands[ground.role_id, ground.resource_id]
        return ActivationFacts(
            rules=of_role,
            eligible=ground.period,
            minutes=of_role.maximum_minutes,
            extends_until=row.ends_at,
            is_waiting=(row.role_id, row.resource_id, Family.ACTIVATION) in self._waiting,
            zone=zone_of(self._user),
            now=self._now,
        )


def lately_used(rows: Iterable[EligibleRow], user: User, *, limit: int = 4) -> list[EligibleRow]:
    """Those of the rows that this person has asked for before, the latest first."""
    own = AccessRequest.objects.filter(principal_id=user.id, action=Action.SELF_ACTIVATE)
    latest = own.values("eligible_id").annotate(at=Max("created_at"))
    asked_at = dict(latest.values_list("eligible_id", "at"))
    used = [row for row in rows if row.assignment.pk in asked_at]
    return sorted(used, key=lambda row: asked_at[row.assignment.pk], reverse=True)[:limit]


def recent_reasons(user: User, *, limit: int = 3) -> list[str]:
    """What this person wrote last, newest first, each once."""
    texts = (
        AccessRequest.objects.filter(requester=user, action=Action.SELF_ACTIVATE)
        .exclude(justification="")
        .order_by("-created_at", "id")
        .values_list("justification", flat=True)[:20]
    )
    return list(dict.fromkeys(texts))[:limit]


def last_used_minutes(user: User, role_ids: Iterable[UUID]) -> int | None:
    """How long this person asked for one of these roles last time, if ever."""
    rows = AccessRequest.objects.filter(
        requester=user, action=Action.SELF_ACTIVATE, role_id__in=role_ids, extends__isnull=True
    )
    return rows.order_by("-created_at", "id").values_list("duration_minutes", flat=True).first()


def matching(rows: Sequence[AnyRow], *, provider: str = "", q: str = "") -> list[AnyRow]:
    """Those of one provider whose role or resource contains the words."""
    words = q.casefold().split()
    return [
        row
        for row in rows
        if (not provider or row.assignment.resource.provider == provider)
        and all(word in _searched(row.assignment) for word in words)
    ]


def _searched(assignment: Assignment) -> str:
    return f"{assignment.role.name} {assignment.resource.name} {assignment.resource.kind}".casefold()


def _minutes(span: timedelta | None) -> int | None:
    """Whole minutes, the begun one counted: what runs for 59 seconds more is not over."""
    return None if span is None else -(-int(span.total_seconds()) // 60)
