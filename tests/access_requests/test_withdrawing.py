"""Withdrawing: a request that waits or has not begun, and a role that is no longer needed."""

from datetime import timedelta

import pytest

from apps.access_requests.asks import THE_CONSOLE, Ask, Said
from apps.access_requests.models import AccessRequest
from apps.access_requests.services.door import assess, submit
from apps.access_requests.services.withdrawing import assess_cancel, assess_opening_cancel, cancel
from apps.access_requests.states import Action, State
from apps.assignments.models import Assignment
from apps.assignments.selectors import holdings_of
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.errors import Conflict, NotAllowed
from apps.notifications.models import Notice
from tests.factories import acting, activate, activation_of, answer, assign, join, make_group

pytestmark = pytest.mark.django_db

TICK, MINUTE = timedelta(microseconds=1), timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def waiting(requester, eligible, needs_approval, now):
    return activate(eligible, requester, now=now)


@pytest.fixture
def later(requester, eligible, now):
    """Granted, to begin in an hour."""
    return activate(eligible, requester, now=now, starts_at=now + HOUR)


@pytest.fixture
def running(requester, eligible, now):
    return activate(eligible, requester, now=now).result


def withdraw(request, user, now):
    return cancel(request.id, actor=acting(user, now=now), now=now)


def giving_back(row):
    return Ask(Action.SELF_DEACTIVATE, assignment_id=row.id, said=Said("Done"))


def give_back(row, user, now):
    return submit(giving_back(row), actor=acting(user, now=now), now=now)


def holds_anything(user, now):
    return bool(holdings_of(user, now=now).active)


def refusal_to_cancel(request, actor, now):
    """Why it is not cancelled; `assess_cancel` says the same, and nothing changes."""
    row = AccessRequest.objects.with_names().get(pk=request.pk)
    verdict = assess_cancel(row, actor=actor, now=now)
    with pytest.raises(NotAllowed) as refused:
        cancel(request.id, actor=actor, now=now)
    assert refused.value.refusals == verdict.refusals
    assert AccessRequest.objects.get(pk=request.pk).state == row.state
    assert not AuditEvent.objects.filter(action=AuditAction.REQUEST_CANCELED).exists()
    return verdict.reason


def too_late(request, user, now):
    """What somebody hears who comes too late; the button would have said so, and nothing changes."""
    actor = acting(user, now=now)
    row = AccessRequest.objects.with_names().get(pk=request.pk)
    events = AuditEvent.objects.count()
    assert assess_cancel(row, actor=actor, now=now).reason.startswith("This can no longer be cancelled: ")
    with pytest.raises(Conflict) as refused:
        cancel(request.id, actor=actor, now=now)
    assert AccessRequest.objects.get(pk=request.pk).state == row.state
    assert AuditEvent.objects.count() == events
    return str(refused.value)


# ---- Cancelling a request ----------------------------------------------------------------------------------


def test_withdraws_what_waits(waiting, requester, now):
    withdraw(waiting, requester, now + MINUTE)

    waiting.refresh_from_db()
    assert (waiting.state, waiting.closed_at) == (State.CANCELED, now + MINUTE)
    assert waiting.closing_reason == "Cancelled by John Doe."
    event = AuditEvent.objects.get(action=AuditAction.REQUEST_CANCELED)
    assert (event.actor_id, event.details["request"]) == (str(requester.id), str(waiting.id))


def test_does_not_tell_the_requester_what_they_did_themself(waiting, requester, now):
    withdraw(waiting, requester, now)

    assert not Notice.objects.filter(event="request_canceled").exists()


def test_tells_the_requester_when_an_admin_did_it(waiting, requester, administrator, now):
    withdraw(waiting, administrator, now)

    notice = Notice.objects.get(event="request_canceled")
    assert notice.recipient_id == requester.id
    assert notice.text == "Cancelled by Alma Admin. Ask again if you still need the role."


def test_lets_the_requester_ask_again(waiting, requester, eligible, now):
    withdraw(waiting, requester, now)

    assert activate(eligible, requester, now=now).state == State.PENDING_APPROVAL


def test_keeps_why_an_admin_did_it_for_the_requester_and_the_log(waiting, administrator, now):
    cancel(waiting.id, actor=acting(administrator, now=now), now=now, justification="Not during the freeze")

    reason = "Cancelled by Alma Admin: “Not during the freeze”."
    assert AccessRequest.objects.get(pk=waiting.pk).closing_reason == reason
    assert Notice.objects.get(event="request_canceled").text.startswith(reason)
    event = AuditEvent.objects.get(action=AuditAction.REQUEST_CANCELED)
    assert event.justification == "Not during the freeze"


def test_lets_no_reason_reorder_the_sentence_around_it(waiting, administrator, now):
    cancel(waiting.id, actor=acting(administrator, now=now), now=now, justification="Not \u202e now\nnever")

    reason = AccessRequest.objects.get(pk=waiting.pk).closing_reason
    assert reason == "Cancelled by Alma Admin: “Not now never”."


def test_asks_an_admin_for_a_fresh_factor_that_the_button_does_not_need(waiting, administrator, now):
    stale = acting(administrator, now=now, proven_at=now - HOUR)
    row = AccessRequest.objects.with_names().get(pk=waiting.pk)

    assert assess_opening_cancel(row, actor=stale, now=now)
    assert refusal_to_cancel(waiting, stale, now).startswith("Confirm with your second factor")


@pytest.mark.parametrize("who", ["visitor", "approver", "auditor"])
def test_lets_nobody_else_withdraw_it(waiting, now, request, who):
    somebody = acting(request.getfixturevalue(who), now=now)

    assert refusal_to_cancel(waiting, somebody, now) == "Only the requester or an admin cancels a request."


