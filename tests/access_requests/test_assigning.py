"""Assigning, changing and removing: the row, the request, the event, and every rule that refuses it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from apps.access_requests.asks import THE_CONSOLE, Ask, Said
from apps.access_requests.models import AccessRequest
from apps.access_requests.services.door import assess, submit
from apps.access_requests.states import Action, State
from apps.accounts.policy import NO_FACTOR
from apps.assignments.models import Assignment
from apps.assignments.selectors import holdings_of
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.errors import NotAllowed
from apps.notifications.models import Notice
from apps.roles import built_in
from apps.roles.selectors import directory
from tests.factories import acting, activate, assign, make_group, make_resource, set_rules

pytestmark = pytest.mark.django_db

TICK, MINUTE = timedelta(microseconds=1), timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ACTIVE, ELIGIBLE = Assignment.Kind.ACTIVE, Assignment.Kind.ELIGIBLE


def giving(principal, role_id=built_in.TEAMS_ADMINISTRATOR, resource=None, **facts):
    facts = {"said": Said("Joins the team")} | facts
    where = (resource or directory()).id
    return Ask(Action.ADMIN_ASSIGN, principal_id=principal.id, role_id=role_id, resource_id=where, **facts)


def removal(row):
    return Ask(Action.ADMIN_REMOVE, assignment_id=row.id, said=Said("Has moved on"))


def refusal(ask, actor, now):
    """The rules that refuse this ask; `assess` and `submit` agree on it, and neither leaves a trace."""
    models = (AccessRequest, Assignment, AuditEvent, Notice)
    before = [model.objects.count() for model in models]
    verdict = assess(ask, actor=actor, now=now)
    with pytest.raises(NotAllowed) as refused:
        submit(ask, actor=actor, now=now)
    assert refused.value.refusals == verdict.refusals
    assert [model.objects.count() for model in models] == before
    return verdict.rules


@pytest.mark.parametrize("kind", [ELIGIBLE, ACTIVE])
def test_gives_a_role_with_its_request_and_event(requester, administrator, now, kind):
    ask = giving(requester, kind=kind, ends_at=now + DAY)

    request = submit(ask, actor=acting(administrator, now=now), now=now)

    row = request.result
    assert (request.state, request.family, request.closed_at) == (State.PROVISIONED, kind, now)
    assert (row.principal_id, row.kind, row.origin) == (requester.id, kind, "assigned")
    assert (row.starts_at, row.ends_at) == (now, now + DAY)
    event = AuditEvent.objects.get(action=AuditAction.ASSIGNMENT_ADDED, details__assignment=str(row.id))
    assert (event.actor_id, event.target_id) == (str(administrator.id), str(requester.id))
    assert event.justification == "Joins the team"


def test_gives_nothing_before_a_later_start(requester, administrator, now):
    ask = giving(requester, kind=ACTIVE, starts_at=now + DAY, ends_at=now + 2 * DAY)

    submit(ask, actor=acting(administrator, now=now), now=now)

    held = [
        bool(holdings_of(requester, now=at).active) for at in (now + DAY - TICK, now + DAY, now + 2 * DAY)
    ]
    assert held == [False, True, False]


def test_asks_for_the_right_to_assign(requester, visitor, auditor, now):
    for somebody in (requester, visitor, auditor):
        assert "AdminRequestRule" in refusal(giving(requester), acting(somebody, now=now), now)


def test_keeps_the_owner_of_a_resource_to_it(requester, visitor, now):
    own, foreign = make_resource(now=now), make_resource(now=now)
    below, until = make_resource(now=now, parent=own), now + DAY
    assign(visitor, built_in.RESOURCE_OWNER, own, now=now, kind=ACTIVE, ends_at=until)
    actor = acting(visitor, now=now)

    assert submit(giving(requester, built_in.READER, below, ends_at=until), actor=actor, now=now)
    assert refusal(giving(requester, built_in.READER, foreign, ends_at=until), actor, now) == (
        "AdminRequestRule",
    )


def test_loses_the_right_with_the_activated_role_that_gave_it(requester, visitor, now):
    eligible = assign(visitor, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now)
    activate(eligible, visitor, now=now)
    late = now + HOUR

    assert refusal(giving(requester), acting(visitor, now=late), late) == ("AdminRequestRule",)
    assert assess(giving(requester), actor=acting(visitor, now=late - TICK), now=late - TICK)


def test_says_everything_that_refuses_at_once(requester, administrator, now):
    set_rules(now=now, permanent_active=False)
    actor = replace(acting(administrator, now=now), second_factor=NO_FACTOR)
    ask = giving(requester, kind=ACTIVE, said=Said())

    assert refusal(ask, actor, now) == ("ExpirationRule", "MfaRule", "JustificationRule")


@pytest.mark.parametrize(("days", "fits"), [(15, True), (15 + 1 / 86400, False)])
def test_gives_at_most_what_the_role_allows(requester, administrator, now, days, fits):
    set_rules(now=now, permanent_eligible=False, eligible_maximum_days=15)
    ask, actor = giving(requester, ends_at=now + timedelta(days=days)), acting(administrator, now=now)

    if fits:
        assert submit(ask, actor=actor, now=now).state == State.PROVISIONED
    else:
        assert refusal(ask, actor, now) == ("ExpirationRule",)


def test_gives_directory_roles_to_role_assignable_groups_alone(administrator, now):
    actor = acting(administrator, now=now)
    strong, plain = make_group(now=now, is_role_assignable=True), make_group(now=now)

    assert submit(giving(strong), actor=actor, now=now).state == State.PROVISIONED
    assert refusal(giving(plain), actor, now) == ("SubjectNotFound",)


def test_assigns_nothing_twice(requester, eligible, administrator, now):
    assert refusal(giving(requester), acting(administrator, now=now), now) == ("RoleAssignmentExists",)


# ---- Removing ----------------------------------------------------------------------------------------------


def test_takes_what_was_activated_with_the_eligibility(requester, eligible, administrator, now):
    running = activate(eligible, requester, now=now).result
    at = now + MINUTE

    request = submit(removal(eligible), actor=acting(administrator, now=at), now=at)

    running.refresh_from_db()
    assert (request.state, request.result_id) == (State.REVOKED, eligible.id)
    assert (running.ended_at, running.ended_how) == (at, Assignment.End.GROUND_LOST)
    assert not holdings_of(requester, now=at).active
    event = AuditEvent.objects.get(action=AuditAction.ASSIGNMENT_ENDED)
    assert (event.actor_name, event.justification) == ("Alma Admin", "Has moved on")


def test_removes_only_with_the_right_and_a_fresh_factor(requester, eligible, administrator, visitor, now):
    stale = acting(administrator, now=now, proven_at=now - 5 * MINUTE - TICK)

    assert refusal(removal(eligible), stale, now) == ("MfaRule",)
    assert refusal(removal(eligible), acting(visitor, now=now), now) == ("AdminRequestRule",)


@pytest.mark.parametrize("late", [timedelta(0), TICK])
def test_removes_nothing_that_has_ended(requester, administrator, now, late):
    row, at = assign(requester, now=now, ends_at=now + HOUR), now + HOUR + late

    assert refusal(removal(row), acting(administrator, now=at), at) == ("RoleAssignmentDoesNotExist",)


def test_removes_once(eligible, now):
    submit(removal(eligible), actor=THE_CONSOLE, now=now)

    assert refusal(removal(eligible), THE_CONSOLE, now) == ("RoleAssignmentDoesNotExist",)
