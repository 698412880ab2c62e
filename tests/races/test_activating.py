"""One's own roles: the same press several times, and the clock at the same moment."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.access_requests.models import AccessRequest
from apps.access_requests.states import State
from apps.assignments.models import Assignment
from apps.assignments.sweep import write_down_the_clock
from apps.audit.vocabulary import AuditAction
from tests.access_requests.pages import asked
from tests.factories import activate, assign, make_user, set_rules
from tests.races.portal import Browser, Send
from tests.races.rounds import eight, is_conflict, went_through

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def somebody_eligible() -> Assignment:
    now = timezone.now()
    return assign(make_user(now=now), now=now)


def activating(eligible: Assignment) -> Send:
    url = reverse("access_requests:activate")
    return Browser(eligible.principal.user).pressing(url, **asked(eligible) | {"pick": eligible.pk})


def test_activates_once_what_is_sent_eight_times(rounds):
    for turn in rounds:
        eligible = somebody_eligible()

        refused = turn.one_of(**eight(activating(eligible)))

        assert all("already, until" in told.text for told in refused.values())
        activation = eligible.activations.get()
        assert AccessRequest.objects.get(principal_id=eligible.principal_id).result == activation
        assert turn.events == {AuditAction.REQUEST_SUBMITTED: 1, AuditAction.ACTIVATION_ADDED: 1}
        assert turn.notices == {"role_activated": 1}


def test_leaves_one_request_waiting_of_eight_that_are_sent(rounds, approver, now):
    set_rules(now=now, approvers=(approver,))
    for turn in rounds:
        eligible = somebody_eligible()

        refused = turn.one_of(**eight(activating(eligible)))

        assert all("A request for this waits already." in told.text for told in refused.values())
        assert AccessRequest.objects.get(principal_id=eligible.principal_id).state == State.PENDING_APPROVAL
        assert turn.events == {AuditAction.REQUEST_SUBMITTED: 1}
        assert turn.notices == {"approval_needed": 1}


def test_gives_a_role_back_or_ends_by_the_clock(rounds):
    """The clock of the worker reaches the end while the press is on its way."""
    for turn in rounds:
        eligible = somebody_eligible()
        row = activate(eligible, eligible.principal.user, now=timezone.now()).result
        give_back = Browser(eligible.principal.user).pressing(
            reverse("access_requests:deactivate", args=[row.pk])
        )

        answers = turn.at_once(
            give_back=give_back, expire=lambda end=row.ends_at: write_down_the_clock(now=end)
        )

        is_given_back = went_through(answers["give_back"])
        turn.first = "give_back" if is_given_back else "expire"
        row.refresh_from_db()
        assert row.ended_how == (Assignment.End.DEACTIVATED if is_given_back else Assignment.End.EXPIRED)
        assert answers["expire"] == (not is_given_back)
        assert is_given_back or is_conflict(answers["give_back"])
        assert turn.events[AuditAction.ACTIVATION_ENDED] == 1
        assert turn.events[AuditAction.REQUEST_SUBMITTED] == is_given_back
        assert turn.notices == ({} if is_given_back else {"role_ended": 1})  # nobody tells themself
