"""What a hostile reading of the door found: each of these was possible once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.access_requests.asks import THE_CONSOLE, Ask, Said
from apps.access_requests.models import AccessRequest, Approval
from apps.access_requests.selectors.deciding import evidence_on
from apps.access_requests.selectors.facts import states_now
from apps.access_requests.services.deciding import decide
from apps.access_requests.services.door import assess, submit
from apps.access_requests.services.settling import settle_all
from apps.access_requests.services.verdicts import Changed, Verdict
from apps.access_requests.states import Action, State
from apps.assignments.models import Assignment
from apps.assignments.selectors import holdings_of
from apps.assignments.sweep import write_down_the_clock
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import CONSOLE, AuditAction
from apps.common.errors import Conflict, NotAllowed
from apps.roles import built_in
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
    set_rules,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_the_door")]

TICK, SECOND, MINUTE = timedelta(microseconds=1), timedelta(seconds=1), timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
End = Assignment.End


def reads_as(request, now):
    return states_now([AccessRequest.objects.with_names().get(pk=request.pk)], now=now)[request.pk]


def gives(row, user, now):
    return any(held.assignment.pk == row.pk for held in holdings_of(user, now=now).active)


def events_of(request, action):
    return AuditEvent.objects.filter(action=action, details__request=str(request.pk))


def change(row, **period):
    return Ask(Action.ADMIN_UPDATE, assignment_id=row.id, said=Said("Plans have changed"), **period)


def removal(row):
    return Ask(Action.ADMIN_REMOVE, assignment_id=row.id, said=Said("No longer needed"))


def evidence(request, approver, now):
    item = AccessRequest.objects.with_names().get(pk=request.pk)
    return evidence_on(item, reader=approver, now=now)


# ---- The last administrator, and who fills powerful groups -------------------------------------------------


@pytest.mark.parametrize("ask_for", [submit, assess])
def test_does_not_let_the_last_administrator_be_moved_into_the_future(administrator, now, ask_for):
    row = Assignment.objects.get(principal=administrator)
    actor = acting(administrator, now=now)

    if ask_for is assess:
        assert "LastAdminRule" in assess(change(row, starts_at=now + SECOND), actor=actor, now=now).rules
    else:
        with pytest.raises(NotAllowed, match=r"This is the last Global Administrator\."):
            submit(change(row, starts_at=now + SECOND), actor=actor, now=now)

    assert gives(row, administrator, now)
    assert not AuditEvent.objects.filter(action=AuditAction.ASSIGNMENT_CHANGED).exists()


def test_lets_the_last_administrator_go_on_from_now(administrator, now):
    row = Assignment.objects.get(principal=administrator)

    submit(change(row, starts_at=now), actor=acting(administrator, now=now), now=now)

    assert gives(row, administrator, now)


def member_ask(user, group, now):
    return Ask(
        Action.ADMIN_ASSIGN,
        principal_id=user.id,
        role_id=built_in.GROUP_MEMBER,
        resource_id=group.resource.id,
        kind=Assignment.Kind.ACTIVE,
        ends_at=now + DAY,
        said=Said("Joins the team"),
    )


def keeper_of(group, now):
    keeper = make_user(now=now)
    make_active(keeper, built_in.GROUP_OWNER, group.resource, now=now, ends_at=now + 30 * DAY)
    return keeper


def test_does_not_let_the_owner_of_a_role_assignable_group_add_members(now, requester):
    group = make_group(now=now, is_role_assignable=True)
    make_active(group, built_in.GLOBAL_ADMINISTRATOR, now=now)
    keeper = keeper_of(group, now)

    for somebody in (keeper, requester):
        with pytest.raises(NotAllowed, match="Only a Global Administrator changes it") as refused:
            submit(member_ask(somebody, group, now), actor=acting(keeper, now=now), now=now)
        assert "AdminRequestRule" in refused.value.rules

    roles = {held.assignment.role_id for held in holdings_of(keeper, now=now).active}
    assert roles == {built_in.GROUP_OWNER}


def test_does_not_let_that_owner_remove_members_either(now, requester):
    group = make_group(now=now, is_role_assignable=True)
    membership = join(requester, group, now=now)

    with pytest.raises(NotAllowed, match="This has power"):
        submit(removal(membership), actor=acting(keeper_of(group, now), now=now), now=now)

    assert gives(membership, requester, now)


def test_lets_the_owner_of_another_group_add_members(now, requester):
    group = make_group(now=now)

    row = submit(
        member_ask(requester, group, now), actor=acting(keeper_of(group, now), now=now), now=now
    ).result

    assert gives(row, requester, now)


def test_lets_a_privileged_role_administrator_fill_a_role_assignable_group(now, requester):
    group, admin = make_group(now=now, is_role_assignable=True), make_user(now=now)
    make_active(admin, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now)

    row = submit(member_ask(requester, group, now), actor=acting(admin, now=now), now=now).result

    assert gives(row, requester, now)


# ---- What an admin's change of an assignment does to what rests on it --------------------------------------


@pytest.fixture
def waiting_extension(requester, approver, eligible, now):
    """An hour that runs, and a request for two that waits for the approver."""
    running = activate(eligible, requester, now=now).result
    set_rules(now=now, approvers=(approver,))
    return activate(eligible, requester, now=now + MINUTE, extends_id=running.id, minutes=120)


def test_closes_a_waiting_extension_when_its_activation_is_removed(
    waiting_extension, requester, approver, now
):
    submit(removal(waiting_extension.extends), actor=THE_CONSOLE, now=now + 2 * MINUTE)

    waiting_extension.refresh_from_db()
    assert waiting_extension.state == State.CANCELED
    assert waiting_extension.closed_at == now + 2 * MINUTE
    assert events_of(waiting_extension, AuditAction.REQUEST_CANCELED).get().actor_name == CONSOLE.name
    with pytest.raises(Conflict, match="This request waits no longer: cancelled"):
        answer(waiting_extension, approver, now=now + 3 * MINUTE)
    assert not gives(waiting_extension.extends, requester, now + 3 * MINUTE)


def test_shows_the_approver_that_an_extension_would_now_open_something_new(
    waiting_extension, requester, approver, now
):
    before = evidence(waiting_extension, approver, now + 2 * MINUTE)
    give_back = Ask(Action.SELF_DEACTIVATE, assignment_id=waiting_extension.extends_id)
    submit(give_back, actor=acting(requester, now=now), now=now + 3 * MINUTE)
    after = evidence(waiting_extension, approver, now + 4 * MINUTE)
    stale = Verdict(waiting_extension.id, approve=True, digest=before.digest, justification="Agreed")

    with pytest.raises(Changed):
        decide(stale, actor=acting(approver, now=now), now=now + 4 * MINUTE)

    assert (before.extends_ended, after.extends_ended) == (False, True)
    assert not Approval.objects.exists()
    decided = decide(
        replace(stale, digest=after.digest), actor=acting(approver, now=now), now=now + 4 * MINUTE
    )
    assert decided.result_id != waiting_extension.extends_id
    assert decided.result.ends_at == now + 124 * MINUTE


@pytest.mark.parametrize(("after", "has_ended"), [(HOUR - TICK, False), (HOUR, True), (HOUR + TICK, True)])
def test_tells_the_approver_so_from_the_instant_at_which_the_clock_ended_it(
    waiting_extension, approver, now, after, has_ended
):
    assert evidence(waiting_extension, approver, now + after).extends_ended is has_ended


def test_says_on_the_page_that_the_activation_to_extend_has_ended(client, approver):
    now = timezone.now() - 2 * MINUTE
    user = make_user(now=now)
    eligible = assign(user, now=now)
    running = activate(eligible, user, now=now).result
    set_rules(now=now, approvers=(approver,))
    request = activate(eligible, user, now=now, extends_id=running.id, minutes=120)
    client.force_login(approver)

    before = client.get(request.get_decide_url()).content.decode()
    submit(
        Ask(Action.SELF_DEACTIVATE, assignment_id=running.id), actor=acting(user, now=now), now=now + MINUTE
    )
    after = client.get(request.get_decide_url()).content.decode()

    words = "The activation to extend has ended. Approving opens a new one,"
    assert words not in before
    assert "more for what runs already," in before
    assert words in after


def test_clips_what_was_activated_when_its_eligibility_gets_an_earlier_end(
    administrator, requester, eligible, now
):
    running = activate(eligible, requester, now=now, minutes=480).result
    until = now + 10 * MINUTE

    submit(change(eligible, ends_at=until), actor=acting(administrator, now=now), now=now + MINUTE)

    running.refresh_from_db()
    assert running.ends_at == until
    assert gives(running, requester, until - TICK)
    assert not gives(running, requester, until)
    event = AuditEvent.objects.get(action=AuditAction.ASSIGNMENT_CHANGED, details__assignment=str(running.id))
    assert event.details["ends_at"] == until.isoformat()
    assert event.actor_name == administrator.name


@pytest.mark.parametrize(
    ("starts", "survives"), [(HOUR - SECOND, True), (HOUR, False), (HOUR + SECOND, False)]
)
def test_ends_what_would_begin_only_after_the_new_end(
    administrator, requester, eligible, now, starts, survives
):
    request = activate(eligible, requester, now=now, starts_at=now + starts)

    submit(change(eligible, ends_at=now + HOUR), actor=acting(administrator, now=now), now=now + MINUTE)

    row = Assignment.objects.get(pk=request.result_id)
    assert (row.ended_how, row.ended_at) == (("", None) if survives else (End.GROUND_LOST, now + MINUTE))
    assert reads_as(request, now + MINUTE) == (State.GRANTED if survives else State.CANCELED)
    assert row.ends_at == (now + HOUR if survives else now + starts + HOUR)


def test_leaves_alone_what_ends_before_the_new_end(administrator, requester, eligible, now):
    running = activate(eligible, requester, now=now).result

    submit(change(eligible, ends_at=now + HOUR), actor=acting(administrator, now=now), now=now + MINUTE)

    assert Assignment.objects.get(pk=running.pk).ends_at == now + HOUR
    assert not AuditEvent.objects.filter(
        action=AuditAction.ASSIGNMENT_CHANGED, details__assignment=str(running.id)
    ).exists()


@pytest.mark.parametrize("starts", [None, DAY - SECOND, DAY, DAY + SECOND])
def test_ends_what_rests_on_an_eligibility_that_begins_later_now(
    administrator, requester, eligible, now, starts
):
    """Else it would come back to life at the new start."""
    request = activate(eligible, requester, now=now, starts_at=starts and now + starts)

    submit(change(eligible, starts_at=now + DAY), actor=acting(administrator, now=now), now=now + MINUTE)

    row = Assignment.objects.get(pk=request.result_id)
    assert (row.ended_how, row.ended_at) == (End.GROUND_LOST, now + MINUTE)


# ---- What is over stays over, sweep or no sweep ------------------------------------------------------------


def test_revives_no_request_by_giving_membership_again(requester, approver, now):
    group = make_group(now=now, is_role_assignable=True)
    set_rules(now=now, approvers=(approver,))
    eligible = assign(group, now=now)
    join(requester, group, now=now, days=1)
    request = activate(eligible, requester, now=now + DAY - HOUR)
    later = now + DAY + MINUTE

    assert reads_as(request, now + DAY - TICK) == State.PENDING_APPROVAL
    assert reads_as(request, now + DAY) == State.CANCELED
    join(requester, group, now=later)

    request.refresh_from_db()
    assert request.state == State.CANCELED
    assert events_of(request, AuditAction.REQUEST_CANCELED).exists()
    with pytest.raises(Conflict, match="This request waits no longer: cancelled"):
        answer(request, approver, now=later + MINUTE)


def test_revives_no_activation_by_giving_a_group_its_membership_again(requester, now):
    """The requester never left their own group; that one left the group which is eligible, and came back."""
    team, operators = make_group("Team", now=now), make_group("Operators", now=now)
    set_rules(built_in.CONTRIBUTOR, now=now, maximum_half_hours=48)
    eligible = assign(
        operators, built_in.CONTRIBUTOR, make_resource(now=now), now=now, ends_at=now + 30 * DAY
    )
    join(requester, team, now=now)
    join(team, operators, now=now, days=1)
    row = activate(eligible, requester, now=now + DAY - HOUR, minutes=600).result
    later = now + DAY + MINUTE

    assert gives(row, requester, now + DAY - TICK)
    assert not gives(row, requester, now + DAY)
    join(team, operators, now=later)

    assert not gives(row, requester, later)
    assert Assignment.objects.get(pk=row.pk).ended_how == End.GROUND_LOST


@pytest.mark.parametrize("is_nested", [False, True])
def test_revives_no_activation_by_moving_a_membership_into_the_future(
    administrator, requester, now, is_nested
):
    team, operators = make_group("Team", now=now), make_group("Operators", now=now)
    eligible = assign(
        operators, built_in.CONTRIBUTOR, make_resource(now=now), now=now, ends_at=now + 30 * DAY
    )
    if is_nested:
        join(requester, team, now=now)
    membership = join(team if is_nested else requester, operators, now=now)
    row = activate(eligible, requester, now=now, minutes=240).result
    later = change(membership, starts_at=now + HOUR, ends_at=now + DAY)

    submit(later, actor=acting(administrator, now=now), now=now + MINUTE)

    assert not gives(row, requester, now + HOUR)
    assert Assignment.objects.get(pk=row.pk).ended_how == End.GROUND_LOST


@pytest.mark.parametrize("at", [30 * MINUTE, HOUR - TICK, HOUR, HOUR + TICK, DAY])
@pytest.mark.parametrize("is_swept", [False, True])
def test_reads_what_was_ended_before_its_start_as_cancelled(requester, eligible, now, at, is_swept):
    request = activate(eligible, requester, now=now, starts_at=now + HOUR)
    submit(removal(request.result), actor=THE_CONSOLE, now=now + MINUTE)

    if is_swept:
        settle_all(now=now + at)

    assert reads_as(request, now + at) == State.CANCELED
    request.refresh_from_db()
    assert request.state == (State.CANCELED if is_swept else State.GRANTED)


@pytest.mark.parametrize("is_swept", [False, True])
def test_decides_the_same_whether_or_not_the_sweep_has_run(requester, approver, now, is_swept):
    """The wider activation lost its ground with the membership, so nothing is in the way any more."""
    wide = make_resource(now=now)
    narrow, group = make_resource(now=now, parent=wide), make_group(now=now)
    set_rules(built_in.CONTRIBUTOR, now=now, approvers=(approver,), resource=narrow)
    join(requester, group, now=now, days=1)
    own = assign(requester, built_in.CONTRIBUTOR, narrow, now=now, ends_at=now + 30 * DAY)
    of_group = assign(group, built_in.CONTRIBUTOR, wide, now=now, ends_at=now + 30 * DAY)
    request = activate(own, requester, now=now + 22 * HOUR)
    activate(of_group, requester, now=now + 22 * HOUR, minutes=480)
    later = now + DAY + MINUTE

    if is_swept:
        write_down_the_clock(now=later)

    assert answer(request, approver, now=later).state == State.PROVISIONED


# ---- The sweep ---------------------------------------------------------------------------------------------


def test_settles_the_others_when_one_request_cannot_be_settled(requester, approver, eligible, now, caplog):
    """A granted request without what was granted: nothing makes one, and one must not stop the clock."""
    odd = activate(eligible, requester, now=now, starts_at=now + HOUR)
    AccessRequest.objects.filter(pk=odd.pk).update(result=None, starts_at=now + MINUTE)
    good = activate(assign(approver, now=now), approver, now=now, starts_at=now + HOUR)

    assert settle_all(now=now + HOUR) == 1

    good.refresh_from_db()
    odd.refresh_from_db()
    assert (good.state, odd.state) == (State.PROVISIONED, State.GRANTED)
    assert "Request settled by the clock" in caplog.text
    assert str(odd) in caplog.text
