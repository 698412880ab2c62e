"""What a hostile reading found at deciding and cancelling: who may, whom it tells, and with which factor."""

from dataclasses import replace
from datetime import timedelta

import pytest

from apps.access_requests.models import AccessRequest, Approval
from apps.access_requests.selectors.deciding import evidence_on
from apps.access_requests.selectors.facts import states_now
from apps.access_requests.services.deciding import Verdict, decide
from apps.access_requests.services.withdrawing import cancel
from apps.access_requests.states import State
from apps.accounts.policy import NO_FACTOR
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.errors import NotAllowed
from apps.notifications.models import Notice
from apps.roles import built_in
from apps.roles.policy.rules import Seat, SeatKind
from tests.factories import (
    acting,
    activate,
    answer,
    assign,
    disable,
    make_active,
    make_resource,
    make_user,
    save_rules,
    set_rules,
)

pytestmark = pytest.mark.django_db

TICK, MINUTE, DAY = timedelta(microseconds=1), timedelta(minutes=1), timedelta(days=1)


def reads_as(request, now):
    return states_now([AccessRequest.objects.with_names().get(pk=request.pk)], now=now)[request.pk]


def events_of(request, action):
    return AuditEvent.objects.filter(action=action, details__request=str(request.pk))


def evidence(request, approver, now):
    item = AccessRequest.objects.with_names().get(pk=request.pk)
    return evidence_on(item, reader=approver, now=now)


# ---- Who decides, and what they learn ----------------------------------------------------------------------


def test_does_not_let_a_disabled_approver_decide(requester, approver, eligible, needs_approval, now):
    request = activate(eligible, requester, now=now)
    digest, actor = evidence(request, approver, now).digest, acting(approver, now=now)
    disable(approver)

    with pytest.raises(NotAllowed, match="You are not an approver of this role"):
        decide(Verdict(request.id, approve=True, digest=digest, justification="Agreed"), actor=actor, now=now)

    assert not Approval.objects.exists()
    assert reads_as(request, now) == State.PENDING_APPROVAL


def test_tells_exactly_those_owners_who_can_decide_on_a_narrower_scope(requester, approver, now):
    wide = make_resource(now=now)
    narrow, owner = make_resource(now=now, parent=wide), make_user("Olga Owner", now=now)
    make_active(owner, built_in.RESOURCE_OWNER, wide, now=now, ends_at=now + 30 * DAY)
    make_active(approver, built_in.RESOURCE_OWNER, narrow, now=now, ends_at=now + 30 * DAY)
    seats = (Seat(SeatKind.RESOURCE_OWNERS),)
    save_rules(built_in.CONTRIBUTOR, resource=wide, now=now, requires_approval=True, approvers=seats)
    eligible = assign(requester, built_in.CONTRIBUTOR, wide, now=now, ends_at=now + 30 * DAY)

    request = activate(eligible, requester, now=now, resource_id=narrow.id)

    told = Notice.objects.filter(event="approval_needed").values_list("recipient_id", flat=True)
    assert list(told) == [owner.id]
    with pytest.raises(NotAllowed, match="You are not an approver of this role"):
        answer(request, approver, now=now)
    assert answer(request, owner, now=now).state == State.PROVISIONED


@pytest.mark.parametrize("approve", [True, False])
def test_links_the_other_approvers_to_a_page_that_they_may_see(
    client, requester, approver, eligible, now, approve
):
    other = make_user("Berta Approver", now=now)
    set_rules(now=now, approvers=(approver, other))
    request = activate(eligible, requester, now=now)
    answer(request, approver, now=now, approve=approve)
    notice = Notice.objects.exclude(event="approval_needed").get(recipient_id=other.id)
    client.force_login(other)

    page = client.get(notice.link)

    assert notice.link == request.get_decide_url()
    assert page.status_code == 200
    assert "Ada Approver was faster" in page.content.decode()


def test_links_the_requester_to_their_own_request(client, requester, approver, eligible, needs_approval, now):
    request = activate(eligible, requester, now=now)
    answer(request, approver, now=now, approve=False)
    notice = Notice.objects.get(recipient_id=requester.id, event="request_denied")
    client.force_login(requester)

    assert notice.link == request.get_absolute_url()
    assert client.get(notice.link).status_code == 200


# ---- Cancelling for somebody else --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "is_fresh"), [(5 * MINUTE - TICK, True), (5 * MINUTE, True), (5 * MINUTE + TICK, False)]
)
def test_asks_an_admin_for_a_fresh_factor_to_cancel_for_others(
    administrator, requester, eligible, needs_approval, now, age, is_fresh
):
    request = activate(eligible, requester, now=now)
    actor = acting(administrator, now=now, proven_at=now - age)

    if is_fresh:
        assert cancel(request.id, actor=actor, now=now).state == State.CANCELED
        assert events_of(request, AuditAction.REQUEST_CANCELED).get().actor_name == administrator.name
    else:
        with pytest.raises(NotAllowed, match="Confirm with your second factor"):
            cancel(request.id, actor=actor, now=now)
        assert reads_as(request, now) == State.PENDING_APPROVAL
        assert not events_of(request, AuditAction.REQUEST_CANCELED).exists()


def test_asks_nobody_for_a_factor_to_cancel_their_own(requester, eligible, needs_approval, now):
    request = activate(eligible, requester, now=now)
    actor = replace(acting(requester, now=now), second_factor=NO_FACTOR)

    assert cancel(request.id, actor=actor, now=now).state == State.CANCELED
