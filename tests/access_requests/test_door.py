"""What comes to the door in ways that no page offers."""

from datetime import timedelta
from uuid import uuid4

import pytest

from apps.access_requests.asks import THE_CONSOLE, Ask, Said
from apps.access_requests.models import AccessRequest
from apps.access_requests.services.door import assess, submit, submit_many
from apps.access_requests.states import Action, State
from apps.assignments.models import Assignment
from apps.common.errors import Invalid, NotAllowed
from apps.roles import built_in
from apps.roles.selectors import directory
from tests.factories import acting, activate, activation_of, assign

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("ask_for", [submit, assess])
@pytest.mark.parametrize("id_", [None, uuid4()], ids=["no id", "an unknown id"])
def test_refuses_what_is_not_there(requester, now, action, ask_for, id_):
    ask = Ask(action, assignment_id=id_, principal_id=id_, role_id=id_, resource_id=id_, minutes=60)

    with pytest.raises(Invalid):
        ask_for(ask, actor=acting(requester, now=now), now=now)

    assert not AccessRequest.objects.exists()


@pytest.mark.parametrize("ask_for", [submit, assess])
def test_refuses_to_activate_for_the_console(eligible, now, ask_for):
    with pytest.raises(Invalid, match=r"^Only a person does this, for themself.$"):
        ask_for(activation_of(eligible), actor=THE_CONSOLE, now=now)


def test_answers_several_each_for_itself(requester, approver, eligible, now):
    others = assign(approver, now=now)
    asks = [activation_of(others), activation_of(eligible, minutes=1), activation_of(eligible)]

    answers = submit_many(asks, actor=acting(requester, now=now), now=now)

    assert [answer.asked for answer in answers] == asks
    assert [type(answer.error) for answer in answers] == [Invalid, NotAllowed, type(None)]
    assert answers[2].request.state == State.PROVISIONED
    assert not any(answer.request for answer in answers[:2])


# ---- Extending ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ask_for", [submit, assess])
def test_lets_no_extension_begin_later_and_so_last_beyond_the_maximum(requester, eligible, now, ask_for):
    running = activate(eligible, requester, now=now).result
    ask = activation_of(eligible, extends_id=running.id, starts_at=now + DAY, minutes=480)

    with pytest.raises(
        Invalid, match=r"^An extension counts from the decision. It has no start of its own.$"
    ):
        ask_for(ask, actor=acting(requester, now=now), now=now)

    assert Assignment.objects.get(pk=running.pk).ends_at == now + HOUR


# ---- Assigning ---------------------------------------------------------------------------------------------


def test_gives_the_same_verdict_on_what_the_clock_has_ended_and_no_sweep_has_met(requester, now):
    assign(requester, now=now, ends_at=now + HOUR)
    ask = Ask(
        Action.ADMIN_ASSIGN,
        principal_id=requester.id,
        role_id=built_in.TEAMS_ADMINISTRATOR,
        resource_id=directory().id,
        said=Said("Again"),
    )

    def verdict(instant):
        return assess(ask, actor=THE_CONSOLE, now=instant)

    assert verdict(now + HOUR - DAY / 86400).rules == ("RoleAssignmentExists",)
    assert verdict(now + HOUR)
    assert submit(ask, actor=THE_CONSOLE, now=now + HOUR).state == State.PROVISIONED


@pytest.mark.parametrize("ends_at", [None, timedelta(days=30)])
@pytest.mark.parametrize("ask_for", [submit, assess])
def test_does_not_let_an_admin_change_the_period_of_an_activation(
    requester, administrator, eligible, now, ends_at, ask_for
):
    running = activate(eligible, requester, now=now).result
    ask = Ask(
        Action.ADMIN_UPDATE,
        assignment_id=running.id,
        ends_at=ends_at and now + ends_at,
        said=Said("For longer than the role allows"),
    )

    with pytest.raises(Invalid, match=r"^What its holder activated, only its holder extends.$"):
        ask_for(ask, actor=acting(administrator, now=now), now=now)

    assert Assignment.objects.get(pk=running.pk).ends_at == now + HOUR
