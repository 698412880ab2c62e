"""What changes of role settings would do: before and after, who could approve, and may they be made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings

from apps.access_requests.asks import Actor
from apps.access_requests.policy.power import NO_POWER, Power, can_change_group
from apps.access_requests.selectors.approvers import Approvers
from apps.access_requests.selectors.power import powers_of
from apps.accounts.models import Group, Principal
from apps.administration.policy.settings import (
    SettingsFacts,
    can_save,
    effective,
    is_loosened,
    may_manage,
    plan_digest,
)
from apps.administration.policy.settings_words import Comparison, diff
from apps.administration.selectors.reachability import Governed, Proof, prove_approvers
from apps.common.access import Provider
from apps.common.decision import ALLOWED, Decision, denied
from apps.common.errors import Invalid
from apps.roles.models import Resource, RoleDefinition, RoleSettings
from apps.roles.policy.plain import as_plain
from apps.roles.policy.rules import RoleRules
from apps.roles.selectors import Rows, Settings, as_rules, rows_near, settings_among

Key = tuple[UUID, UUID | None]


@dataclass(frozen=True)
class Change:
    """The rules wanted for a role, on one resource or (without) wherever nothing nearer is set; `None` means
    to set none here and inherit again. Of the directory there is one place: without a resource."""

    role: RoleDefinition
    resource: Resource | None
    wanted: RoleRules | None

    @property
    def key(self) -> Key:
        return self.role.id, self.resource.id if self.resource else None

    @property
    def path(self) -> str:
        return self.resource.path if self.resource else ""

    @property
    def place_name(self) -> str:
        return self.resource.name if self.resource else Provider(self.role.provider).label


@dataclass(frozen=True)
class Assessed:
    """One change with what is in force before and after it, and the verdict. `origin` names where the rules
    come from afterwards. `proof` says who could approve."""

    change: Change
    before: Settings
    after: RoleRules
    origin: str
    decision: Decision
    proof: Proof

    @classmethod
    def nothing(cls, change: Change, present: Settings) -> Assessed:
        """What is in force, and stays."""
        return cls(change, present, present.rules, present.origin, ALLOWED, Proof(Approvers(), holds=True))

    @property
    def is_own(self) -> bool:
        """Whether the rules are set here afterwards."""
        return self.change.wanted is not None

    @property
    def without_factor(self) -> Decision:
        """The verdict before anybody was asked for a code."""
        refusals = self.decision.refusals
        return Decision(tuple(each for each in refusals if (each.rule, each.field) != ("MfaRule", "code")))

    @property
    def is_same(self) -> bool:
        """Whether there is nothing to do."""
        same_rules = as_plain(self.before.rules) == as_plain(self.after)
        return same_rules and self.before.is_own == self.is_own

    @property
    def differences(self) -> list[Comparison]:
        return diff(self.before.rules, self.after)

    @property
    def is_loosened(self) -> bool:
        return is_loosened(self.before.rules, self.after)


def assess_changes(changes: Sequence[Change], *, actor: Actor, now: datetime) -> list[Assessed]:
    """What each of these would do, all of them together, and whether it may be done. Changes nothing. The
    number of queries does not depend on how many they are. Raises `Invalid` for one place named twice."""
    if len({change.key for change in changes}) < len(changes):
        raise Invalid("A role stands twice at one place.")
    plan = _Plan(changes)
    proofs = prove_approvers(
        [Governed(c.role, c.resource, plan.after[c.key], plan.own_paths[c.role.id]) for c in changes], now=now
    )
    seats = _Seats.of(plan.after.values())
    rights = _rights(changes, plan, actor, now)
    return [
        Assessed(
            change,
            plan.before[change.key],
            plan.after[change.key],
            plan.origin[change.key],
            can_save(_facts(change, plan, proofs[change.key], seats, rights[change.key], actor, now)),
            proofs[change.key],
        )
        for change in changes
    ]


def right_to_change(
    role: RoleDefinition, resource: Resource | None, *, actor: Actor, now: datetime
) -> Decision:
    """May the settings of this role be changed here at all? What a button asks."""
    for row in (role, resource):
        if row is not None and row.retired_at is not None:
            return denied("ResourceIsLocked", f"{row.name} has been retired.")
    change = Change(role, resource, None)
    return _rights([change], _Plan([change]), actor, now)[change.key]


def digest_of_plan(plan: Iterable[Assessed]) -> str:
    """A short name for what these would do, as things are now: somebody else's change gives another."""
    return plan_digest(
        (*each.change.key, each.before.rules, each.before.is_own, each.after, each.is_own) for each in plan
    )


# ---- Parts -------------------------------------------------------------------------------------------------


