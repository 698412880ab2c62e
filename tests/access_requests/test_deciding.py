"""Deciding a request: approve and deny, with everything an answer leaves behind."""

from dataclasses import replace
from datetime import timedelta

import pytest

from apps.access_requests.asks import Ask
from apps.access_requests.models import AccessRequest, Approval
from apps.access_requests.selectors.approvers import Standing
from apps.access_requests.selectors.decidable import Decidable
from apps.access_requests.services.deciding import Verdict, decide
from apps.access_requests.services.door import submit
from apps.access_requests.states import Action, State
from apps.accounts.policy import NO_FACTOR, SecondFactor
from apps.assignments.models import Assignment
from apps.assignments.selectors import holdings_of
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction, Outcome
from apps.common.counting import Counts
from apps.common.errors import Conflict, Invalid, NotAllowed
from apps.roles import built_in
from apps.roles.policy.rules import Seat, SeatKind
from tests.access_requests.looking import (
    active_roles,
    event_of,
    evidence,
    nothing_was_decided,
    told,
    verdict_on,
)
from tests.factories import (
    acting,
    activate,
    answer,
    assign,
    join,
    make_active,
    make_group,
    make_resource,
    make_user,
    save_rules,
    set_rules,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_the_door")]

TICK, MINUTE = timedelta(microseconds=1), timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


# ---- Yes ---------------------------------------------------------------------------------------------------


def test_grants_what_was_approved_from_the_decision_on(waiting, requester, approver, eligible, now):
    at = now + 3 * HOUR

    request = answer(waiting, approver, now=at, why="Known outage")

    request.refresh_from_db()
    assert (request.state, request.closed_at, request.closing_reason) == (State.PROVISIONED, at, "")
    row = request.result
    assert (row.starts_at, row.ends_at) == (at, at + HOUR)
    assert (row.principal_id, row.parent_id, row.is_activated) == (requester.id, eligible.id, True)
    assert active_roles(requester, at + HOUR - TICK) == {built_in.TEAMS_ADMINISTRATOR}
    assert active_roles(requester, at + HOUR) == set()


def test_keeps_who_said_yes_and_why(waiting, requester, approver, now):
    request = answer(waiting, approver, now=now + MINUTE, why="Known outage")

    approval = Approval.objects.get()
    assert (approval.request_id, approval.approver, approval.requester) == (request.id, approver, requester)
    assert (approval.decision, approval.justification) == ("approved", "Known outage")
    assert approval.decided_at == now + MINUTE


def test_records_the_yes_of_the_approver_and_the_activation_of_the_requester(
    waiting, requester, approver, now
):
    request = answer(waiting, approver, now=now + MINUTE, why="Known outage")

    approved = event_of(request, AuditAction.REQUEST_APPROVED)
    added = AuditEvent.objects.get(action=AuditAction.ACTIVATION_ADDED)
    for event, actor in ((approved, approver), (added, requester)):
        assert (event.actor_id, event.target_id) == (str(actor.id), str(requester.id))
        assert (event.approver, event.request_id) == ("Ada Approver", str(request.id))
        assert (event.at, event.role, event.ticket) == (now + MINUTE, "Teams Administrator", "INC-7")
        assert event.outcome == Outcome.SUCCESS
    assert (approved.justification, added.justification) == ("Known outage", "A channel is broken")


def test_keeps_what_the_approver_was_shown(waiting, approver, now):
    shown = evidence(waiting, approver, now).digest

    request = answer(waiting, approver, now=now)

    request.refresh_from_db()
    assert request.digest == shown
    assert request.snapshot["justification"] == "A channel is broken"
    assert request.snapshot["minutes"] == 60


@pytest.mark.parametrize(
    ("decided", "starts", "state"),
    [
        pytest.param(2 * HOUR - TICK, 2 * HOUR, State.GRANTED, id="just before the asked start"),
        pytest.param(2 * HOUR, 2 * HOUR, State.PROVISIONED, id="at the asked start"),
        pytest.param(2 * HOUR + TICK, 2 * HOUR + TICK, State.PROVISIONED, id="just after the asked start"),
        pytest.param(20 * HOUR, 20 * HOUR, State.PROVISIONED, id="long after the asked start"),
    ],
)
def test_gives_the_full_time_from_the_asked_start_or_from_the_decision(
    requester, approver, eligible, needs_approval, now, decided, starts, state
):
    waiting = activate(eligible, requester, now=now, starts_at=now + 2 * HOUR)

    request = answer(waiting, approver, now=now + decided)

    assert request.state == state
    assert (request.result.starts_at, request.result.ends_at) == (now + starts, now + starts + HOUR)
    assert request.closed_at == (None if state == State.GRANTED else now + decided)
    assert active_roles(requester, now + starts - TICK) == set()
    assert active_roles(requester, now + starts) == {built_in.TEAMS_ADMINISTRATOR}


def test_never_grants_past_the_end_of_the_eligibility(requester, approver, needs_approval, now):
    eligible = assign(requester, now=now, ends_at=now + DAY)
    waiting = activate(eligible, requester, now=now, minutes=480)
    decided = now + DAY - HOUR

    request = answer(waiting, approver, now=decided)

    assert (request.result.starts_at, request.result.ends_at) == (decided, now + DAY)


# ---- No ----------------------------------------------------------------------------------------------------


def test_grants_nothing_when_denied(waiting, requester, approver, now):
    request = answer(waiting, approver, now=now + MINUTE, approve=False, why="Use the runbook")

    request.refresh_from_db()
    assert (request.state, request.closed_at) == (State.DENIED, now + MINUTE)
    assert (request.closing_reason, request.result) == ("Use the runbook", None)
    assert not Assignment.objects.activated().exists()
    assert Approval.objects.get().decision == "denied"


def test_records_the_no_with_its_reason(waiting, approver, now):
    request = answer(waiting, approver, now=now + MINUTE, approve=False, why="Use the runbook")

    event = event_of(request, AuditAction.REQUEST_DENIED)
    assert (event.actor_name, event.target_name) == ("Ada Approver", "John Doe")
    assert (event.at, event.justification) == (now + MINUTE, "Use the runbook")
    assert not AuditEvent.objects.filter(action=AuditAction.REQUEST_APPROVED).exists()


def test_lets_the_requester_ask_again_after_a_no(waiting, requester, approver, eligible, now):
    answer(waiting, approver, now=now, approve=False)

    again = activate(eligible, requester, now=now + MINUTE)

    assert again.state == State.PENDING_APPROVAL


# ---- Until when --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("approve", [True, False])
def test_takes_an_answer_until_just_before_the_deadline(waiting, approver, now, approve):
    request = answer(waiting, approver, now=now + DAY - TICK, approve=approve)

    assert request.state == (State.PROVISIONED if approve else State.DENIED)


@pytest.mark.parametrize("approve", [True, False])
@pytest.mark.parametrize("late", [timedelta(0), TICK, 30 * DAY], ids=["at", "just after", "long after"])
def test_takes_none_from_the_deadline_on_whether_or_not_a_sweep_has_run(
    waiting, approver, now, approve, late
):
    with pytest.raises(Conflict, match=r"^This request waits no longer: timed out\.$"):
        answer(waiting, approver, now=now + DAY + late, approve=approve)

    assert nothing_was_decided(waiting, now)


# ---- Who may, and with what --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("factor_age", "justification", "rules"),
    [
        pytest.param(None, "Agreed", ("MfaRule",), id="no second factor"),
        pytest.param(5 * MINUTE + TICK, "Agreed", ("MfaRule",), id="a second factor that is too old"),
        pytest.param(-TICK, "Agreed", ("MfaRule",), id="a second factor of the future"),
        pytest.param(MINUTE, "", ("JustificationRule",), id="no reason"),
        pytest.param(MINUTE, " \n", ("JustificationRule",), id="a blank reason"),
        pytest.param(None, "", ("MfaRule", "JustificationRule"), id="neither, and both are said"),
    ],
)
@pytest.mark.parametrize("approve", [True, False])
def test_asks_for_a_fresh_factor_and_a_reason(
    waiting, approver, now, approve, factor_age, justification, rules
):
    factor = NO_FACTOR if factor_age is None else SecondFactor(now - factor_age)
    actor = replace(acting(approver, now=now), second_factor=factor)
    verdict = verdict_on(waiting, approver, now, approve=approve, justification=justification)

    with pytest.raises(NotAllowed) as refused:
        decide(verdict, actor=actor, now=now)

    assert refused.value.rules == rules
    assert nothing_was_decided(waiting, now)


