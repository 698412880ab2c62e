"""May this activation be asked for, and may it be granted now?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from apps.access_requests.policy.factor import second_factor_refusal
from apps.accounts.policy import NO_FACTOR, SecondFactor
from apps.common.decision import Decision, Refusal, denied, judge
from apps.common.instants import short
from apps.common.period import Period, earliest
from apps.common.spans import minutes_in_words
from apps.common.text import is_blank
from apps.roles.policy.rules import Authentication, RoleRules

MINIMUM_MINUTES = 5  # Entra: ActiveDurationTooShort below
FARTHEST_START = timedelta(days=365)


@dataclass(frozen=True, kw_only=True)
class ActivationFacts:
    """Everything that decides whether an activation, or its extension, may be granted now.

    `eligible` is the period of the eligible assignment, None when it is not in force for this person or does
    not cover the resource. `minutes` is how long, `starts_at` the asked start, None for "from the decision".
    `overlapping` is what is active already in the asked period, on this resource or above; for an extension
    the end of the row to extend stands in `extends_until`, and that row does not count as overlapping.
    `zone` is the requester's, for the sentences.
    """

    rules: RoleRules
    eligible: Period | None
    now: datetime
    minutes: int
    starts_at: datetime | None = None
    justification: str = ""
    ticket_number: str = ""
    second_factor: SecondFactor = NO_FACTOR
    second_factor_max_age: int = 300  # seconds
    overlapping: Period | None = None
    extends_until: datetime | None = None
    is_waiting: bool = False
    has_approver: bool = True
    zone: tzinfo = UTC


def granted_period(facts: ActivationFacts) -> Period | None:
    """What a grant at `facts.now` gives: from the asked start, or from now if there is none or it has passed,
    for the full duration, never past the eligible assignment's end. None when nothing would be gained.

    An extension counts from the decision too, so its end is at most the role's maximum after it; one that
    would not end later than what it extends gains nothing.
    """
    start = max(facts.starts_at or facts.now, facts.now)
    latest = facts.eligible.end if facts.eligible else None
    end = earliest(start + timedelta(minutes=facts.minutes), latest)
    if end is None or end <= start or (facts.extends_until is not None and end <= facts.extends_until):
        return None
    return Period(start, end)


def eligibility_rule(facts: ActivationFacts) -> Refusal | None:
    if facts.eligible is None:
        return Refusal("EligibilityRule", "You are not eligible for this role now.")
    if facts.starts_at is not None and not facts.eligible.contains(max(facts.starts_at, facts.now)):
        return Refusal("EligibilityRule", "You are no longer eligible at that time.", "starts_at")
    return None


def expiration_rule(facts: ActivationFacts) -> Refusal | None:
    longest = facts.rules.maximum_minutes
    if facts.minutes < MINIMUM_MINUTES:
        return Refusal("ExpirationRule", f"At least {MINIMUM_MINUTES} min.", "duration")
    if facts.minutes > longest:
        return Refusal("ExpirationRule", f"At most {minutes_in_words(longest)} for this role.", "duration")
    if facts.starts_at is not None and facts.starts_at > facts.now + FARTHEST_START:
        return Refusal("ExpirationRule", "A start lies at most a year ahead.", "starts_at")
    if eligibility_rule(facts) is None and granted_period(facts) is None:
        return Refusal("ExpirationRule", _nothing_left(facts), "duration")
    return None


def _nothing_left(facts: ActivationFacts) -> str:
    if facts.extends_until is None:
        return "Nothing would be left before your eligibility ends."
    return "It lasts that long already. Choose a longer time, or extend it later."


def mfa_rule(facts: ActivationFacts) -> Refusal | None:
    if facts.rules.authentication == Authentication.CONTEXT:
        return Refusal("MfaRule", "This role asks for an authentication context, which is not available yet.")
    if not facts.rules.requires_second_factor:
        return None
    return second_factor_refusal(
        facts.second_factor,
        facts.second_factor_max_age,
        facts.now,
        each_time=facts.rules.second_factor_each_time,
    )


def justification_rule(facts: ActivationFacts) -> Refusal | None:
    # A decision needs something to judge by: approval brings the reason with it (fact sheet, 4.4).
    if (facts.rules.requires_justification or facts.rules.requires_approval) and is_blank(
        facts.justification
    ):
        return Refusal("JustificationRule", "Say why you need the role.", "justification")
    return None


def ticketing_rule(facts: ActivationFacts) -> Refusal | None:
    if facts.rules.requires_ticket and is_blank(facts.ticket_number):
        return Refusal("TicketingRule", "This role needs a ticket number.", "ticket_number")
    return None


def approval_rule(facts: ActivationFacts) -> Refusal | None:
    if facts.rules.requires_approval and not facts.has_approver:
        return Refusal("ApprovalRule", "Nobody can approve this now. Ask an admin to name approvers.")
    return None


def exists_rule(facts: ActivationFacts) -> Refusal | None:
    if facts.overlapping is None:
        return None
    return Refusal("RoleAssignmentExists", _active_already(facts.overlapping, facts))


def _active_already(overlapping: Period, facts: ActivationFacts) -> str:
    if overlapping.end is None:
        return "Active already, permanently."
    until = short(overlapping.end, facts.zone, now=facts.now)
    if overlapping.start > facts.now:
        return f"Starts {short(overlapping.start, facts.zone, now=facts.now)} already, until {until}."
    return f"Active already, until {until}."


def waiting_rule(facts: ActivationFacts) -> Refusal | None:
    if not facts.is_waiting:
        return None
    return Refusal("PendingRoleAssignmentRequest", "A request for this waits already.")


ACTIVATION_RULES = (
    eligibility_rule,
    expiration_rule,
    mfa_rule,
    justification_rule,
    ticketing_rule,
    approval_rule,
    exists_rule,
    waiting_rule,
)
# At the decision all are judged again but those that the requester has met once and for all.
GRANTING_RULES = (eligibility_rule, expiration_rule, exists_rule)


# What can be said before anything was filled in: whether there is a form to open.
OPENING_RULES = (eligibility_rule, exists_rule, waiting_rule)


def may_open(facts: ActivationFacts) -> Decision:
    """May the form be opened? For the button in a list."""
    return judge(OPENING_RULES, facts)


def may_extend(facts: ActivationFacts | None, *, is_activated: bool) -> Decision:
    """May the form to extend be opened? `facts` with the longest time the role allows, as for that button."""
    if facts is None or not is_activated:
        return denied("RoleAssignmentDoesNotExist", "This was assigned by an admin, not activated.")
    return judge((eligibility_rule, expiration_rule, waiting_rule), facts)


def can_activate(facts: ActivationFacts) -> Decision:
    """May this be asked for? Entra's `isValidationOnly` and the real request get the same answer."""
    return judge(ACTIVATION_RULES, facts)


def can_grant(facts: ActivationFacts) -> Decision:
    """May what was asked be granted at this moment, on the rules and facts of now?"""
    return judge(GRANTING_RULES, facts)
