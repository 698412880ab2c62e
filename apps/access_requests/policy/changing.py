"""What an admin is offered to do with an assignment in a list, before anything of it is filled in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from django.db.models import TextChoices

from apps.access_requests.policy.assigning import maximum_days
from apps.accounts.models import Group
from apps.assignments.models import Assignment
from apps.common.decision import ALLOWED, Decision, Refusal, denied, judge
from apps.common.text import counted
from apps.roles.policy.rules import RoleRules


class Change(TextChoices):
    """What can be done with assignments that there are, as addresses and buttons name it."""

    UPDATE = "update", "Update"
    EXTEND = "extend", "Extend"
    RENEW = "renew", "Renew"
    MAKE_ELIGIBLE = "make-eligible", "Make eligible"
    MAKE_ACTIVE = "make-active", "Make active"
    REMOVE = "remove", "Remove"

    @property
    def icon(self) -> str:
        return _ICONS[self]

    @property
    def past(self) -> str:
        """What was done, as messages say it."""
        return _PAST[self]

    def of(self, count: int) -> str:
        """What is about to be done to so many, as a heading says it: "Make 2 assignments eligible"."""
        verb, _, outcome = self.label.partition(" ")
        return f"{verb} {counted(count, 'assignment')} {outcome}".rstrip()


_ICONS = {
    Change.UPDATE: "pencil",
    Change.EXTEND: "calendar-plus",
    Change.RENEW: "arrow-clockwise",
    Change.MAKE_ELIGIBLE: "person-badge",
    Change.MAKE_ACTIVE: "lightning-charge",
    Change.REMOVE: "trash3",
}
_PAST = {
    Change.UPDATE: "Updated",
    Change.EXTEND: "Extended",
    Change.RENEW: "Renewed",
    Change.MAKE_ELIGIBLE: "Made eligible",
    Change.MAKE_ACTIVE: "Made active",
    Change.REMOVE: "Removed",
}


@dataclass(frozen=True, kw_only=True)
class RowFacts:
    """`held_above` names the resource above the place one looks at, where the assignment is held."""

    change: Change
    may_manage: bool
    is_activated: bool
    is_permanent: bool
    held_above: str = ""


def offered(kind: str, *, has_ended: bool) -> tuple[Change, ...]:
    """What stands in the menu of an assignment of this kind."""
    if has_ended:
        return (Change.RENEW,)
    other = Change.MAKE_ACTIVE if kind == Assignment.Kind.ELIGIBLE else Change.MAKE_ELIGIBLE
    return (Change.UPDATE, Change.EXTEND, other, Change.REMOVE)


def held_here_rule(facts: RowFacts) -> Refusal | None:
    if facts.held_above:
        return Refusal("InheritedRule", f"Held on {facts.held_above}. It is changed there.")
    return None


def may_manage_rule(facts: RowFacts) -> Refusal | None:
    if not facts.may_manage:
        return Refusal("AdminRequestRule", "Your active roles let you look here, and change nothing.")
    return None


def activated_rule(facts: RowFacts) -> Refusal | None:
    if facts.is_activated and facts.change != Change.REMOVE:
        return Refusal("ActivatedRule", "Activated by its holder. It can only be removed.")
    return None


def end_rule(facts: RowFacts) -> Refusal | None:
    if facts.change == Change.EXTEND and facts.is_permanent:
        return Refusal("ExpirationRule", "Permanent. It has no end to extend.")
    return None


_RULES = (held_here_rule, may_manage_rule, activated_rule, end_rule)


def may_offer(facts: RowFacts) -> Decision:
    """Whether the button leads on. What comes of it, the door judges."""
    return judge(_RULES, facts)


@dataclass(frozen=True)
class Offer:
    """One entry of a row's menu."""

    change: Change
    decision: Decision


@dataclass(frozen=True, eq=False)
class Menu:
    """All that a row offers. Rows of which the same is known share one."""

    offers: tuple[Offer, ...]
    leads_on: bool  # whether one of them may be done


@lru_cache(maxsize=1_000)
def menu_of(changes: tuple[Change, ...], facts: RowFacts) -> Menu:
    """`may_offer` for each of these changes, whichever one the `facts` name."""
    offers = tuple(Offer(change, may_offer(replace(facts, change=change))) for change in changes)
    return Menu(offers, any(offer.decision for offer in offers))


def can_export(*, activated_only: bool) -> Decision:
    """A file holds what an import can bring in again: what admins give."""
    if activated_only:
        return denied("ActivatedRule", "A file holds what admins assign. Activations stand in the audit log.")
    return ALLOWED


@dataclass(frozen=True)
class Limits:
    """What the settings allow for several assignments together, by kind."""

    eligible_days: int | None
    active_days: int | None
    active_wants_reason: bool

    @classmethod
    def of(cls, several: Iterable[RoleRules]) -> Limits:
        rules = list(several)
        return cls(
            eligible_days=_shortest(maximum_days(each, Assignment.Kind.ELIGIBLE) for each in rules),
            active_days=_shortest(maximum_days(each, Assignment.Kind.ACTIVE) for each in rules),
            active_wants_reason=any(each.active_requires_justification for each in rules),
        )

    def days(self, kind: str) -> int | None:
        return self.eligible_days if kind == Assignment.Kind.ELIGIBLE else self.active_days

    def in_words(self, kind: str) -> str:
        days = self.days(kind)
        label = Assignment.Kind(kind).label
        return f"{label}: permanent, or until any day." if days is None else f"{label}: at most {days} days."


def limiting(rules: RoleRules, group: Group | None) -> RoleRules:
    """The rules as they limit periods on a resource, which may be a `group`: one that is not under management
    knows only what is permanent."""
    if group is None or group.is_managed:
        return rules
    return replace(rules, permanent_eligible=True, permanent_active=True)


def _shortest(maxima: Iterable[int | None]) -> int | None:
    return min((days for days in maxima if days is not None), default=None)
