"""Extending and renewing: asked by the holder and decided by an admin, or done by an admin."""

from datetime import timedelta

import pytest

from apps.access_requests.asks import Said
from apps.access_requests.models import AccessRequest, Approval
from apps.access_requests.selectors.facts import states_now
from apps.access_requests.services.door import submit
from apps.access_requests.services.people import disable_person
from apps.access_requests.services.settling import settle_all
from apps.access_requests.services.verdicts import Offer
from apps.access_requests.services.withdrawing import cancel
from apps.access_requests.states import Action, State
from apps.assignments.models import Assignment
from apps.audit.vocabulary import CONSOLE, AuditAction
from apps.common.errors import Invalid, NotAllowed
from apps.notifications.messages import NoticeEvent
from apps.roles import built_in
from tests.access_requests.asking import admin_answer, ask, asking
from tests.access_requests.looking import event_of, refusal, told
from tests.factories import acting, assign, join, make_active, make_group, make_user, set_rules

pytestmark = pytest.mark.django_db

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
ACTIVE, ELIGIBLE = Assignment.Kind.ACTIVE, Assignment.Kind.ELIGIBLE


@pytest.fixture
def ending(requester, administrator, now):
    """Eligible for 10 days more."""
    return assign(requester, now=now, ends_at=now + 10 * DAY)


@pytest.fixture
def extension(ending, requester, now):
    return ask(asking(Action.SELF_EXTEND, ending), requester, now=now)


# ---- Asked by the holder -----------------------------------------------------------------------------------


def test_waits_for_an_admin_with_what_is_asked(extension, ending, administrator, requester, now):
    assert extension.state == State.PENDING_ADMIN_DECISION
    assert (extension.family, extension.extends, extension.ends_at) == (ELIGIBLE, ending, now + 20 * DAY)
    assert extension.deadline_at == now + 14 * DAY
    assert event_of(extension, AuditAction.REQUEST_SUBMITTED).justification == "Still needed"
    assert told(NoticeEvent.APPROVAL_NEEDED) == {administrator.email}


def test_moves_the_end_when_an_admin_approves(extension, ending, administrator, requester, now):
    decided = admin_answer(extension, administrator, now=now + DAY)

    ending.refresh_from_db()
    assert (decided.state, decided.result) == (State.PROVISIONED, ending)
    assert (ending.starts_at, ending.ends_at) == (now, now + 20 * DAY)
    approval = Approval.objects.get(request=extension)
    assert (approval.decided_kind, approval.decided_ends_at) == (ELIGIBLE, now + 20 * DAY)
    assert event_of(extension, AuditAction.REQUEST_APPROVED).actor_id == str(administrator.id)
    assert told(NoticeEvent.REQUEST_APPROVED) == {requester.email}


def test_gives_what_the_admin_changed_it_to(extension, ending, administrator, requester, now):
    offer = Offer(ACTIVE, ends_at=now + 2 * DAY)

    decided = admin_answer(extension, administrator, now=now + DAY, offer=offer)

    ending.refresh_from_db()
    assert (ending.ended_at, ending.ended_how) == (now + DAY, "removed")
    assert (decided.result.kind, decided.result.starts_at) == (ACTIVE, now + DAY)
    assert decided.result.ends_at == now + 2 * DAY
    assert Approval.objects.get(request=extension).decided_kind == ACTIVE


def test_changes_nothing_when_denied(extension, ending, administrator, requester, now):
    denied = admin_answer(extension, administrator, now=now, approve=False)

    ending.refresh_from_db()
    assert (denied.state, denied.closing_reason) == (State.DENIED, "Agreed")
    assert ending.ends_at == now + 10 * DAY
    assert event_of(extension, AuditAction.REQUEST_DENIED).justification == "Agreed"
    assert told(NoticeEvent.REQUEST_DENIED) == {requester.email}


def test_fails_with_the_reasons_where_the_settings_allow_less_by_now(
    extension, ending, administrator, requester, now
):
    set_rules(now=now, permanent_eligible=False, eligible_maximum_days=15)

    failed = admin_answer(extension, administrator, now=now)

    ending.refresh_from_db()
    assert (failed.state, failed.closing_reason) == (State.FAILED, "At most 15 days for this role.")
    assert ending.ends_at == now + 10 * DAY
    assert event_of(extension, AuditAction.REQUEST_FAILED).details["rules"] == ["ExpirationRule"]
    assert told(NoticeEvent.REQUEST_FAILED) == {requester.email}


def test_opens_a_new_row_where_the_old_one_has_ended_meanwhile(
    extension, ending, administrator, requester, now
):
    decided = admin_answer(extension, administrator, now=ending.ends_at + DAY)

    ending.refresh_from_db()
    assert ending.ended_how == "expired"
    assert decided.result != ending
    assert (decided.result.starts_at, decided.result.ends_at) == (now + 11 * DAY, now + 20 * DAY)


def test_renews_as_a_new_row(ending, administrator, requester, now):
    late = now + 12 * DAY
    request = ask(asking(Action.SELF_RENEW, ending), requester, now=late)

    decided = admin_answer(request, administrator, now=late + DAY)

    assert (request.ends_at, decided.state) == (late + 10 * DAY, State.PROVISIONED)
    assert decided.result != ending
    assert (decided.result.starts_at, decided.result.kind) == (late + DAY, ELIGIBLE)


def test_asks_once_at_a_time(extension, ending, requester, now):
    again = refusal(asking(Action.SELF_EXTEND, ending), acting(requester, now=now), now)

    assert again.rules == ("PendingRoleAssignmentRequest",)


