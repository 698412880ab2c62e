from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from apps.access_requests.policy.deciding import (
    DecisionFacts,
    can_cancel,
    can_deactivate,
    can_decide,
    may_look,
)
from apps.access_requests.states import OPEN, WAITING, State
from apps.accounts.policy import NO_FACTOR, SecondFactor

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)

# Nothing refuses these: an approver who has confirmed and said why.
FINE = DecisionFacts(
    state=State.PENDING_APPROVAL,
    is_own=False,
    now=NOW,
    is_approver=True,
    justification="Agreed",
    second_factor=SecondFactor(NOW),
)


def facts(**changes):
    return replace(FINE, **changes)


# ---- Deciding ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", WAITING)
def test_lets_an_approver_decide_on_what_waits(state):
    assert can_decide(facts(state=state))


@pytest.mark.parametrize("state", [state for state in State if state not in WAITING])
def test_lets_nobody_decide_on_what_waits_no_longer(state):
    refused = can_decide(facts(state=state))

    assert refused.rules == ("ApprovalRule",)
    assert refused.reason == f"This request waits no longer: {state.label.lower()}."


@pytest.mark.parametrize(
    ("change", "rule", "reason", "field"),
    [
        ({"is_own": True}, "SelfApprovalRule", "Nobody decides on their own request.", ""),
        ({"is_approver": False}, "ApproverRule", "You are not an approver of this role.", ""),
        ({"second_factor": NO_FACTOR}, "MfaRule", "Confirm with your second factor.", "code"),
        (
            {"justification": " "},
            "JustificationRule",
            "Say what your decision rests on.",
            "justification",
        ),
    ],
)
def test_refuses_by_one_rule_with_a_sentence_at_its_field(change, rule, reason, field):
    refusals = can_decide(facts(**change)).refusals

    assert [(r.rule, r.reason, r.field) for r in refusals] == [(rule, reason, field)]


def test_answers_every_refusal_together():
    refused = can_decide(DecisionFacts(state=State.DENIED, is_own=True, now=NOW, is_approver=False))

    assert refused.rules == (
        "ApprovalRule",
        "SelfApprovalRule",
        "ApproverRule",
        "MfaRule",
        "JustificationRule",
    )


@pytest.mark.parametrize("is_approver", [True, False])
def test_never_lets_anybody_decide_on_their_own_request(is_approver):
    own = facts(is_own=True, is_approver=is_approver, needs_justification=False)

    assert "SelfApprovalRule" in can_decide(own).rules


@pytest.mark.parametrize(
    ("age", "fresh"),
    [
        pytest.param(300 * SECOND, True, id="at its greatest age"),
        pytest.param(301 * SECOND, False, id="just older"),
    ],
)
def test_counts_a_second_factor_for_five_minutes(age, fresh):
    assert bool(can_decide(facts(second_factor=SecondFactor(NOW - age)))) is fresh


def test_needs_no_reason_where_the_role_asks_for_none():
    assert can_decide(facts(justification="", needs_justification=False))


@pytest.mark.parametrize(
    ("change", "rules_refusing"),
    [
        pytest.param({}, (), id="an approver"),
        pytest.param({"state": State.DENIED}, (), id="an approver who comes too late"),
        pytest.param({"is_own": True}, ("SelfApprovalRule",), id="the requester"),
        pytest.param({"is_approver": False}, ("ApproverRule",), id="nobody of these"),
        pytest.param(
            {"state": State.DENIED, "is_approver": False}, ("ApproverRule",), id="nobody, who learns no state"
        ),
    ],
)
def test_shows_a_request_to_its_approvers_alone(change, rules_refusing):
    assert may_look(facts(**change)).rules == rules_refusing


# ---- Cancelling --------------------------------------------------------------------------------------------


NOT_YOURS = ("CancelRule", "Only the requester or an admin cancels a request.")
NOT_PROVEN = ("MfaRule", "Confirm with your second factor before you cancel another's request.")


@pytest.mark.parametrize("state", OPEN)
@pytest.mark.parametrize(
    ("is_own", "may_manage", "is_fresh", "refusal"),
    [
        pytest.param(True, False, False, None, id="the requester"),
        pytest.param(False, True, True, None, id="an admin who has confirmed"),
        pytest.param(False, True, False, NOT_PROVEN, id="an admin who has not"),
        pytest.param(True, True, False, None, id="an admin's own"),
        pytest.param(False, False, True, NOT_YOURS, id="anybody else"),
    ],
)
def test_lets_the_requester_or_an_admin_withdraw_what_is_open(state, is_own, may_manage, is_fresh, refusal):
    decision = can_cancel(state, is_own=is_own, may_manage=may_manage, is_fresh=is_fresh)

    assert [(r.rule, r.reason) for r in decision.refusals] == ([refusal] if refusal else [])


@pytest.mark.parametrize("state", [state for state in State if state not in OPEN])
def test_lets_nobody_withdraw_what_is_closed(state):
    refused = can_cancel(state, is_own=True, may_manage=True, is_fresh=True)

    assert refused.rules == ("CancelRule",)
    assert refused.reason == f"This can no longer be cancelled: {state.label.lower()}."


# ---- Deactivating ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("is_activated", "is_holder", "is_running", "reason"),
    [
        pytest.param(True, True, True, "", id="one's own, running"),
        pytest.param(True, True, False, "This is not active now.", id="ended, or not begun"),
        pytest.param(
            False, True, True, "This was assigned by an admin. Only an admin can remove it.", id="assigned"
        ),
        pytest.param(True, False, True, "This role is not active for you.", id="somebody else's"),
        pytest.param(False, False, False, "This role is not active for you.", id="nothing of all"),
    ],
)
def test_lets_the_holder_give_back_what_they_activated(is_activated, is_holder, is_running, reason):
    decision = can_deactivate(is_activated=is_activated, is_holder=is_holder, is_running=is_running)

    assert decision.reason == reason
    assert decision.rules == (("RoleAssignmentDoesNotExist",) if reason else ())
