"""Deciding when something has happened since the request was made or shown."""

from dataclasses import replace
from datetime import timedelta

import pytest

from apps.access_requests.asks import THE_CONSOLE, Ask
from apps.access_requests.models import AccessRequest, Approval
from apps.access_requests.selectors.approvers import Standing
from apps.access_requests.selectors.decidable import Decidable
from apps.access_requests.selectors.facts import states_now
from apps.access_requests.services.deciding import decide, decide_many
from apps.access_requests.services.door import submit
from apps.access_requests.services.verdicts import Changed, Verdict
from apps.access_requests.states import Action, State
from apps.assignments.models import Assignment
from apps.assignments.selectors import holdings_of
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction, Outcome
from apps.common.counting import Counts
from apps.common.errors import Conflict
from apps.notifications.models import Notice
from apps.roles import built_in
from tests.access_requests.looking import (
    active_roles,
    event_of,
    nothing_was_decided,
    told,
    verdict_on,
)
from tests.factories import (
    acting,
    activate,
    answer,
    assign,
    disable,
    join,
    make_group,
    make_resource,
    make_user,
    set_rules,
)

pytestmark = pytest.mark.django_db

TICK, MINUTE = timedelta(microseconds=1), timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def reads_as(request, now):
    return states_now([AccessRequest.objects.with_names().get(pk=request.pk)], now=now)[request.pk]


# ---- The first answer counts -------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "word"), [(True, "approved"), (False, "denied")])
@pytest.mark.parametrize("second", [True, False])
def test_tells_the_second_approver_who_was_faster_and_when(
    requester, approver, eligible, now, first, word, second
):
    berta = make_user("Berta Approver", now=now)
    set_rules(now=now, approvers=(approver, berta))
    waiting = activate(eligible, requester, now=now)
    verdict = verdict_on(waiting, berta, now, approve=second)
    answer(waiting, approver, now=now + 5 * MINUTE, approve=first)
    at = now + 6 * MINUTE

    with pytest.raises(Conflict, match=rf"^Ada Approver was faster and {word} this request at 13:05 UTC\.$"):
        decide(verdict, actor=acting(berta, now=at), now=at)

    assert Approval.objects.get().approver == approver
    assert Assignment.objects.activated().count() == first


def test_says_so_in_the_time_zone_of_the_one_who_comes_second(requester, approver, eligible, now):
    berta = make_user("Berta Approver", now=now, time_zone="Europe/Berlin")
    set_rules(now=now, approvers=(approver, berta))
    waiting = activate(eligible, requester, now=now)
    answer(waiting, approver, now=now)

    with pytest.raises(Conflict, match=r"at 14:00 CET\.$"):
        answer(waiting, berta, now=now + MINUTE)


def test_tells_whoever_answers_twice_that_they_did(waiting, approver, now):
    verdict = verdict_on(waiting, approver, now)
    answer(waiting, approver, now=now)

    with pytest.raises(Conflict, match=r"^You approved this request at 13:00 UTC\.$"):
        decide(verdict, actor=acting(approver, now=now), now=now + MINUTE)

    assert Assignment.objects.activated().count() == 1


# ---- What was shown is what is decided ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [{"maximum_half_hours": 8}, {"requires_ticket": True}, {"authentication": "none"}],
    ids=["a shorter maximum", "a ticket", "no second factor"],
)
@pytest.mark.parametrize("approve", [True, False])
def test_decides_nothing_on_rules_that_were_not_shown(waiting, approver, now, change, approve):
    seen = verdict_on(waiting, approver, now, approve=approve)
    set_rules(now=now, approvers=(approver,), **change)

    with pytest.raises(
        Changed, match=r"^This request or its rules have changed\. Look again, then decide\.$"
    ):
        decide(seen, actor=acting(approver, now=now), now=now)

    assert nothing_was_decided(waiting, now)
    shown_again = verdict_on(waiting, approver, now, approve=approve)
    decided = decide(shown_again, actor=acting(approver, now=now), now=now)
    assert decided.state == (State.PROVISIONED if approve else State.DENIED)


def test_decides_nothing_when_there_are_other_approvers_than_were_shown(waiting, approver, visitor, now):
    seen = verdict_on(waiting, approver, now)
    set_rules(now=now, approvers=(approver, visitor))

    with pytest.raises(Changed):
        decide(seen, actor=acting(approver, now=now), now=now)

    assert nothing_was_decided(waiting, now)