def test_takes_a_factor_of_exactly_five_minutes_ago(waiting, approver, now):
    actor = acting(approver, now=now, proven_at=now - 5 * MINUTE)

    assert decide(verdict_on(waiting, approver, now), actor=actor, now=now).state == State.PROVISIONED


def test_asks_for_no_reason_where_the_role_does_not(waiting, approver, now):
    set_rules(now=now, approvers=(approver,), approver_justification=False)

    assert answer(waiting, approver, now=now, why="").state == State.PROVISIONED


def test_lets_nobody_decide_who_is_no_approver(waiting, administrator, visitor, now):
    for somebody in (administrator, visitor):
        with pytest.raises(NotAllowed, match=r"^You are not an approver of this role\.$"):
            answer(waiting, somebody, now=now)

    assert nothing_was_decided(waiting, now)


def test_judges_what_waits_by_the_approvers_of_now(waiting, approver, visitor, now):
    set_rules(now=now, approvers=(visitor,))

    with pytest.raises(NotAllowed, match="You are not an approver"):
        answer(waiting, approver, now=now + MINUTE)
    assert nothing_was_decided(waiting, now)
    assert answer(waiting, visitor, now=now + MINUTE).state == State.PROVISIONED


@pytest.mark.parametrize("action", [Action.SELF_DEACTIVATE, Action.ADMIN_ASSIGN])
def test_decides_on_nothing_but_activations(waiting, requester, approver, now, action):
    request = answer(waiting, approver, now=now)
    if action == Action.SELF_DEACTIVATE:
        ask = Ask(action, assignment_id=request.result_id)
        other = submit(ask, actor=acting(requester, now=now), now=now + MINUTE)
    else:
        other = AccessRequest.objects.filter(action=action).first()

    with pytest.raises(Invalid, match=r"^There is no such request to decide\.$"):
        decide(Verdict(other.id, True, "", "Agreed"), actor=acting(approver, now=now), now=now)


