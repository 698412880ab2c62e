"""Two admins at the very same moment: one goes through, the other is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.access_requests.asks import THE_CONSOLE, Ask
from apps.access_requests.models import AccessRequest, Approval
from apps.access_requests.services.deciding import decide
from apps.access_requests.services.door import submit
from apps.access_requests.services.people import disable_person
from apps.access_requests.services.withdrawing import cancel
from apps.access_requests.states import Action, State
from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.audit.vocabulary import CONSOLE
from apps.roles import built_in
from apps.roles.installation import install_built_ins
from tests.access_requests.asking import admin_verdict, ask, asking
from tests.factories import acting, assign, make_active, make_group, make_user
from tests.races.moments import at_once, split

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _built_in_roles(db):
    install_built_ins()  # a test that commits has emptied these tables too


@pytest.fixture
def other(administrator, now):
    other = make_user("Olaf Admin", now=now)
    make_active(other, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now, ends_at=now + 30 * DAY)
    return other


@pytest.fixture
def ending(requester, administrator, now):
    return assign(requester, now=now, ends_at=now + 10 * DAY)


@pytest.fixture
def extension(ending, requester, now):
    return ask(asking(Action.SELF_EXTEND, ending), requester, now=now)


def deciding(request, admin, now, *, approve=True):
    verdict, actor = admin_verdict(request, now, approve=approve), acting(admin, now=now)
    return lambda: decide(verdict, actor=actor, now=now)


@pytest.mark.parametrize("approve", [True, False])
def test_counts_one_answer_of_two_admins(extension, ending, administrator, other, now, approve):
    through, refused = split(
        at_once(deciding(extension, administrator, now), deciding(extension, other, now, approve=approve))
    )

    approval = Approval.objects.get(request=extension)
    extension.refresh_from_db()
    ending.refresh_from_db()
    assert [request.state for request in through] == [extension.state]
    faster, word = approval.approver.name, approval.decision
    assert refused == [f"{faster} was faster and {word} this request at 13:00 UTC."]
    assert ending.ends_at == now + (20 if word == "approved" else 10) * DAY


def test_extends_or_withdraws_but_never_both(extension, ending, requester, administrator, now):
    actor = acting(requester, now=now)

    through, refused = split(
        at_once(deciding(extension, administrator, now), lambda: cancel(extension.id, actor=actor, now=now))
    )

    extension.refresh_from_db()
    ending.refresh_from_db()
    assert ([request.state for request in through], len(refused)) == ([extension.state], 1)
    is_granted = extension.state == State.PROVISIONED
    assert is_granted or extension.state == State.CANCELED
    assert ending.ends_at == now + (20 if is_granted else 10) * DAY


def test_asks_once_what_is_sent_three_times(ending, requester, now):
    actor, wanted = acting(requester, now=now), asking(Action.SELF_EXTEND, ending)

    through, refused = split(at_once(*[lambda: submit(wanted, actor=actor, now=now)] * 3))

    assert (len(through), set(refused)) == (1, {"A request for this waits already."})
    assert AccessRequest.objects.waiting().count() == 1


def removing(person):
    """Whatever keeps them Global Administrator: the role, or membership of a group that has it."""
    wanted = Ask(Action.ADMIN_REMOVE, assignment_id=Assignment.objects.get(principal_id=person.pk).pk)
    return lambda now: submit(wanted, actor=THE_CONSOLE, now=now)


def disabling(person):
    return lambda now: disable_person(person.pk, actor=CONSOLE, now=now)


@pytest.mark.parametrize("ways", [(removing, disabling), (disabling, disabling)])
def test_keeps_one_of_the_last_two_administrators(now, ways):
    ann, bea = make_user("Ann", now=now), make_user("Bea", now=now)
    admins = make_group("Admins", is_role_assignable=True, is_managed=False, now=now)
    for principal in (ann, admins):
        make_active(principal, built_in.GLOBAL_ADMINISTRATOR, now=now)
    make_active(bea, built_in.GROUP_MEMBER, admins.resource, now=now)
    commands = [way(person) for way, person in zip(ways, (ann, bea), strict=True)]

    through, refused = split(at_once(*(lambda run=command: run(now) for command in commands)))

    assert (len(through), len(refused)) == (1, 1)
    assert "last Global Administrator" in refused[0]
    gone = Assignment.objects.exclude(ended_at=None).count() + User.objects.filter(is_enabled=False).count()
    assert gone == 1