@pytest.mark.parametrize("digest", ["", "0" * 64])
def test_decides_nothing_for_somebody_who_was_shown_something_else(waiting, approver, now, digest):
    with pytest.raises(Changed):
        decide(
            Verdict(waiting.id, approve=True, digest=digest, justification="Agreed"),
            actor=acting(approver, now=now),
            now=now,
        )

    assert nothing_was_decided(waiting, now)


def test_cares_for_nothing_that_concerns_no_activation(waiting, approver, now):
    seen = verdict_on(waiting, approver, now)
    set_rules(now=now, approvers=(approver,), eligible_maximum_days=90, approval_window_minutes=60)

    assert decide(seen, actor=acting(approver, now=now), now=now).state == State.PROVISIONED


# ---- Judged again ------------------------------------------------------------------------------------------


@pytest.fixture
def too_long(requester, approver, eligible, needs_approval, now):
    """Eight hours are asked for, and meanwhile the role allows four."""
    request = activate(eligible, requester, now=now, minutes=480)
    set_rules(now=now, approvers=(approver,), maximum_half_hours=8)
    return request


def test_fails_with_the_reason_when_the_rules_of_now_refuse(too_long, requester, approver, now):
    request = answer(too_long, approver, now=now + MINUTE)

    request.refresh_from_db()
    assert (request.state, request.closed_at) == (State.FAILED, now + MINUTE)
    assert request.closing_reason == "At most 4 h for this role."
    assert request.result is None
    assert active_roles(requester, now + MINUTE) == set()


def test_keeps_the_yes_and_records_the_failure_beside_it(too_long, approver, now):
    request = answer(too_long, approver, now=now + MINUTE, why="Known outage")

    assert Approval.objects.get(request=request).decision == "approved"
    assert event_of(request, AuditAction.REQUEST_APPROVED).justification == "Known outage"
    failed = event_of(request, AuditAction.REQUEST_FAILED)
    assert (failed.outcome, failed.details["rules"]) == (Outcome.FAILURE, ["ExpirationRule"])
    assert not AuditEvent.objects.filter(action=AuditAction.ACTIVATION_ADDED).exists()


def test_tells_both_sides_of_the_failure(too_long, requester, approver, now):
    answer(too_long, approver, now=now + MINUTE)

    assert told("request_failed") == {requester.email, approver.email}
    for notice in Notice.objects.filter(event="request_failed"):
        assert "it cannot be granted. At most 4 h for this role." in notice.text


def test_still_denies_what_could_not_be_granted(too_long, approver, now):
    assert answer(too_long, approver, now=now, approve=False).state == State.DENIED


def test_fails_when_the_role_was_activated_elsewhere_meanwhile(requester, approver, now):
    """A wider activation has come into force since, and it is still running."""
    wide = make_resource(now=now)
    narrow, until = make_resource(now=now, parent=wide), now + 30 * DAY
    on_wide = assign(requester, built_in.CONTRIBUTOR, wide, now=now, ends_at=until)
    on_narrow = assign(requester, built_in.CONTRIBUTOR, narrow, now=now, ends_at=until)
    set_rules(built_in.CONTRIBUTOR, now=now, resource=narrow, approvers=(approver,))
    waiting = activate(on_narrow, requester, now=now)
    activate(on_wide, requester, now=now + MINUTE, minutes=120)

    request = answer(waiting, approver, now=now + HOUR)

    assert request.state == State.FAILED
    assert request.closing_reason == "Active already, until 15:01 UTC."
    assert event_of(request, AuditAction.REQUEST_FAILED).details["rules"] == ["RoleAssignmentExists"]


def test_asks_the_requester_for_nothing_twice(requester, approver, eligible, needs_approval, now):
    """A ticket and a second factor each time, wanted since: the requester has met their part."""
    waiting = activate(eligible, requester, now=now)
    set_rules(now=now, approvers=(approver,), authentication="mfa_each_time", requires_ticket=True)

    assert answer(waiting, approver, now=now).state == State.PROVISIONED


# ---- What has lost its ground cannot be approved -----------------------------------------------------------


