"""What follows from a request carries its id, and the name of whoever approved it."""

from datetime import timedelta

import pytest

from apps.access_requests.asks import Ask, Said
from apps.access_requests.selectors.requests import events_about
from apps.access_requests.services.withdrawing import cancel
from apps.access_requests.states import Action
from apps.assignments.services import settle
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from tests.access_requests.asking import admin_answer, ask, asking
from tests.factories import acting, activate, answer, assign

pytestmark = pytest.mark.django_db

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def parts_of(request):
    """What the log knows of this request: each kind of event once."""
    return set(AuditEvent.objects.filter(request_id=str(request.id)).values_list("action", "approver"))


def test_an_activation_that_nobody_had_to_approve(requester, eligible, now):
    request = activate(eligible, requester, now=now)

    assert parts_of(request) == {(AuditAction.REQUEST_SUBMITTED, ""), (AuditAction.ACTIVATION_ADDED, "")}


def test_an_activation_that_was_denied(waiting, approver, now):
    request = answer(waiting, approver, now=now, approve=False)

    assert parts_of(request) == {(AuditAction.REQUEST_SUBMITTED, ""), (AuditAction.REQUEST_DENIED, "")}


def test_an_extension_that_an_admin_approved(requester, administrator, now):
    ending = assign(requester, now=now, ends_at=now + 10 * DAY)
    request = ask(asking(Action.SELF_EXTEND, ending), requester, now=now)

    admin_answer(request, administrator, now=now + MINUTE)

    assert parts_of(request) == {
        (AuditAction.REQUEST_SUBMITTED, ""),
        (AuditAction.REQUEST_APPROVED, administrator.name),
        (AuditAction.ASSIGNMENT_CHANGED, administrator.name),
    }


def test_a_start_that_was_called_off(requester, eligible, now):
    request = activate(eligible, requester, now=now, starts_at=now + DAY)

    cancel(request.id, actor=acting(requester, now=now), now=now + MINUTE)

    assert {action for action, _ in parts_of(request)} >= {
        AuditAction.REQUEST_CANCELED,
        AuditAction.ACTIVATION_ENDED,
    }


def test_a_deactivation_with_its_own_request(requester, eligible, now):
    running = activate(eligible, requester, now=now).result

    request = ask(
        Ask(Action.SELF_DEACTIVATE, assignment_id=running.id, said=Said("Done")), requester, now=now
    )

    assert parts_of(request) == {(AuditAction.REQUEST_SUBMITTED, ""), (AuditAction.ACTIVATION_ENDED, "")}


def test_what_ends_with_an_assignment_that_was_removed(requester, eligible, administrator, now):
    activate(eligible, requester, now=now)

    request = ask(
        Ask(Action.ADMIN_REMOVE, assignment_id=eligible.id, said=Said("Leaves")), administrator, now=now
    )

    ended = AuditEvent.objects.get(action=AuditAction.ACTIVATION_ENDED)
    assert (ended.request_id, ended.justification) == (str(request.id), "")


def test_tells_all_of_a_request_up_to_how_its_access_ended(requester, eligible, now):
    request = activate(eligible, requester, now=now)
    settle(principal_id=requester.id, now=request.result.ends_at)
    activate(eligible, requester, now=request.result.ends_at)

    events = AuditEvent.objects.filter(events_about(request))

    assert sorted(event.action for event in events) == [
        AuditAction.ACTIVATION_ADDED,
        AuditAction.ACTIVATION_ENDED,
        AuditAction.REQUEST_SUBMITTED,
    ]
