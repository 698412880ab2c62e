"""Two at the very same moment, each on a connection of their own: one goes through, the other is told.

Nobody arranges here who is first; `test_locks` does.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.access_requests.asks import THE_CONSOLE, Ask, Said
from apps.access_requests.models import AccessRequest, Approval
from apps.access_requests.selectors.deciding import evidence_on
from apps.access_requests.services.deciding import Verdict, decide
from apps.access_requests.services.door import submit
from apps.access_requests.services.people import disable_person
from apps.access_requests.services.settling import settle_all
from apps.access_requests.states import Action, State
from apps.assignments.models import Assignment
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import CONSOLE, AuditAction
from apps.common.errors import DomainError
from apps.notifications.models import Notice
from apps.roles import built_in
from apps.roles.installation import install_built_ins
from apps.roles.selectors import directory
from tests.factories import acting, activate, activation_of, assign, make_user, set_rules
from tests.races.moments import at_once, split

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def _built_in_roles(db):
    install_built_ins()  # a test that commits has emptied these tables too


def answering(request, approver, now, *, approve=True):
    """The command with which `approver` answers what they were shown before anybody did anything."""
    item = AccessRequest.objects.with_names().get(pk=request.pk)
    digest = evidence_on(item, reader=approver, now=now).digest
    verdict = Verdict(request.id, approve, digest, justification="Agreed")
    actor = acting(approver, now=now)
    return lambda: decide(verdict, actor=actor, now=now)


@pytest.fixture
def other(now):
    return make_user("Berta Approver", now=now)


@pytest.fixture
def waiting(requester, approver, other, eligible, now):
    set_rules(now=now, approvers=(approver, other))
    return activate(eligible, requester, now=now)


def test_gives_a_role_back_once(requester, eligible, now):
    row = activate(eligible, requester, now=now).result
    actor, ask = acting(requester, now=now), Ask(Action.SELF_DEACTIVATE, assignment_id=row.id)

    through, refused = split(at_once(*[lambda: submit(ask, actor=actor, now=now)] * 2))

    assert (len(through), refused) == (1, ["This is not active now."])
    assert AuditEvent.objects.filter(action=AuditAction.ACTIVATION_ENDED).count() == 1


def test_assigns_a_role_once(requester, now):
    ask = Ask(
        Action.ADMIN_ASSIGN,
        principal_id=requester.id,
        role_id=built_in.TEAMS_ADMINISTRATOR,
        resource_id=directory().id,
        said=Said("Joins the team"),
    )

    through, refused = split(at_once(*[lambda: submit(ask, actor=THE_CONSOLE, now=now)] * 2))

    assert (len(through), refused) == (1, ["Assigned already. Change that assignment instead."])
    assert Assignment.objects.eligible().count() == 1


def test_gives_the_sweep_and_the_approver_the_same_answer_at_the_deadline(waiting, approver, now):
    at = now + DAY
    command = answering(waiting, approver, at)

    through, refused = split(at_once(command, lambda: settle_all(now=at)))

    assert (through, refused) == ([1], ["This request waits no longer: timed out."])
    assert not Approval.objects.exists()


def test_serves_two_people_at_once(requester, approver, other, now):
    """What different people do is in nobody's way."""
    set_rules(built_in.USER_ADMINISTRATOR, now=now, approvers=(approver,))
    rows = [assign(person, built_in.USER_ADMINISTRATOR, now=now) for person in (requester, other)]
    waiting = [activate(row, person, now=now) for row, person in zip(rows, (requester, other), strict=True)]

    through, refused = split(at_once(*[answering(request, approver, now) for request in waiting]))

    assert ([request.state for request in through], refused) == ([State.PROVISIONED] * 2, [])


def test_starts_once_what_two_sweeps_and_a_command_find_at_the_same_moment(requester, eligible, now):
    later = activate(eligible, requester, now=now, starts_at=now + DAY)
    then = now + DAY + 2 * HOUR
    ask, actor = activation_of(eligible), acting(requester, now=then)

    at_once(
        lambda: settle_all(now=then),
        lambda: settle_all(now=then),
        lambda: submit(ask, actor=actor, now=then),
    )

    later.refresh_from_db()
    assert (later.state, later.closed_at) == (State.PROVISIONED, now + DAY)
    assert AuditEvent.objects.filter(action=AuditAction.ACTIVATION_STARTED).count() == 1
    assert Notice.objects.filter(key=f"request:{later.id}:started").count() == 1


def test_leaves_nothing_running_when_an_account_is_disabled_while_its_holder_activates(
    requester, eligible, now
):
    ask, actor = activation_of(eligible), acting(requester, now=now)

    activated, _ = at_once(
        lambda: submit(ask, actor=actor, now=now),
        lambda: disable_person(requester.id, actor=CONSOLE, now=now),
    )

    assert isinstance(activated, DomainError) or activated.result.activated_by == requester
    assert not Assignment.objects.activated().filter(ended_at__isnull=True).exists()
