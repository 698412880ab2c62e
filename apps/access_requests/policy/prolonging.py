"""May an assignment be extended, or renewed once it has ended? When its holder asks, an admin decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from apps.access_requests.policy.assigning import maximum_days
from apps.assignments.models import Assignment
from apps.assignments.policy import EXPIRED_SHOWN
from apps.common.decision import Decision, Refusal, judge
from apps.common.instants import day
from apps.common.period import Period
from apps.common.text import is_blank
from apps.roles.policy.rules import RoleRules

EXTENDED_BEFORE = timedelta(days=14)  # Entra behaviour, as are the 30 days after
# As long as one may ask before the end: by then there is an answer, or there is nothing left to extend.
ADMIN_WINDOW = EXTENDED_BEFORE


@dataclass(frozen=True, kw_only=True)
class ProlongingFacts:
    """Everything that decides whether the holder of an assignment may ask for more of it. `via` names the
    group through which it is held; `ended_how` is set once it has ended, also when the clock did it;
    `retired` names the role or resource that is out of use since."""

    period: Period
    now: datetime
    is_activated: bool = False
    via: str = ""
    ended_how: str = ""
    ended_at: datetime | None = None
    exists: bool = False
    is_waiting: bool = False
    has_decider: bool = True
    justification: str = ""
    zone: tzinfo = UTC
    retired: str = ""


def assigned_rule(facts: ProlongingFacts) -> Refusal | None:
    if facts.is_activated:
        return Refusal("RoleAssignmentDoesNotExist", "This was activated, not assigned by an admin.")
    if facts.via:
        return Refusal("RoleAssignmentDoesNotExist", f"Held through {facts.via}. Its keepers extend it.")
    return None


def extend_window_rule(facts: ProlongingFacts) -> Refusal | None:
    if facts.ended_how:
        return Refusal("RoleAssignmentDoesNotExist", "This has ended. Ask to renew it.")
    if facts.period.end is None:
        return Refusal("ExtensionRule", "This has no end.")
    opens_at = facts.period.end - EXTENDED_BEFORE
    if facts.now < opens_at:
        opens = day(opens_at, facts.zone)
        return Refusal("ExtensionRule", f"From {opens}, {EXTENDED_BEFORE.days} days before the end.")
    return None


def renew_window_rule(facts: ProlongingFacts) -> Refusal | None:
    if not facts.ended_how or facts.ended_at is None:
        return Refusal("RenewalRule", "This has not ended. Ask to extend it.")
    if facts.now >= facts.ended_at + EXPIRED_SHOWN:
        return Refusal("RenewalRule", f"Renewed at most {EXPIRED_SHOWN.days} days after the end.")
    return None


def expired_rule(facts: ProlongingFacts) -> Refusal | None:
    """What an admin took away is not asked for again by one press."""
    if facts.ended_how and facts.ended_how != Assignment.End.EXPIRED:
        return Refusal("RenewalRule", "An admin removed this. Only an admin gives it again.")
    return None


def in_use_rule(facts: ProlongingFacts) -> Refusal | None:
    return Refusal("RenewalRule", f"{facts.retired} has been retired.") if facts.retired else None


def exists_rule(facts: ProlongingFacts) -> Refusal | None:
    if facts.exists:
        return Refusal("RoleAssignmentExists", "You have been given this again meanwhile.")
    return None


def waiting_rule(facts: ProlongingFacts) -> Refusal | None:
    if facts.is_waiting:
        return Refusal("PendingRoleAssignmentRequest", "A request for this waits already.")
    return None


def decider_rule(facts: ProlongingFacts) -> Refusal | None:
    if facts.has_decider:
        return None
    return Refusal("ApprovalRule", "Nobody can decide this now: no other admin can be reached.")


def justification_rule(facts: ProlongingFacts) -> Refusal | None:
    if is_blank(facts.justification):
        return Refusal("JustificationRule", "Say why you still need the role.", "justification")
    return None


EXTENDING_RULES = (assigned_rule, extend_window_rule, waiting_rule)
RENEWING_RULES = (assigned_rule, in_use_rule, renew_window_rule, expired_rule, exists_rule, waiting_rule)
SENDING_RULES = (decider_rule, justification_rule)


def may_extend(facts: ProlongingFacts) -> Decision:
    """May the holder open the form? For the button in a list."""
    return judge(EXTENDING_RULES, facts)


def may_renew(facts: ProlongingFacts) -> Decision:
    """May the holder open the form? For the button in a list."""
    return judge(RENEWING_RULES, facts)


def can_extend(facts: ProlongingFacts) -> Decision:
    return judge((*EXTENDING_RULES, *SENDING_RULES), facts)


def can_renew(facts: ProlongingFacts) -> Decision:
    return judge((*RENEWING_RULES, *SENDING_RULES), facts)


def can_renew_for(facts: ProlongingFacts) -> Decision:
    """May an admin renew it for its holder? What the new assignment is, is judged beside this."""
    return judge((renew_window_rule,), facts)


def asked_end(period: Period, rules: RoleRules, kind: Assignment.Kind, *, now: datetime) -> datetime | None:
    """Until when the holder asks for it: as long again as it was for, as far as the role's settings allow."""
    if period.end is None or period.length is None:
        return None
    wanted = max(period.end, now) + period.length
    days = maximum_days(rules, kind)
    return wanted if days is None else min(wanted, now + timedelta(days=days))
