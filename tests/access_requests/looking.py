"""What the tests of asking and deciding look at, before and after."""

import pytest

from apps.access_requests.models import AccessRequest, Approval
from apps.access_requests.selectors.deciding import evidence_on
from apps.access_requests.services.deciding import Verdict
from apps.access_requests.services.door import assess, submit
from apps.access_requests.states import State
from apps.assignments.models import Assignment
from apps.assignments.selectors import holdings_of
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.errors import NotAllowed
from apps.notifications.models import Notice
from apps.roles import built_in

TEAMS, CONTRIBUTOR = built_in.TEAMS_ADMINISTRATOR, built_in.CONTRIBUTOR


def holds(user, now, *, on=None):
    """Whether `user` has a role active now; with `on`, one that reaches there."""
    rows = [held.assignment for held in holdings_of(user, now=now).active]
    return any(on is None or row.resource.covers(on) for row in rows if row.role_id in (TEAMS, CONTRIBUTOR))


def written():
    """How much stands in every table a command may write to."""
    return [model.objects.count() for model in (AccessRequest, Assignment, AuditEvent, Notice)]


def refusal(ask, actor, now):
    """The rules that refuse this ask; `assess` and `submit` agree on it, and neither leaves a trace."""
    before = written()
    verdict = assess(ask, actor=actor, now=now)
    with pytest.raises(NotAllowed) as refused:
        submit(ask, actor=actor, now=now)
    assert refused.value.refusals == verdict.refusals
    assert written() == before
    return verdict


def evidence(request, approver, now):
    item = AccessRequest.objects.with_names().get(pk=request.pk)
    return evidence_on(item, reader=approver, now=now)


def verdict_on(request, approver, now, *, approve=True, justification="Agreed"):
    return Verdict(request.id, approve, evidence(request, approver, now).digest, justification)


def active_roles(user, now):
    return {held.assignment.role_id for held in holdings_of(user, now=now).active}


def event_of(request, action):
    return AuditEvent.objects.get(action=action, details__request=str(request.pk))


def told(event):
    return set(Notice.objects.filter(event=event).values_list("address", flat=True))


def nothing_was_decided(request, now):
    """It waits as before, and nothing says otherwise."""
    decided = [AuditAction.REQUEST_APPROVED, AuditAction.REQUEST_DENIED, AuditAction.REQUEST_FAILED]
    return (
        AccessRequest.objects.get(pk=request.pk).state == State.PENDING_APPROVAL
        and not Approval.objects.filter(request=request).exists()
        and not AuditEvent.objects.filter(action__in=decided, details__request=str(request.pk)).exists()
        and not Assignment.objects.activated().exists()
    )