def test_asks_for_a_reason_and_somebody_to_decide(ending, requester, administrator, now):
    wanted = asking(Action.SELF_EXTEND, ending, said=Said())
    make_active(make_user(now=now), built_in.GLOBAL_ADMINISTRATOR, now=now)

    assert refusal(wanted, acting(requester, now=now), now).rules == ("JustificationRule",)


def test_is_nothing_for_what_others_or_a_group_hold(ending, requester, visitor, now):
    group = make_group(now=now, is_role_assignable=True)
    of_group = assign(group, now=now, ends_at=now + DAY)
    join(requester, group, now=now)

    for row, user in ((ending, visitor), (of_group, requester)):
        with pytest.raises(Invalid, match="no such assignment of yours"):
            ask(asking(Action.SELF_EXTEND, row), user, now=now)


def test_is_cancelled_at_once_with_the_account(extension, requester, administrator, now):
    disable_person(requester.id, actor=CONSOLE, now=now + MINUTE)

    extension.refresh_from_db()
    assert (extension.state, extension.closed_at) == (State.CANCELED, now + MINUTE)


def test_is_withdrawn_by_whoever_asked(extension, requester, now):
    assert cancel(extension.id, actor=acting(requester, now=now), now=now).state == State.CANCELED


def test_times_out_after_14_days(extension, now):
    late = now + 14 * DAY

    waiting = AccessRequest.objects.waiting().with_names()
    assert states_now(waiting, now=late) == {extension.id: State.TIMED_OUT}
    assert settle_all(now=late) == 1
    extension.refresh_from_db()
    assert extension.state == State.TIMED_OUT


@pytest.mark.parametrize("action", [Action.ADMIN_UPDATE, Action.ADMIN_REMOVE, Action.ADMIN_EXTEND])
def test_is_closed_by_an_admins_change_of_the_row(extension, ending, administrator, now, action):
    ask(asking(action, ending, ends_at=now + 30 * DAY), administrator, now=now)

    extension.refresh_from_db()
    assert (extension.state, extension.closing_reason) == (
        State.CANCELED,
        f"{administrator.name} changed the assignment.",
    )


def test_is_closed_when_it_is_given_anew(ending, requester, administrator, now):
    late = now + 12 * DAY
    renewal = ask(asking(Action.SELF_RENEW, ending), requester, now=late)

    ask(asking(Action.ADMIN_RENEW, ending, ends_at=late + DAY), administrator, now=late)

    renewal.refresh_from_db()
    assert renewal.state == State.CANCELED


# ---- Done by an admin --------------------------------------------------------------------------------------


def test_lets_an_admin_extend_for_others_at_once(ending, requester, administrator, now):
    other = make_user("Olaf Admin", now=now)
    make_active(other, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now)

    request = ask(asking(Action.ADMIN_EXTEND, ending, ends_at=now + 30 * DAY), administrator, now=now)

    ending.refresh_from_db()
    assert (request.state, request.result, ending.ends_at) == (State.PROVISIONED, ending, now + 30 * DAY)
    assert told(NoticeEvent.ASSIGNMENT_CHANGED) == {requester.email, other.email}


@pytest.mark.parametrize("days", [9, 10])
def test_extends_to_a_later_end_only(ending, administrator, now, days):
    wanted = asking(Action.ADMIN_EXTEND, ending, ends_at=now + days * DAY)

    assert refusal(wanted, acting(administrator, now=now), now).rules == ("ExpirationRule",)


def test_lets_an_admin_renew_as_another_kind(ending, administrator, now):
    late = now + 12 * DAY

    request = ask(
        asking(Action.ADMIN_RENEW, ending, kind=ACTIVE, ends_at=late + DAY), administrator, now=late
    )

    assert request.result != ending
    assert (request.family, request.result.kind, request.result.starts_at) == (ACTIVE, ACTIVE, late)


def test_renews_nothing_that_runs(ending, administrator, now):
    wanted = asking(Action.ADMIN_RENEW, ending, ends_at=now + DAY)

    assert "RenewalRule" in refusal(wanted, acting(administrator, now=now), now).rules


# ---- The other kind instead --------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "other"), [(ACTIVE, ELIGIBLE), (ELIGIBLE, ACTIVE)])
def test_makes_the_other_kind_of_it_in_one_step(requester, administrator, now, kind, other):
    row = assign(requester, now=now, kind=kind)

    request = ask(
        asking(Action.ADMIN_UPDATE, row, kind=other, ends_at=now + DAY), administrator, now=now + MINUTE
    )

    row.refresh_from_db()
    assert (row.ended_at, request.family, request.extends) == (now + MINUTE, other, row)
    assert (request.result.kind, request.result.starts_at) == (other, now + MINUTE)
    assert AccessRequest.objects.filter(action=Action.ADMIN_UPDATE).count() == 1


def test_makes_no_second_one_of_the_other_kind(requester, administrator, now):
    row = assign(requester, now=now)
    assign(requester, now=now, kind=ACTIVE)
    wanted = asking(Action.ADMIN_UPDATE, row, kind=ACTIVE)

    assert refusal(wanted, acting(administrator, now=now), now).rules == ("RoleAssignmentExists",)


def test_keeps_the_last_administrator_active(administrator, now):
    (row,) = administrator.assignments.filter(role_id=built_in.GLOBAL_ADMINISTRATOR)
    other = make_user(now=now)
    make_active(other, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now)
    wanted = asking(Action.ADMIN_UPDATE, row, kind=ELIGIBLE)

    with pytest.raises(NotAllowed, match="last Global Administrator"):
        submit(wanted, actor=acting(other, now=now), now=now)
