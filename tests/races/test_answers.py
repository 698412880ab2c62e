"""A request that waits, and two who want something else of it at the same moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.access_requests.models import AccessRequest, Approval
from apps.access_requests.selectors.deciding import evidence_on
from apps.access_requests.services.settling import settle_all
from apps.access_requests.states import State
from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.audit.vocabulary import AuditAction
from apps.roles import built_in
from tests.factories import activate, assign, make_user, set_rules
from tests.races.portal import Browser, Send
from tests.races.rounds import eight, went_through

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def other(db, now):
    return make_user("Berta Approver", now=now)


@pytest.fixture(autouse=True)
def _two_approvers(built_ins, approver, other, now):
    set_rules(now=now, approvers=(approver, other))


@dataclass(frozen=True)
class Asked:
    """A request that waits, of somebody new."""

    request: AccessRequest
    eligible: Assignment
    requester: User
    at: datetime

    def answer(self, approver: User, choice: str) -> Send:
        """The press of somebody who has the request before them."""
        item = AccessRequest.objects.with_names().get(pk=self.request.pk)
        digest = evidence_on(item, reader=approver, now=self.at).digest
        fields = {"choice": choice, "justification": "Agreed", "digest": digest}
        return Browser(approver).pressing(item.get_decide_url(), **fields)

    def cancel(self) -> Send:
        url = reverse("access_requests:cancel", args=[self.request.pk])
        return Browser(self.requester).pressing(url)

    @property
    def state(self) -> str:
        self.request.refresh_from_db()
        return self.request.state

    @property
    def is_active(self) -> bool:
        return self.eligible.activations.filter(ended_at=None).exists()


def somebody_asks() -> Asked:
    now = timezone.now()
    requester = make_user(now=now)
    eligible = assign(requester, now=now)
    return Asked(activate(eligible, requester, now=now), eligible, requester, now)


def tightening(admin: User) -> Send:
    """The press on Save of a form that lets Teams Administrator be active for two hours at most."""
    url = reverse("administration:edit_settings", args=["directory", built_in.TEAMS_ADMINISTRATOR])
    browser = Browser(admin)
    form = browser.get(url).form(having="base")
    return lambda: browser.send(form, maximum_half_hours="4")


APPROVED = {AuditAction.REQUEST_APPROVED: 1, AuditAction.ACTIVATION_ADDED: 1}
DENIED = {AuditAction.REQUEST_DENIED: 1}
CANCELED = {AuditAction.REQUEST_CANCELED: 1}
TIMED_OUT = {AuditAction.REQUEST_TIMED_OUT: 1}


def test_approves_or_denies(rounds, approver, other):
    for turn in rounds:
        asked = somebody_asks()

        (told,) = turn.one_of(
            approve=asked.answer(approver, "approve"), deny=asked.answer(other, "deny")
        ).values()

        is_granted = turn.first == "approve"
        assert asked.state == (State.PROVISIONED if is_granted else State.DENIED)
        assert asked.is_active is is_granted
        faster = Approval.objects.get(request=asked.request)
        assert faster.approver == (approver if is_granted else other)
        assert f"{faster.approver.name} was faster and {faster.decision} this request" in told.text
        assert turn.events == (APPROVED if is_granted else DENIED)
        assert turn.notices == {"request_approved" if is_granted else "request_denied": 2}


def test_approves_once(rounds, approver, other):
    for turn in rounds:
        asked = somebody_asks()

        (told,) = turn.one_of(
            ada=asked.answer(approver, "approve"), berta=asked.answer(other, "approve")
        ).values()

        faster = Approval.objects.get(request=asked.request)
        assert faster.approver == (approver if turn.first == "ada" else other)
        assert f"{faster.approver.name} was faster and approved this request" in told.text
        assert asked.eligible.activations.count() == 1
        assert (turn.events, turn.notices) == (APPROVED, {"request_approved": 2})


def test_counts_the_form_of_an_approver_once_who_sends_it_eight_times(rounds, approver):
    for turn in rounds:
        asked = somebody_asks()

        refused = turn.one_of(**eight(asked.answer(approver, "approve")))

        assert all("You approved this request at" in told.text for told in refused.values())
        assert asked.eligible.activations.count() == 1
        assert (turn.events, turn.notices) == (APPROVED, {"request_approved": 2})


def test_approves_or_cancels(rounds, approver):
    for turn in rounds:
        asked = somebody_asks()

        (told,) = turn.one_of(approve=asked.answer(approver, "approve"), cancel=asked.cancel()).values()

        is_granted = turn.first == "approve"
        assert asked.state == (State.PROVISIONED if is_granted else State.CANCELED)
        assert asked.is_active is Approval.objects.filter(request=asked.request).exists() is is_granted
        assert ("approved this request" if is_granted else "This request waits no longer") in told.text
        assert turn.events == (APPROVED if is_granted else CANCELED)


def test_approves_or_times_out(rounds, approver):
    """The clock of the worker reaches the deadline while the answer is on its way."""
    for turn in rounds:
        asked = somebody_asks()
        deadline = asked.request.deadline_at

        answers = turn.at_once(
            approve=asked.answer(approver, "approve"), time_out=lambda at=deadline: settle_all(now=at)
        )

        is_granted = went_through(answers["approve"])
        turn.first = "approve" if is_granted else "time_out"
        assert answers["time_out"] == (not is_granted)
        assert asked.state == (State.PROVISIONED if is_granted else State.TIMED_OUT)
        assert asked.is_active is Approval.objects.filter(request=asked.request).exists() is is_granted
        assert turn.events == (APPROVED if is_granted else TIMED_OUT)
        if not is_granted:
            assert answers["approve"].status == 409
            assert "timed out" in answers["approve"].text


def test_approves_or_takes_the_eligible_assignment_away(rounds, approver, administrator):
    for turn in rounds:
        asked = somebody_asks()
        url = reverse("access_requests:change_assignments", args=["remove"])
        remove = Browser(administrator).pressing(url, pick=asked.eligible.pk, justification="Moved on")

        answers = turn.at_once(approve=asked.answer(approver, "approve"), remove=remove)

        is_granted = went_through(answers["approve"])
        turn.first = "approve" if is_granted else "remove"
        assert went_through(answers["remove"])
        assert asked.state == (State.PROVISIONED if is_granted else State.CANCELED)
        asked.eligible.refresh_from_db()
        assert asked.eligible.ended_how == Assignment.End.REMOVED
        assert not asked.is_active
        assert Approval.objects.filter(request=asked.request).exists() is is_granted
        if not is_granted:
            assert answers["approve"].status == 409


def test_approves_under_the_settings_that_were_shown_or_not_at_all(rounds, approver, other, administrator):
    for turn in rounds:
        set_rules(now=timezone.now(), approvers=(approver, other), maximum_half_hours=16)
        asked = somebody_asks()

        answers = turn.at_once(approve=asked.answer(approver, "approve"), change=tightening(administrator))

        is_granted = went_through(answers["approve"])
        turn.first = "approve" if is_granted else "change"
        assert went_through(answers["change"])
        assert asked.state == (State.PROVISIONED if is_granted else State.PENDING_APPROVAL)
        assert asked.is_active is Approval.objects.filter(request=asked.request).exists() is is_granted
        if not is_granted:
            assert answers["approve"].status == 409
            assert "This request or its rules have changed." in answers["approve"].text
            asked.cancel()()