# ---- Nobody decides on their own request -------------------------------------------------------------------


def _as_named_approver(user, now):
    set_rules(now=now, approvers=(user, make_user(now=now)))
    return assign(user, now=now)


def _through_a_group_of_approvers(user, now):
    group = make_group(now=now, is_role_assignable=True)
    join(user, group, now=now)
    join(make_user(now=now), group, now=now)
    set_rules(now=now, approvers=(group,))
    return assign(user, now=now)


def _through_the_group_that_is_eligible(user, now):
    group = make_group(now=now, is_role_assignable=True)
    join(user, group, now=now)
    join(make_user(now=now), group, now=now)
    set_rules(now=now, approvers=(group,))
    return assign(group, now=now)


def _as_default_approver(user, now):
    make_active(user, built_in.GLOBAL_ADMINISTRATOR, now=now)
    make_active(make_user(now=now), built_in.GLOBAL_ADMINISTRATOR, now=now)
    set_rules(now=now, requires_approval=True)
    return assign(user, now=now)


def _as_owner_of_the_resource(user, now):
    resource = make_resource(now=now)
    until = now + 30 * DAY
    make_active(user, built_in.RESOURCE_OWNER, resource, now=now, ends_at=until)
    make_active(make_user(now=now), built_in.RESOURCE_OWNER, resource, now=now, ends_at=until)
    seats = [Seat(SeatKind.RESOURCE_OWNERS)]
    _ask_approval_of(seats, built_in.CONTRIBUTOR, now)
    return assign(user, built_in.CONTRIBUTOR, resource, now=now, ends_at=until)


def _ask_approval_of(seats, role_id, now):
    save_rules(role_id, now=now, requires_approval=True, approvers=tuple(seats))


WAYS = [
    _as_named_approver,
    _through_a_group_of_approvers,
    _through_the_group_that_is_eligible,
    _as_default_approver,
    _as_owner_of_the_resource,
]


@pytest.mark.parametrize("way", WAYS, ids=[way.__name__.strip("_").replace("_", " ") for way in WAYS])
@pytest.mark.parametrize("approve", [True, False])
def test_lets_nobody_decide_on_their_own_request(requester, now, way, approve):
    waiting = activate(way(requester, now), requester, now=now)

    with pytest.raises(NotAllowed) as refused:
        answer(waiting, requester, now=now, approve=approve)

    assert refused.value.rules[0] == "SelfApprovalRule"
    assert nothing_was_decided(waiting, now)
    assert not Decidable(Standing(requester, holdings_of(requester, now=now)), Counts(), now).count
    assert requester.email not in told("approval_needed")
