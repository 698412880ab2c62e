"""Granted is not for ever: what a request reads as once the access that it gave is over."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from apps.access_requests.asks import THE_CONSOLE, Ask
from apps.access_requests.models import AccessRequest
from apps.access_requests.policy.reading import Reading, access_has_ended
from apps.access_requests.selectors.facts import readings_now
from apps.access_requests.selectors.requests import timeline
from apps.access_requests.services.door import submit
from apps.access_requests.states import Action, State
from apps.assignments.sweep import write_down_the_clock
from tests.access_requests.pages import text_of
from tests.factories import acting, activate, assign, disable

TICK, HOUR, DAY = timedelta(microseconds=1), timedelta(hours=1), timedelta(days=1)
MY_REQUESTS = reverse("access_requests:my_requests")
NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)


def over(state=State.PROVISIONED, **facts):
    given = {"ends_at": NOW + TICK, "ended_at": None, "ground_stands": True, "now": NOW}
    return access_has_ended(state, **given | facts)


@pytest.mark.parametrize(
    ("ends_at", "is_over"),
    [
        pytest.param(NOW + TICK, False, id="just before the end"),
        pytest.param(NOW, True, id="at the end"),
        pytest.param(NOW - TICK, True, id="just after the end"),
        pytest.param(None, False, id="permanent"),
    ],
)
def test_is_over_at_its_end(ends_at, is_over):
    assert over(ends_at=ends_at) is is_over


def test_is_over_when_somebody_ended_it_or_its_ground_is_gone():
    assert over(ended_at=NOW - TICK)
    assert over(ground_stands=False)


@pytest.mark.parametrize("state", [state for state in State if state != State.PROVISIONED])
def test_gave_nothing_that_could_be_over_in_any_other_state(state):
    assert not over(state, ends_at=NOW, ended_at=NOW, ground_stands=False)


def test_shows_the_state_until_then():
    assert Reading(State.PROVISIONED).badge == "provisioned"
    assert Reading(State.PROVISIONED, has_ended=True).badge == "ended"


# ---- Read from rows, with no sweep run ---------------------------------------------------------------------


def read(request, now):
    return readings_now([AccessRequest.objects.with_names().get(pk=request.pk)], now=now)[request.pk]


@pytest.fixture
def activation(requester, eligible, now):
    return activate(eligible, requester, now=now)


@pytest.mark.django_db
@pytest.mark.parametrize(("at", "badge"), [(HOUR - TICK, "provisioned"), (HOUR, "ended")])
def test_ends_by_the_clock_and_stays_granted(activation, now, at, badge):
    reading = read(activation, now + at)

    assert (reading.state, reading.badge) == (State.PROVISIONED, badge)
    write_down_the_clock(now=now + at)
    assert read(activation, now + at) == reading


@pytest.mark.django_db
def test_ends_at_once_when_it_is_given_back(activation, requester, now):
    give_back = Ask(Action.SELF_DEACTIVATE, assignment_id=activation.result_id)
    given_back = submit(give_back, actor=acting(requester, now=now), now=now)

    assert read(activation, now).badge == "ended"
    assert read(given_back, now).badge == "revoked"


@pytest.mark.django_db
def test_tells_of_giving_back_when_it_ended_and_of_no_duration(client, activation, requester, now):
    give_back = Ask(Action.SELF_DEACTIVATE, assignment_id=activation.result_id)
    given_back = submit(give_back, actor=acting(requester, now=now), now=now)

    last = timeline(given_back, read(given_back, now), deciders="", now=now)[-1]
    with time_machine.travel(now, tick=False):
        client.force_login(requester)
        page = text_of(client.get(given_back.get_absolute_url()))

    assert (last.kind, last.title, last.at) == ("done", "Role ended", now)
    assert "<dt>Duration</dt>" not in page
    assert "<dt>Reason</dt>" in page


@pytest.mark.django_db
def test_ends_at_once_when_its_holder_is_disabled(activation, requester, now):
    disable(requester)

    reading = read(activation, now + TICK)

    item = AccessRequest.objects.with_names().get(pk=activation.pk)
    last = timeline(item, reading, deciders="", now=now + TICK)[-1]
    assert reading.badge == "ended"
    assert (last.kind, last.title, last.text) == ("done", "Role ended", "No longer eligible.")


@pytest.mark.django_db
def test_runs_on_while_it_is_extended(activation, requester, eligible, now):
    later = now + HOUR / 2
    extension = activate(eligible, requester, now=later, minutes=120, extends_id=activation.result_id)

    assert read(activation, now + HOUR).badge == "provisioned"
    assert {read(each, later + 2 * HOUR).badge for each in (activation, extension)} == {"ended"}


@pytest.mark.django_db
def test_waits_for_a_later_start_before_it_can_be_over(requester, eligible, now):
    later = activate(eligible, requester, now=now, starts_at=now + DAY)

    badges = [read(later, now + at).badge for at in (TICK, DAY, DAY + HOUR)]

    assert badges == ["granted", "provisioned", "ended"]


@pytest.mark.django_db
@pytest.mark.usefixtures("at_the_door")
def test_tells_of_assignments_too(requester, now):
    row = assign(requester, now=now, ends_at=now + DAY)
    given = AccessRequest.objects.get(result=row)
    submit(Ask(Action.ADMIN_REMOVE, assignment_id=row.id), actor=THE_CONSOLE, now=now + HOUR)

    assert read(given, now).badge == "ended"


# ---- On the pages ------------------------------------------------------------------------------------------


def badges_of(response):
    return re.findall(r'<span class="badge.*?</svg>([^<]*)</span>', text_of(response), re.DOTALL)


@pytest.mark.django_db
@pytest.mark.parametrize(("at", "word"), [(HOUR - TICK, "Granted"), (HOUR, "Ended")])
def test_says_so_in_my_requests_and_on_the_page_of_the_request(client, requester, activation, now, at, word):
    with time_machine.travel(now + at, tick=False):
        client.force_login(requester)
        pages = [client.get(MY_REQUESTS), client.get(activation.get_absolute_url())]

    assert [badges_of(page) for page in pages] == [[word], [word]]
