"""May these role settings be saved here, and by whom? Ranges and dependences as in Entra (fact sheet,
section 4), reachable approvers, and the rights over the role and over what the group behind it leads to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.access_requests.policy.factor import second_factor_refusal
from apps.accounts.policy import NO_FACTOR, SecondFactor
from apps.administration.policy.settings_words import cell_name
from apps.common.access import DIRECTORY_PATH, Access, Permission, Provider
from apps.common.decision import ALLOWED, Decision, Refusal, judge
from apps.common.text import is_address
from apps.roles.policy.paths import nearest
from apps.roles.policy.plain import CELLS, as_plain
from apps.roles.policy.rules import (
    APPROVERS_ONLY,
    DAYS_OFFERED,
    Authentication,
    RoleRules,
    SeatKind,
    default_rules,
)
from apps.roles.policy.strictness import is_loosened, seat_key

SHORTEST_WINDOW, LONGEST_WINDOW = 5, 14 * 24 * 60  # minutes
MOST_ADDRESSES = 20
LONGEST_CONTEXT = 60  # as it is stored

__all__ = ["SettingsFacts", "can_save", "effective", "is_loosened", "may_manage", "plan_digest"]


@dataclass(frozen=True, kw_only=True)
class SettingsFacts:
    """Everything that decides on settings of one role in one place.

    `rules` are those in force afterwards. `right` answers for the place and the group behind it, for a
    person. `outsiders` names the groups among the approvers that are not role-assignable; `unknown` says
    that one of them is nobody. `proved`: whoever is eligible, another reachable person could approve.
    """

    rules: RoleRules
    role_provider: str
    place_provider: str
    right: Decision = ALLOWED
    outsiders: tuple[str, ...] = ()
    unknown: bool = False
    proved: bool = True
    is_console: bool = False
    second_factor: SecondFactor = NO_FACTOR
    second_factor_max_age: int = 300  # seconds
    now: datetime


def can_save(facts: SettingsFacts) -> Decision:
    """Every refusal at once, each with the field that would put it right. Whoever may not change them there
    hears just that: every other reason tells of what is set."""
    if not (facts.right or facts.is_console):
        return facts.right
    return Decision((*judge(RULES, facts).refusals, *_cell_refusals(facts.rules)))


def may_manage(access: Access, provider: str, path: str) -> Decision:
    """May settings be changed on the resource with this path, or (empty) for all of the provider?"""
    if access.may(Permission.SETTINGS_MANAGE, provider, _governed(provider, path)):
        return ALLOWED
    return Decision((Refusal("AdminRequestRule", _no_right(provider, path)),))


def effective(
    provider: str, path: str, rows: Mapping[str | None, RoleRules]
) -> tuple[RoleRules, str | None, bool]:
    """Of the rows of one role, by path or None for wherever: the rules in force at `path`, the path that sets
    them, and whether any does."""
    found = nearest(path, [(at, (at, rules)) for at, rules in rows.items()])
    return (found[1], found[0], True) if found else (default_rules(provider), None, False)


def plan_digest(plan: Iterable[tuple[UUID, UUID | None, RoleRules, bool, RoleRules, bool]]) -> str:
    """A short name for exactly these changes: of which role, in which place, from what (own or not) to
    what."""
    lines = [
        [str(role), str(resource or ""), as_plain(old), was_own, as_plain(new), is_own]
        for role, resource, old, was_own, new, is_own in plan
    ]
    canonical = json.dumps(sorted(lines, key=lambda line: line[:2]), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


# ---- Rules -------------------------------------------------------------------------------------------------


def place_rule(facts: SettingsFacts) -> Refusal | None:
    if facts.role_provider != facts.place_provider:
        return Refusal("RoleNotFound", "This role does not exist on that resource.")
    return None


def factor_rule(facts: SettingsFacts) -> Refusal | None:
    if facts.is_console:
        return None
    return second_factor_refusal(facts.second_factor, facts.second_factor_max_age, facts.now)


def maximum_rule(facts: SettingsFacts) -> Refusal | None:
    if 1 <= facts.rules.maximum_half_hours <= 48:
        return None
    return Refusal("ExpirationRule", "From half an hour to 24 hours.", "maximum_half_hours")


def context_rule(facts: SettingsFacts) -> Refusal | None:
    rules = facts.rules
    if rules.authentication not in Authentication.values:
        return Refusal("MfaRule", "Choose what activation requires.", "authentication")
    is_context = rules.authentication == Authentication.CONTEXT
    if is_context and not rules.authentication_context:
        return Refusal("MfaRule", "Name the authentication context.", "authentication_context")
    if len(rules.authentication_context) > LONGEST_CONTEXT:
        text = f"A context has at most {LONGEST_CONTEXT} characters."
        return Refusal("MfaRule", text, "authentication_context")
    if rules.authentication_context and not is_context:
        text = "A context goes with “Authentication context” only."
        return Refusal("MfaRule", text, "authentication_context")
    return None


def window_rule(facts: SettingsFacts) -> Refusal | None:
    if SHORTEST_WINDOW <= facts.rules.approval_window_minutes <= LONGEST_WINDOW:
        return None
    return Refusal("ApprovalRule", "From 5 minutes to 14 days.", "approval_window_minutes")


def eligible_days_rule(facts: SettingsFacts) -> Refusal | None:
    return _days(facts.rules.eligible_maximum_days, "eligible_maximum_days")


def active_days_rule(facts: SettingsFacts) -> Refusal | None:
    return _days(facts.rules.active_maximum_days, "active_maximum_days")


def _days(days: int, field: str) -> Refusal | None:
    if days in DAYS_OFFERED:
        return None
    return Refusal("ExpirationRule", "15 days, 1, 3 or 6 months, or 1 year.", field)


def seats_rule(facts: SettingsFacts) -> Refusal | None:
    seats = facts.rules.approvers
    if facts.unknown:
        return Refusal("ApproverRule", "One of the approvers does not exist.", "approvers")
    if len({seat_key(seat) for seat in seats}) < len(seats):
        return Refusal("ApproverRule", "Name each approver once.", "approvers")
    owners = any(seat.kind == SeatKind.RESOURCE_OWNERS for seat in seats)
    if owners and facts.role_provider == Provider.DIRECTORY:
        return Refusal("ApproverRule", "The directory has no owners. Name people or groups.", "approvers")
    return None


def role_assignable_rule(facts: SettingsFacts) -> Refusal | None:
    """Whoever can change a group that decides on directory roles decides on them."""
    if facts.role_provider != Provider.DIRECTORY or not facts.outsiders:
        return None
    names = ", ".join(facts.outsiders)
    text = f"Only role-assignable groups approve directory roles. Not one of them: {names}."
    return Refusal("ApproverRule", text, "approvers")


def named_rule(facts: SettingsFacts) -> Refusal | None:
    rules = facts.rules
    if not rules.requires_approval or rules.approvers or facts.role_provider == Provider.DIRECTORY:
        return None
    return Refusal("ApproverRule", "Name at least one approver.", "approvers")


def reachable_rule(facts: SettingsFacts) -> Refusal | None:
    if not facts.rules.requires_approval or facts.proved or named_rule(facts) or facts.unknown:
        return None
    return Refusal(
        "ApproverRule",
        "Nobody could approve for somebody who is eligible. Name two approvers who can be reached (enabled, "
        "with a second factor and an address), or one who is not eligible.",
        "approvers",
    )


RULES = (
    place_rule,
    factor_rule,
    maximum_rule,
    context_rule,
    window_rule,
    eligible_days_rule,
    active_days_rule,
    seats_rule,
    role_assignable_rule,
    named_rule,
    reachable_rule,
)


# ---- Parts -------------------------------------------------------------------------------------------------


def _cell_refusals(rules: RoleRules) -> Iterable[Refusal]:
    for case, audience in CELLS:
        addresses = rules.cell(case, audience).additional_recipients
        field = f"{cell_name(case, audience)}_additional"
        wrong = [address for address in addresses if not is_address(address)]
        if addresses and (case, audience) == APPROVERS_ONLY:
            yield Refusal("NotificationRule", "Only approvers are told of what they decide on.", field)
        elif wrong:
            yield Refusal("NotificationRule", f"No e-mail address: {', '.join(wrong)}.", field)
        elif len(addresses) > MOST_ADDRESSES:
            yield Refusal("NotificationRule", f"At most {MOST_ADDRESSES} addresses.", field)


def _governed(provider: str, path: str) -> str:
    """The directory has one place only: its root."""
    return DIRECTORY_PATH if provider == Provider.DIRECTORY else path


def _no_right(provider: str, path: str) -> str:
    if provider == Provider.RESOURCES:
        who = "Owner and User Access Administrator of it do" if path else "a Global Administrator does"
    elif provider == Provider.GROUPS and path:
        who = "its owners and a Privileged Role Administrator do"
    else:
        who = "a Privileged Role Administrator does"
    return f"Your active roles do not change settings here; {who}."
