"""Activating again, on a narrower scope and through a group, and extending what runs."""

from datetime import timedelta

import pytest

from apps.access_requests.services.door import assess, submit
from apps.access_requests.states import State
from apps.assignments.models import Assignment
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.errors import Invalid
from apps.roles import built_in
from tests.access_requests.looking import holds, refusal
from tests.factories import (
    acting,
    activate,
    activation_of,
    answer,
    assign,
    join,
    make_active,
    make_group,
    make_resource,
    make_user,
    set_rules,
)

pytestmark = pytest.mark.django_db

TICK, MINUTE = timedelta(microseconds=1), timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TEAMS, CONTRIBUTOR = built_in.TEAMS_ADMINISTRATOR, built_in.CONTRIBUTOR


# ---- One after the other -----------------------------------------------------------------------------------


def test_activates_again_at_the_very_end_with_no_sweep_run(requester, eligible, now):
    first = activate(eligible, requester, now=now).result
    late = now + HOUR

    again = activate(eligible, requester, now=late)

    first.refresh_from_db()
    assert again.state == State.PROVISIONED
    assert (first.ended_at, first.ended_how) == (late, Assignment.End.EXPIRED)
    assert AuditEvent.objects.get(action=AuditAction.ACTIVATION_ENDED).actor_kind == "clock"


@pytest.mark.parametrize(("starts", "fits"), [(HOUR - TICK, False), (HOUR, True), (HOUR + TICK, True)])
def test_begins_where_what_runs_ends_and_not_before(requester, eligible, now, starts, fits):
    activate(eligible, requester, now=now)
    ask = activation_of(eligible, starts_at=now + starts)

    if fits:
        assert submit(ask, actor=acting(requester, now=now), now=now).state == State.GRANTED
    else:
        assert refusal(ask, acting(requester, now=now), now).rules == ("RoleAssignmentExists",)


def test_asks_again_at_the_deadline_with_no_sweep_run(requester, eligible, needs_approval, now):
    first = activate(eligible, requester, now=now)

    again = activate(eligible, requester, now=now + DAY)

    first.refresh_from_db()
    assert again.state == State.PENDING_APPROVAL
    assert (first.state, first.closed_at) == (State.TIMED_OUT, now + DAY)


# ---- A narrower scope --------------------------------------------------------------------------------------


@pytest.fixture
def tree(requester, now):
    """The requester may activate Contributor on a subscription with two databases below."""
    wide = make_resource("Production", now=now)
    narrow, beside = (make_resource(name, now=now, parent=wide, kind="Database") for name in ("One", "Two"))
    eligible = assign(requester, CONTRIBUTOR, wide, now=now, ends_at=now + 30 * DAY)
    return eligible, wide, narrow, beside


def test_gives_the_role_on_the_narrower_scope_alone(requester, tree, now):
    eligible, wide, narrow, beside = tree

    request = activate(eligible, requester, now=now, resource_id=narrow.id)

    assert (request.resource, request.result.resource, request.result.parent) == (narrow, narrow, eligible)
    assert [holds(requester, now, on=at) for at in (wide, narrow, beside)] == [False, True, False]
    added = AuditEvent.objects.get(action=AuditAction.ACTIVATION_ADDED)
    assert added.resource_path == narrow.path


def test_goes_by_the_settings_of_where_the_eligibility_lies(requester, approver, tree, now):
    eligible, wide, narrow, _ = tree
    set_rules(CONTRIBUTOR, now=now, resource=wide, maximum_half_hours=2)
    set_rules(CONTRIBUTOR, now=now, resource=narrow, maximum_half_hours=40, approvers=(approver,))
    too_long = activation_of(eligible, resource_id=narrow.id, minutes=61)

    assert refusal(too_long, acting(requester, now=now), now).rules == ("ExpirationRule",)
    assert activate(eligible, requester, now=now, resource_id=narrow.id).state == State.PROVISIONED


def test_refuses_below_what_is_active_already(requester, tree, now):
    eligible, _, narrow, _ = tree
    activate(eligible, requester, now=now)

    ask = activation_of(eligible, resource_id=narrow.id)

    assert refusal(ask, acting(requester, now=now), now).rules == ("RoleAssignmentExists",)


def test_takes_what_lies_beside_or_above_what_is_active(requester, tree, now):
    eligible, _, narrow, beside = tree
    activate(eligible, requester, now=now, resource_id=narrow.id)

    states = [activate(eligible, requester, now=now, resource_id=id_).state for id_ in (beside.id, None)]

    assert states == [State.PROVISIONED] * 2


@pytest.mark.parametrize("ask_for", [submit, assess])
def test_refuses_a_scope_that_is_not_below(requester, tree, now, ask_for):
    eligible, *_ = tree
    for elsewhere in (make_resource(now=now), make_resource(now=now, parent=make_resource(now=now))):
        ask = activation_of(eligible, resource_id=elsewhere.id)
        with pytest.raises(Invalid, match=r"^Choose Production or something below it\.$"):
            ask_for(ask, actor=acting(requester, now=now), now=now)

    assert not Assignment.objects.activated().exists()


def test_refuses_a_scope_above(requester, tree, now):
    _, wide, narrow, _ = tree
    own = assign(requester, built_in.READER, narrow, now=now, ends_at=now + DAY)

    with pytest.raises(Invalid, match=r"^Choose One or something below it\.$"):
        activate(own, requester, now=now, resource_id=wide.id)


# ---- Through a group ---------------------------------------------------------------------------------------


