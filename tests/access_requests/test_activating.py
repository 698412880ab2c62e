"""Activating a role: what a submitted activation leaves behind, and every rule that refuses it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from apps.access_requests.models import AccessRequest
from apps.access_requests.services.door import assess, submit
from apps.access_requests.states import State
from apps.accounts.policy import NO_FACTOR, SecondFactor
from apps.assignments.models import Assignment
from apps.assignments.selectors import holdings_of
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction, Outcome
from apps.roles import built_in
from tests.access_requests.looking import holds, refusal, written
from tests.factories import (
    acting,
    activate,
    activation_of,
    assign,
    disable,
    make_active,
    set_rules,
)

pytestmark = pytest.mark.django_db

TICK, MINUTE = timedelta(microseconds=1), timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TEAMS, CONTRIBUTOR = built_in.TEAMS_ADMINISTRATOR, built_in.CONTRIBUTOR


# ---- At once -----------------------------------------------------------------------------------------------


def test_grants_at_once_where_nobody_is_asked(requester, eligible, now):
    request = activate(eligible, requester, now=now)

    assert (request.state, request.closed_at) == (State.PROVISIONED, now)
    row = Assignment.objects.activated().get()
    assert (row.id, row.parent, row.resource) == (request.result_id, eligible, eligible.resource)
    assert (row.principal_id, row.activated_by) == (requester.id, requester)
    assert (row.starts_at, row.ends_at) == (now, now + HOUR)


def test_gives_the_role_from_now_up_to_its_end(requester, eligible, now):
    activate(eligible, requester, now=now)

    assert holds(requester, now)
    assert holds(requester, now + HOUR - TICK)
    assert not holds(requester, now + HOUR)


def test_leaves_the_eligible_assignment_as_it_is(requester, eligible, now):
    activate(eligible, requester, now=now)

    assert [held.assignment for held in holdings_of(requester, now=now).eligible] == [eligible]


def test_keeps_what_was_asked(requester, eligible, now):
    ask = activation_of(eligible, justification="Broken", ticket_number="INC-7", ticket_system="Desk")
    actor = acting(requester, now=now, proven_at=now - MINUTE)

    submit(ask, actor=actor, now=now)

    request = AccessRequest.objects.get(action="self_activate")
    assert (request.requester, request.principal_id) == (requester, requester.id)
    assert (request.requester_name, request.family) == ("John Doe", "activation")
    assert (request.duration_minutes, request.starts_at) == (60, None)
    assert (request.justification, request.ticket_number, request.ticket_system) == (
        "Broken",
        "INC-7",
        "Desk",
    )
    assert (request.second_factor_at, request.created_at) == (now - MINUTE, now)
    assert request.snapshot["justification"] == "Broken"
    assert len(request.digest) == 64


def test_records_the_request_and_the_activation(requester, eligible, now):
    request = activate(eligible, requester, now=now, justification="Broken", ticket_number="INC-7")

    events = AuditEvent.objects.filter(actor_id=str(requester.id))
    submitted = events.get(action=AuditAction.REQUEST_SUBMITTED)
    added = events.get(action=AuditAction.ACTIVATION_ADDED)
    for event in (submitted, added):
        assert (event.at, event.target_id) == (now, str(requester.id))
        assert (event.role, event.resource_path) == ("Teams Administrator", eligible.resource.path)
        assert (event.justification, event.ticket, event.outcome) == ("Broken", "INC-7", Outcome.SUCCESS)
    assert submitted.details["request"] == str(request.id)
    assert added.details["ends_at"] == (now + HOUR).isoformat()


@pytest.mark.parametrize("minutes", [5, 480], ids=["the least", "the most the role allows"])
def test_takes_every_duration_from_the_least_to_the_most(requester, eligible, now, minutes):
    row = activate(eligible, requester, now=now, minutes=minutes).result

    assert row.ends_at == now + minutes * MINUTE


def test_never_lasts_longer_than_the_eligibility(requester, now):
    eligible = assign(requester, now=now, ends_at=now + HOUR)

    row = activate(eligible, requester, now=now, minutes=480).result

    assert row.ends_at == now + HOUR


# ---- Waiting for approval ----------------------------------------------------------------------------------


def test_waits_and_gives_nothing_where_somebody_is_asked(requester, eligible, needs_approval, now):
    request = activate(eligible, requester, now=now)

    assert (request.state, request.closed_at) == (State.PENDING_APPROVAL, None)
    assert request.deadline_at == now + DAY
    assert not Assignment.objects.activated().exists()
    assert not holds(requester, now)
    actions = AuditEvent.objects.filter(details__request=str(request.id)).values_list("action", flat=True)
    assert list(actions) == [AuditAction.REQUEST_SUBMITTED]


def test_waits_as_long_as_the_role_says(requester, approver, eligible, now):
    set_rules(now=now, approvers=(approver,), approval_window_minutes=30)

    assert activate(eligible, requester, now=now).deadline_at == now + 30 * MINUTE


def test_waits_beside_what_waits_for_another_role(requester, approver, eligible, needs_approval, now):
    set_rules(built_in.USER_ADMINISTRATOR, now=now, approvers=(approver,))
    other = assign(requester, built_in.USER_ADMINISTRATOR, now=now)

    states = [activate(row, requester, now=now).state for row in (eligible, other)]

    assert states == [State.PENDING_APPROVAL] * 2


# ---- Later -------------------------------------------------------------------------------------------------


def test_gives_nothing_before_a_later_start(requester, eligible, now):
    request = activate(eligible, requester, now=now, starts_at=now + DAY)

    assert (request.state, request.closed_at) == (State.GRANTED, None)
    assert (request.result.starts_at, request.result.ends_at) == (now + DAY, now + DAY + HOUR)
    assert not holds(requester, now + DAY - TICK)
    assert holds(requester, now + DAY)
    assert not holds(requester, now + DAY + HOUR)


@pytest.mark.parametrize("ago", [timedelta(0), TICK, DAY])
def test_runs_from_now_when_the_asked_start_has_passed(requester, eligible, now, ago):
    request = activate(eligible, requester, now=now, starts_at=now - ago)

    assert request.state == State.PROVISIONED
    assert (request.result.starts_at, request.result.ends_at) == (now, now + HOUR)


def test_takes_a_start_a_year_ahead(requester, eligible, now):
    assert activate(eligible, requester, now=now, starts_at=now + 365 * DAY).state == State.GRANTED


# ---- What refuses it ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "rule", "field", "reason"),
    [
        ({"minutes": 4}, "ExpirationRule", "duration", "At least 5 min."),
        ({"minutes": 0}, "ExpirationRule", "duration", "At least 5 min."),
        ({"minutes": -60}, "ExpirationRule", "duration", "At least 5 min."),
        ({"minutes": 481}, "ExpirationRule", "duration", "At most 8 h for this role."),
        ({"justification": ""}, "JustificationRule", "justification", "Say why you need the role."),
        ({"justification": " \t\n"}, "JustificationRule", "justification", "Say why you need the role."),
    ],
)
def test_refuses_what_the_role_does_not_allow(requester, eligible, now, facts, rule, field, reason):
    verdict = refusal(activation_of(eligible, **facts), acting(requester, now=now), now)

    assert [(said.rule, said.field, said.reason) for said in verdict.refusals] == [(rule, field, reason)]


def test_refuses_a_start_more_than_a_year_ahead(requester, eligible, now):
    ask = activation_of(eligible, starts_at=now + 365 * DAY + TICK)

    assert refusal(ask, acting(requester, now=now), now).rules == ("ExpirationRule",)


@pytest.mark.parametrize(
    "factor_age",
    [
        pytest.param(None, id="none"),
        pytest.param(5 * MINUTE + TICK, id="too old"),
        pytest.param(-TICK, id="of the future"),
    ],
)
def test_asks_for_a_fresh_second_factor(requester, eligible, now, factor_age):
    factor = NO_FACTOR if factor_age is None else SecondFactor(now - factor_age)
    actor = replace(acting(requester, now=now), second_factor=factor)

    assert refusal(activation_of(eligible), actor, now).rules == ("MfaRule",)


def test_takes_a_factor_of_exactly_five_minutes_ago(requester, eligible, now):
    actor = acting(requester, now=now, proven_at=now - 5 * MINUTE)

    assert submit(activation_of(eligible), actor=actor, now=now).state == State.PROVISIONED


def test_asks_for_no_factor_where_the_role_does_not(requester, eligible, now):
    set_rules(now=now, authentication="none")
    actor = replace(acting(requester, now=now), second_factor=NO_FACTOR)

    assert submit(activation_of(eligible), actor=actor, now=now).state == State.PROVISIONED


def test_asks_for_the_factor_with_each_use_where_the_role_does(requester, eligible, now):
    set_rules(now=now, authentication="mfa_each_time")
    earlier, in_this_post = SecondFactor(now), SecondFactor(now, in_this_post=True)
    actor = acting(requester, now=now)

    assert refusal(activation_of(eligible), replace(actor, second_factor=earlier), now).rules == ("MfaRule",)
    granted = submit(activation_of(eligible), actor=replace(actor, second_factor=in_this_post), now=now)
    assert granted.state == State.PROVISIONED


def test_opens_nothing_behind_a_proof_that_cannot_be_given_yet(requester, eligible, now):
    set_rules(now=now, authentication="context", authentication_context="c1")

    assert refusal(activation_of(eligible), acting(requester, now=now), now).rules == ("MfaRule",)


@pytest.mark.parametrize("number", ["", "  "])
def test_asks_for_a_ticket_where_the_role_does(requester, eligible, now, number):
    set_rules(now=now, requires_ticket=True)
    ask = activation_of(eligible, ticket_number=number)

    assert refusal(ask, acting(requester, now=now), now).rules == ("TicketingRule",)
    assert activate(eligible, requester, now=now, ticket_number="INC-7").state == State.PROVISIONED


def test_asks_for_no_reason_where_the_role_does_not(requester, eligible, now):
    set_rules(now=now, requires_justification=False)

    assert activate(eligible, requester, now=now, justification="").state == State.PROVISIONED


def test_asks_for_a_reason_wherever_somebody_has_to_decide(requester, approver, eligible, now):
    set_rules(now=now, approvers=(approver,), requires_justification=False)
    ask = activation_of(eligible, justification="")

    assert refusal(ask, acting(requester, now=now), now).rules == ("JustificationRule",)


def test_says_so_when_nobody_could_approve(requester, approver, eligible, needs_approval, now):
    disable(approver)

    assert refusal(activation_of(eligible), acting(requester, now=now), now).rules == ("ApprovalRule",)


def test_does_not_take_the_requester_for_an_approver(requester, eligible, now):
    set_rules(now=now, approvers=(requester,))

    assert refusal(activation_of(eligible), acting(requester, now=now), now).rules == ("ApprovalRule",)


def test_says_until_when_it_is_active_already(requester, eligible, now):
    activate(eligible, requester, now=now)
    at = now + HOUR - TICK

    verdict = refusal(activation_of(eligible), acting(requester, now=at), at)

    assert verdict.rules == ("RoleAssignmentExists",)
    assert verdict.reason == "Active already, until 14:00 UTC."


def test_says_when_it_begins_already(requester, eligible, now):
    activate(eligible, requester, now=now, starts_at=now + 30 * MINUTE)

    verdict = refusal(activation_of(eligible), acting(requester, now=now), now)

    assert verdict.reason == "Starts 13:30 UTC already, until 14:30 UTC."


def test_says_that_it_is_active_for_good(requester, eligible, now):
    make_active(requester, TEAMS, now=now)

    verdict = refusal(activation_of(eligible), acting(requester, now=now), now)

    assert verdict.reason == "Active already, permanently."


def test_says_that_it_waits_already(requester, eligible, needs_approval, now):
    activate(eligible, requester, now=now)

    verdict = refusal(activation_of(eligible), acting(requester, now=now), now + DAY - TICK)

    assert "PendingRoleAssignmentRequest" in verdict.rules


@pytest.mark.parametrize(
    ("at", "is_eligible"), [(HOUR - 5 * MINUTE, True), (HOUR, False), (HOUR + TICK, False)]
)
def test_refuses_from_the_instant_the_eligibility_ends(requester, now, at, is_eligible):
    eligible = assign(requester, now=now, ends_at=now + HOUR)
    later = now + at

    if is_eligible:
        assert activate(eligible, requester, now=later).result.ends_at == now + HOUR
    else:
        verdict = refusal(activation_of(eligible), acting(requester, now=later), later)
        assert verdict.rules == ("EligibilityRule",)


@pytest.mark.parametrize("at", [timedelta(0), DAY - TICK])
def test_refuses_before_the_eligibility_begins(requester, now, at):
    eligible = assign(requester, now=now, starts_at=now + DAY)
    later = now + at

    assert refusal(activation_of(eligible), acting(requester, now=later), later).rules == ("EligibilityRule",)


@pytest.mark.parametrize(
    ("starts", "rules"), [(DAY, ("EligibilityRule",)), (DAY + TICK, ("EligibilityRule",))]
)
def test_refuses_a_start_at_which_the_eligibility_is_over(requester, now, starts, rules):
    eligible = assign(requester, now=now, ends_at=now + DAY)
    ask = activation_of(eligible, starts_at=now + starts)

    assert refusal(ask, acting(requester, now=now), now).rules == ("EligibilityRule",)


def test_refuses_whoever_is_disabled(requester, eligible, now):
    disable(requester)

    assert "EligibilityRule" in refusal(activation_of(eligible), acting(requester, now=now), now).rules


def test_says_everything_that_refuses_at_once_in_entras_order(requester, approver, eligible, now):
    set_rules(now=now, approvers=(approver,), requires_ticket=True)
    disable(approver)
    ask = activation_of(eligible, minutes=1, justification="")
    actor = replace(acting(requester, now=now), second_factor=NO_FACTOR)

    assert refusal(ask, actor, now).rules == (
        "ExpirationRule",
        "MfaRule",
        "JustificationRule",
        "TicketingRule",
        "ApprovalRule",
    )


def test_changes_nothing_by_asking_what_would_happen(requester, eligible, now):
    before = written()

    assert assess(activation_of(eligible), actor=acting(requester, now=now), now=now)

    assert written() == before