@pytest.mark.parametrize(("at", "is_open"), [(DAY - TICK, True), (DAY, False), (DAY + TICK, False)])
def test_withdraws_until_the_deadline(waiting, requester, now, at, is_open):
    instant = now + at

    if is_open:
        assert withdraw(waiting, requester, instant).state == State.CANCELED
    else:
        assert too_late(waiting, requester, instant) == "This request waits no longer: timed out."


@pytest.mark.parametrize(("approve", "word"), [(True, "approved"), (False, "denied")])
def test_says_who_was_faster_where_a_request_was_decided(waiting, requester, approver, now, approve, word):
    answer(waiting, approver, now=now, approve=approve)

    assert (
        too_late(waiting, requester, now) == f"Ada Approver was faster and {word} this request at 13:00 UTC."
    )


def test_withdraws_once_and_then_says_who_did(waiting, requester, administrator, now):
    withdraw(waiting, requester, now)

    words = too_late(waiting, administrator, now + MINUTE)

    assert words == "This request waits no longer: cancelled. Cancelled by John Doe."
    assert AuditEvent.objects.filter(action=AuditAction.REQUEST_CANCELED).count() == 1


@pytest.mark.parametrize(("at", "is_ahead"), [(HOUR - TICK, True), (HOUR, False), (HOUR + TICK, False)])
def test_withdraws_what_is_granted_until_it_begins(later, requester, now, at, is_ahead):
    instant = now + at

    if is_ahead:
        assert withdraw(later, requester, instant).state == State.CANCELED
        assert Assignment.objects.get(pk=later.result_id).ended_how == Assignment.End.REMOVED
        assert not holds_anything(requester, now + HOUR)
    else:
        assert too_late(later, requester, instant) == "This request waits no longer: granted."
        assert holds_anything(requester, now + HOUR)


# ---- Giving a role back ------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [timedelta(0), TICK, HOUR - TICK], ids=["at once", "soon", "just in time"])
def test_gives_a_role_back_at_any_time(running, requester, now, after):
    at = now + after

    request = give_back(running, requester, at)

    running.refresh_from_db()
    assert (request.state, request.result_id, request.closed_at) == (State.REVOKED, running.id, at)
    assert (running.ended_at, running.ended_how) == (at, Assignment.End.DEACTIVATED)
    assert running.ended_by == "John Doe"
    assert not holds_anything(requester, at)


def test_records_it_with_the_reason(running, requester, now):
    give_back(running, requester, now + MINUTE)

    event = AuditEvent.objects.get(action=AuditAction.ACTIVATION_ENDED)
    assert (event.actor_id, event.target_id) == (str(requester.id), str(requester.id))
    assert (event.at, event.justification, event.details["how"]) == (now + MINUTE, "Done", "deactivated")


def test_leaves_the_request_that_brought_it_granted(running, requester, now):
    give_back(running, requester, now)

    assert AccessRequest.objects.get(action=Action.SELF_ACTIVATE).state == State.PROVISIONED


def test_asks_for_no_second_factor_to_give_a_role_back(running, requester, now):
    stale = acting(requester, now=now, proven_at=now - DAY)

    assert submit(giving_back(running), actor=stale, now=now).state == State.REVOKED


def test_lets_it_be_activated_again_at_once(running, requester, eligible, now):
    at = now + MINUTE
    give_back(running, requester, at)

    assert submit(activation_of(eligible), actor=acting(requester, now=at), now=at).state == State.PROVISIONED


@pytest.mark.parametrize(
    ("at", "reason"),
    [(HOUR, "This is not active now."), (HOUR + TICK, "This is not active now.")],
    ids=["at its end", "just after its end"],
)
def test_gives_nothing_back_that_has_ended(running, requester, now, at, reason):
    actor = acting(requester, now=now + at)

    assert assess(giving_back(running), actor=actor, now=now + at).reason == reason
    with pytest.raises(NotAllowed, match=reason):
        submit(giving_back(running), actor=actor, now=now + at)
    assert not AccessRequest.objects.filter(action=Action.SELF_DEACTIVATE).exists()


def test_gives_nothing_back_that_has_not_begun(later, requester, now):
    with pytest.raises(NotAllowed, match=r"^This is not active now\.$"):
        give_back(later.result, requester, now)


def test_gives_nothing_back_that_an_admin_assigned(requester, eligible, now):
    with pytest.raises(NotAllowed, match=r"^This was assigned by an admin\. Only an admin can remove it\.$"):
        give_back(eligible, requester, now)

    assert Assignment.objects.get(pk=eligible.pk).ended_at is None


def test_gives_back_nothing_of_somebody_else(running, administrator, requester, now):
    for actor in (acting(administrator, now=now), THE_CONSOLE):
        with pytest.raises(NotAllowed, match=r"^This role is not active for you\.$"):
            submit(giving_back(running), actor=actor, now=now)

    assert holds_anything(requester, now)


def test_gives_back_what_was_activated_through_a_group_for_oneself_alone(requester, approver, now):
    group = make_group(now=now, is_role_assignable=True)
    for member in (requester, approver):
        join(member, group, now=now)
    eligible = assign(group, now=now)
    mine, theirs = (activate(eligible, member, now=now).result for member in (requester, approver))

    give_back(mine, requester, now + MINUTE)

    held = {held.assignment.id for held in holdings_of(approver, now=now + MINUTE).active}
    assert theirs.id in held
    assert Assignment.objects.get(pk=mine.pk).ended_at == now + MINUTE