@pytest.fixture
def of_group(requester, approver, now):
    """A group of two is eligible for Teams Administrator."""
    group = make_group(now=now, is_role_assignable=True)
    join(requester, group, now=now, days=1)
    join(approver, group, now=now)
    return assign(group, now=now)


def test_activates_what_the_group_may_for_oneself_alone(requester, approver, of_group, now):
    row = activate(of_group, requester, now=now).result

    assert (row.principal_id, row.activated_by, row.parent) == (requester.id, requester, of_group)
    assert holds(requester, now)
    assert not holds(approver, now)


def test_lets_each_member_activate_beside_the_others(requester, approver, of_group, now):
    for member in (requester, approver):
        assert activate(of_group, member, now=now).state == State.PROVISIONED

    assert all(holds(member, now) for member in (requester, approver))


def test_takes_the_role_with_the_membership(requester, of_group, now):
    until = now + DAY

    activate(of_group, requester, now=until - MINUTE)

    assert holds(requester, until - TICK)
    assert not holds(requester, until)


@pytest.mark.parametrize("ask_for", [submit, assess])
def test_refuses_what_another_person_or_group_may(visitor, requester, of_group, eligible, now, ask_for):
    for row in (of_group, eligible):
        with pytest.raises(Invalid, match=r"^There is no such role to activate\.$"):
            ask_for(activation_of(row), actor=acting(visitor, now=now), now=now)

    assert not Assignment.objects.activated().exists()


@pytest.mark.parametrize("ask_for", [submit, assess])
def test_refuses_to_activate_what_is_no_eligible_assignment(requester, now, ask_for):
    row = make_active(requester, TEAMS, now=now)

    with pytest.raises(Invalid, match="There is no such role to activate"):
        ask_for(activation_of(row), actor=acting(requester, now=now), now=now)


# ---- Extending ---------------------------------------------------------------------------------------------


@pytest.fixture
def running(requester, eligible, now):
    return activate(eligible, requester, now=now).result


def test_moves_the_end_of_what_runs(requester, eligible, running, now):
    at = now + 30 * MINUTE

    request = activate(eligible, requester, now=at, extends_id=running.id, minutes=120)

    running.refresh_from_db()
    assert (request.state, request.result_id, request.is_extension) == (State.PROVISIONED, running.id, True)
    assert (running.starts_at, running.ends_at) == (now, at + 120 * MINUTE)
    assert Assignment.objects.activated().count() == 1
    event = AuditEvent.objects.get(action=AuditAction.ACTIVATION_EXTENDED)
    assert event.details["ended_before"] == (now + HOUR).isoformat()


def test_ends_at_most_the_maximum_after_the_extension(requester, eligible, running, now):
    at = now + 30 * MINUTE
    extension = {"extends_id": running.id}

    too_long = activation_of(eligible, minutes=481, **extension)
    assert refusal(too_long, acting(requester, now=at), at).rules == ("ExpirationRule",)
    assert activate(eligible, requester, now=at, minutes=480, **extension).result.ends_at == at + 8 * HOUR


@pytest.mark.parametrize(("minutes", "gains"), [(30, False), (31, True)])
def test_extends_only_what_would_then_last_longer(requester, eligible, running, now, minutes, gains):
    at = now + 30 * MINUTE
    ask = activation_of(eligible, extends_id=running.id, minutes=minutes)

    if gains:
        assert submit(ask, actor=acting(requester, now=at), now=at).result.ends_at == now + HOUR + MINUTE
    else:
        verdict = refusal(ask, acting(requester, now=at), at)
        assert verdict.reason == "It lasts that long already. Choose a longer time, or extend it later."


def test_never_extends_past_the_end_of_the_eligibility(requester, now):
    eligible = assign(requester, now=now, ends_at=now + 2 * HOUR)
    running = activate(eligible, requester, now=now).result

    row = activate(eligible, requester, now=now, extends_id=running.id, minutes=480).result

    assert row.ends_at == now + 2 * HOUR


def test_asks_the_approvers_for_an_extension_too(requester, approver, eligible, running, now):
    set_rules(now=now, approvers=(approver,))

    request = activate(eligible, requester, now=now, extends_id=running.id, minutes=120)

    assert request.state == State.PENDING_APPROVAL
    assert not holds(requester, now + HOUR)
    answer(request, approver, now=now + MINUTE)
    assert holds(requester, now + HOUR)


@pytest.mark.parametrize("ask_for", [submit, assess])
@pytest.mark.parametrize("late", [timedelta(0), TICK])
def test_extends_nothing_that_has_ended(requester, eligible, running, now, ask_for, late):
    at = now + HOUR + late
    ask = activation_of(eligible, extends_id=running.id, minutes=120)

    with pytest.raises(Invalid, match=r"^This is not active any more\. Activate it anew\.$"):
        ask_for(ask, actor=acting(requester, now=at), now=at)

    assert Assignment.objects.get(pk=running.pk).ends_at == now + HOUR


def test_extends_nothing_of_somebody_else(requester, approver, of_group, now):
    row = activate(of_group, approver, now=now).result

    with pytest.raises(Invalid, match="This is not active any more"):
        activate(of_group, requester, now=now, extends_id=row.id, minutes=120)

    assert Assignment.objects.get(pk=row.pk).ends_at == now + HOUR


def test_gives_back_one_persons_time_only_by_their_own_clock(now, eligible, requester):
    """Somebody else's activation of the same role runs by its own end."""
    other = make_user(now=now)
    activate(assign(other, now=now), other, now=now, minutes=30)
    activate(eligible, requester, now=now)

    at = now + 30 * MINUTE

    assert holds(requester, at)
    assert not holds(other, at)
