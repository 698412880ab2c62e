"""What each rule looks at: its function, and where its facts come from. One line per rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from apps.alerts.policy import catalogue
from apps.alerts.policy.rules import crowds, holders, keepers, outside, requests, roles, settings
from apps.alerts.policy.terms import Found, Rule, Settings
from apps.alerts.selectors import facts

Load = Callable[[datetime], Iterable[Any]]
Find = Callable[[Iterable[Any], Settings, datetime], Iterable[Found]]

SCANS: dict[str, tuple[Load, Find]] = {
    catalogue.ASSIGNED_OUTSIDE.id: (facts.outside.seen_outside, outside.assigned_outside),
    catalogue.TOO_MANY_GLOBAL_ADMINISTRATORS.id: (
        facts.holders.directory_rows,
        crowds.too_many_global_administrators,
    ),
    catalogue.ACTIVATED_TOO_FREQUENTLY.id: (facts.requests.uses_lately, requests.activated_too_frequently),
    catalogue.UNUSED_ROLE.id: (facts.holders.administrator_rows, holders.unused_roles),
    catalogue.NO_MFA_ON_ACTIVATION.id: (facts.settings.settings_followed, settings.no_mfa_on_activation),
    catalogue.STALE_ACCOUNT.id: (facts.holders.administrator_rows, holders.stale_accounts),
    catalogue.TOO_MANY_OWNERS.id: (facts.holders.rows_beside_owners, crowds.too_many_owners),
    catalogue.TOO_MANY_PERMANENT_OWNERS.id: (facts.holders.owner_rows, crowds.too_many_permanent_owners),
    catalogue.DUPLICATE_ROLE.id: (facts.roles.twins_held, roles.duplicate_roles),
    catalogue.GROUP_WITHOUT_OWNER.id: (facts.keepers.groups_kept, keepers.group_without_owner),
    catalogue.NO_REACHABLE_APPROVER.id: (facts.settings.people_stranded, settings.no_reachable_approver),
    catalogue.NO_SECOND_FACTOR.id: (facts.holders.eligible_rows, holders.without_second_factor),
    catalogue.SAME_PAIR.id: (facts.requests.pairs_lately, requests.always_the_same_pair),
    catalogue.HASTY_APPROVALS.id: (facts.requests.quick_approvals, requests.hasty_approvals),
    catalogue.PERMANENT_POWER.id: (facts.holders.permanent_rows, holders.permanent_power),
    catalogue.PRIVILEGED_GUEST.id: (facts.holders.privileged_rows, holders.privileged_guests),
    catalogue.GRANTED_ONESELF.id: (facts.requests.own_grants, requests.granted_oneself),
    catalogue.SETTINGS_LOOSENED.id: (facts.settings.changes_lately, settings.settings_loosened),
    catalogue.HELD_REVIEW.id: (facts.keepers.reviews_held, keepers.held_reviews),
}


def look(rule: Rule, settings: Settings, *, now: datetime) -> list[Found]:
    """What this rule finds now, where it is turned on. A fixed number of queries."""
    load, find = SCANS[rule.id]
    return [found for found in find(load(now), settings, now) if settings.at(found.place).is_on]
