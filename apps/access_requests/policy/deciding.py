"""May this person decide on a request, withdraw it, or give a role back?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from apps.access_requests.policy.factor import second_factor_refusal
from apps.access_requests.states import OPEN, WAITING, State
from apps.accounts.policy import NO_FACTOR, SecondFactor
from apps.common.decision import ALLOWED, Decision, Refusal, denied, judge
from apps.common.text import is_blank


@dataclass(frozen=True, kw_only=True)
class DecisionFacts:
    """Everything that decides whether this person may decide on this request now. `gains`: they would come to
    hold what is asked for, also through a group."""

    state: State
    is_own: bool
    now: datetime
    is_approver: bool
    gains: bool = False
    justification: str = ""
    needs_justification: bool = True
    second_factor: SecondFactor = NO_FACTOR
    second_factor_max_age: int = 300  # seconds


def waits_rule(facts: DecisionFacts) -> Refusal | None:
    if facts.state in WAITING:
        return None
    return Refusal("ApprovalRule", f"This request waits no longer: {facts.state.label.lower()}.")


def own_request_rule(facts: DecisionFacts) -> Refusal | None:
    if facts.is_own:
        return Refusal("SelfApprovalRule", "Nobody decides on their own request.")
    if facts.gains:
        return Refusal("SelfApprovalRule", "You would hold this too. Another admin decides.")
    return None


def approver_rule(facts: DecisionFacts) -> Refusal | None:
    if not facts.is_approver:
        return Refusal("ApproverRule", "You are not an approver of this role.")
    return None


def decider_factor_rule(facts: DecisionFacts) -> Refusal | None:
    return second_factor_refusal(facts.second_factor, facts.second_factor_max_age, facts.now)


def decider_justification_rule(facts: DecisionFacts) -> Refusal | None:
    if facts.needs_justification and is_blank(facts.justification):
        return Refusal("JustificationRule", "Say what your decision rests on.", "justification")
    return None


DECIDING_RULES = (
    waits_rule,
    own_request_rule,
    approver_rule,
    decider_factor_rule,
    decider_justification_rule,
)


def can_decide(facts: DecisionFacts) -> Decision:
    return judge(DECIDING_RULES, facts)


def may_look(facts: DecisionFacts) -> Decision:
    """Whether this person may know anything of the request; asked first, so that a refusal tells nothing."""
    return judge((own_request_rule, approver_rule), facts)


def may_cancel(state: State, *, is_own: bool, may_manage: bool) -> Decision:
    """Waiting and not yet started requests are withdrawn by their requester or an admin (Entra behaviour).
    What a button asks: the second factor is proven behind it."""
    if state not in OPEN:
        return denied("CancelRule", f"This can no longer be cancelled: {state.label.lower()}.")
    if not (is_own or may_manage):
        return denied("CancelRule", "Only the requester or an admin cancels a request.")
    return ALLOWED


def can_cancel(state: State, *, is_own: bool, may_manage: bool, is_fresh: bool = False) -> Decision:
    """An admin proves a fresh second factor, as for everything that admins do; one's own needs none."""
    allowed = may_cancel(state, is_own=is_own, may_manage=may_manage)
    if allowed and not is_own and not is_fresh:
        return denied(
            "MfaRule", "Confirm with your second factor before you cancel another's request.", "code"
        )
    return allowed


def can_deactivate(*, is_activated: bool, is_holder: bool, is_running: bool) -> Decision:
    """Any time, without Entra's wait of five minutes (design, section 5)."""
    if not is_holder:
        return denied("RoleAssignmentDoesNotExist", "This role is not active for you.")
    if not is_activated:
        return denied(
            "RoleAssignmentDoesNotExist", "This was assigned by an admin. Only an admin can remove it."
        )
    if not is_running:
        return denied("RoleAssignmentDoesNotExist", "This is not active now.")
    return ALLOWED