def _the_eligibility_is_removed(request, now):
    submit(Ask(Action.ADMIN_REMOVE, assignment_id=request.eligible_id), actor=THE_CONSOLE, now=now)


def _the_holder_is_disabled(request, now):
    disable(request.requester)


LOSSES = [_the_eligibility_is_removed, _the_holder_is_disabled]


@pytest.mark.parametrize("lose", LOSSES, ids=["the eligibility is removed", "the holder is disabled"])
@pytest.mark.parametrize("approve", [True, False])
def test_decides_on_nothing_whose_ground_is_gone(waiting, approver, now, lose, approve):
    verdict = verdict_on(waiting, approver, now, approve=approve)
    lose(waiting, now + MINUTE)
    later = now + 2 * MINUTE

    with pytest.raises(Conflict, match=r"^This request waits no longer: cancelled\.$"):
        decide(verdict, actor=acting(approver, now=later), now=later)

    assert reads_as(waiting, later) == State.CANCELED
    assert not Approval.objects.exists()
    assert not Assignment.objects.activated().exists()
    assert not Decidable(Standing(approver, holdings_of(approver, now=later)), Counts(), later).count


@pytest.mark.parametrize(
    ("at", "state"), [(HOUR - TICK, State.PROVISIONED), (HOUR, None), (HOUR + TICK, None)]
)
def test_decides_until_the_instant_the_eligibility_ends(requester, approver, needs_approval, now, at, state):
    eligible = assign(requester, now=now, ends_at=now + HOUR)
    waiting = activate(eligible, requester, now=now, minutes=30)

    if state:
        assert answer(waiting, approver, now=now + at).state == state
    else:
        with pytest.raises(Conflict, match="waits no longer: cancelled"):
            answer(waiting, approver, now=now + at)
        assert not Approval.objects.exists()


def test_decides_on_nothing_once_the_group_was_left(requester, approver, needs_approval, now):
    group = make_group(now=now, is_role_assignable=True)
    membership = join(requester, group, now=now)
    waiting = activate(assign(group, now=now), requester, now=now)
    submit(Ask(Action.ADMIN_REMOVE, assignment_id=membership.id), actor=THE_CONSOLE, now=now + MINUTE)

    with pytest.raises(Conflict, match="waits no longer: cancelled"):
        answer(waiting, approver, now=now + MINUTE)

    assert not Assignment.objects.activated().exists()


# ---- Extensions --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "is_moved"),
    [
        pytest.param(HOUR - TICK, True, id="just before its end"),
        pytest.param(HOUR, False, id="at its end"),
        pytest.param(HOUR + TICK, False, id="just after its end"),
    ],
)
def test_moves_the_end_of_what_runs_and_opens_anew_what_has_ended(
    requester, approver, eligible, now, at, is_moved
):
    running = activate(eligible, requester, now=now).result
    set_rules(now=now, approvers=(approver,))
    waiting = activate(eligible, requester, now=now + MINUTE, extends_id=running.id, minutes=120)
    decided = now + at

    row = answer(waiting, approver, now=decided).result

    running.refresh_from_db()
    assert (row.id == running.id) is is_moved
    assert row.ends_at == decided + 120 * MINUTE
    assert row.starts_at == (now if is_moved else decided)
    assert running.ended_at == (None if is_moved else now + HOUR)
    action = AuditAction.ACTIVATION_EXTENDED if is_moved else AuditAction.ACTIVATION_ADDED
    assert AuditEvent.objects.filter(action=action, details__assignment=str(row.id)).exists()


# ---- Several -----------------------------------------------------------------------------------------------


def test_answers_several_each_for_itself(requester, approver, eligible, needs_approval, visitor, now):
    mine = activate(eligible, requester, now=now)
    other = activate(assign(visitor, now=now), visitor, now=now)
    stale = replace(verdict_on(mine, approver, now), digest="")
    verdicts = [stale, verdict_on(other, approver, now), verdict_on(mine, approver, now, approve=False)]

    answers = decide_many(verdicts, actor=acting(approver, now=now), now=now)

    assert [answer.asked for answer in answers] == verdicts
    assert [type(answer.error) for answer in answers] == [Changed, type(None), type(None)]
    assert [answer.request and answer.request.state for answer in answers] == [
        None,
        State.PROVISIONED,
        State.DENIED,
    ]