class _Plan:
    """The settings of the roles that are changed, as they are and as they would be."""

    def __init__(self, changes: Sequence[Change]) -> None:
        rows = rows_near((change.role, change.resource) for change in changes)
        self.before = {c.key: settings_among(rows[c.role.id], c.role, c.resource) for c in changes}
        self.own_paths = _own_paths(changes)
        self.after: dict[Key, RoleRules] = {}
        self.origin: dict[Key, str] = {}
        for change in changes:
            near = rows[change.role.id]
            names = {path: row.resource.name for path, row in near if row.resource}
            names |= {each.path: each.place_name for each in changes if each.resource}
            self._plan(change, _planned(near, change.role, changes), names)

    def _plan(
        self, change: Change, planned: Mapping[str | None, RoleRules], names: Mapping[str | None, str]
    ) -> None:
        if change.wanted is not None:
            self.after[change.key], self.origin[change.key] = change.wanted, change.place_name
            return
        rules, path, is_set = effective(change.role.provider, change.path, planned)
        self.after[change.key] = rules
        self.origin[change.key] = names.get(path, "The role") if is_set else "Default"


def _planned(rows: Rows, role: RoleDefinition, changes: Iterable[Change]) -> dict[str | None, RoleRules]:
    planned: dict[str | None, RoleRules] = {path: as_rules(row) for path, row in rows}
    for change in changes:
        if change.role.id != role.id:
            continue
        at = change.resource.path if change.resource else None
        planned.pop(at, None)
        if change.wanted is not None:
            planned[at] = change.wanted
    return planned


def _own_paths(changes: Sequence[Change]) -> dict[UUID, set[str]]:
    """By role, the paths of the resources that will have rules of their own."""
    roles = {change.role.id for change in changes}
    found: dict[UUID, set[str]] = defaultdict(set)
    stored = RoleSettings.objects.filter(role__in=roles, resource__isnull=False)
    for role_id, path in stored.values_list("role_id", "resource__path"):
        found[role_id].add(path)
    for change in changes:
        if change.wanted is None:
            found[change.role.id].discard(change.path)
        elif change.resource:
            found[change.role.id].add(change.path)
    return found


@dataclass(frozen=True)
class _Seats:
    """Who the named approvers are."""

    known: frozenset[UUID]
    outsiders: Mapping[UUID, str]  # groups that are not role-assignable, by id

    @classmethod
    def of(cls, every: Iterable[RoleRules]) -> _Seats:
        ids = {seat.principal_id for rules in every for seat in rules.approvers if seat.principal_id}
        if not ids:
            return cls(frozenset(), {})
        known = frozenset(
            Principal.objects.filter(id__in=ids, group__retired_at__isnull=True).values_list("id", flat=True)
        )
        plain = Group.objects.filter(id__in=ids, is_role_assignable=False)
        return cls(known, dict(plain.values_list("id", "name")))


def _rights(changes: Sequence[Change], plan: _Plan, actor: Actor, now: datetime) -> dict[Key, Decision]:
    """May the actor change settings there, and what the groups behind it lead to?"""
    behind = {change.key: _groups_behind(change, plan) for change in changes}
    groups = {id_ for ids in behind.values() for id_ in ids}
    powers = powers_of(groups, now=now) if groups else {}
    return {
        change.key: _right(change, actor, _together(powers[id_] for id_ in behind[change.key]))
        for change in changes
    }


def _right(change: Change, actor: Actor, power: Power) -> Decision:
    if actor.is_console:
        return ALLOWED
    right = may_manage(actor.access, change.role.provider, change.path)
    if change.role.provider != Provider.GROUPS or not right:
        return right
    return can_change_group(actor.access, power, path=change.path)


def _groups_behind(change: Change, plan: _Plan) -> frozenset[UUID]:
    """The groups whose members or owners these rules govern."""
    if change.role.provider != Provider.GROUPS:
        return frozenset()
    if change.resource is not None:
        return frozenset(filter(None, [change.resource.group_id]))
    own = plan.own_paths[change.role.id]
    places = Resource.objects.filter(provider=Provider.GROUPS).values_list("path", "group_id")
    return frozenset(group for path, group in places if path not in own)


def _together(powers: Iterable[Power]) -> Power:
    sources = frozenset(source for power in powers for source in power.sources)
    return Power(sources) if sources else NO_POWER


def _facts(
    change: Change,
    plan: _Plan,
    proof: Proof,
    seats: _Seats,
    right: Decision,
    actor: Actor,
    now: datetime,
) -> SettingsFacts:
    rules = plan.after[change.key]
    named = [seat.principal_id for seat in rules.approvers if seat.principal_id]
    place = change.resource.provider if change.resource else change.role.provider
    is_elsewhere = change.role.provider == Provider.DIRECTORY and change.resource is not None
    return SettingsFacts(
        rules=rules,
        role_provider=change.role.provider,
        place_provider="" if is_elsewhere else place,
        right=right,
        outsiders=tuple(seats.outsiders[id_] for id_ in named if id_ in seats.outsiders),
        unknown=any(id_ not in seats.known for id_ in named),
        proved=proof.holds,
        is_console=actor.is_console,
        second_factor=actor.second_factor,
        second_factor_max_age=settings.SECOND_FACTOR_MAX_AGE,
        now=now,
    )
