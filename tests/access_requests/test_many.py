"""Many at a time cost no more queries than two: what is shown of each is loaded for all at once."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.access_requests.models import AccessRequest
from apps.access_requests.selectors.approvers import Sought, approvers_for, approvers_for_many
from apps.access_requests.selectors.deciding import evidence_on, evidence_on_many
from apps.roles import built_in
from apps.roles.policy.rules import Seat, SeatKind
from apps.roles.selectors import rules_for
from tests.access_requests.pages import asked
from tests.factories import (
    activate,
    answer,
    assign,
    join,
    make_active,
    make_group,
    make_resource,
    save_rules,
)
from tests.factories import make_user as make

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ACTIVATE, DECIDE_MANY = reverse("access_requests:activate"), reverse("access_requests:decide_many")


@pytest.fixture
def now():
    """Pages read the clock."""
    return timezone.now()


@pytest.fixture
def seats(approver, now):
    """Contributor has every kind of seat; Teams Administrator none, so that the default ones decide."""
    board, then = make_group("Board", now=now), now - DAY
    join(approver, board, now=then)
    every_kind = [
        Seat(SeatKind.PRINCIPAL, approver.id),
        Seat(SeatKind.PRINCIPAL, board.id),
        Seat(SeatKind.MANAGER),
        Seat(SeatKind.RESOURCE_OWNERS),
    ]
    make_active(approver, built_in.GLOBAL_ADMINISTRATOR, now=then)
    for role_id, approvers in ((built_in.CONTRIBUTOR, every_kind), (built_in.TEAMS_ADMINISTRATOR, [])):
        values = {"requires_approval": True, "authentication": "none"}
        save_rules(role_id, now=then, approvers=tuple(approvers), **values)


def one_more(user, now, *, by_a_group=False):
    """Something more to ask for, on a resource with an owner of its own."""
    place = make_resource(now=now)
    month = {"now": now, "ends_at": now + 30 * DAY}
    make_active(make(now=now), built_in.RESOURCE_OWNER, place, **month)
    if not by_a_group:
        return assign(user, built_in.CONTRIBUTOR, place, **month)
    group = make_group(now=now)
    join(user, group, now=now)
    return assign(group, built_in.CONTRIBUTOR, place, **month)


def who_waits(approver, count, now):
    """As many people, each with a past and something active; by turns of their own and by a group."""
    for number in range(count):
        user = make(now=now - 3 * HOUR, manager=make(now=now - 3 * HOUR))
        make_active(user, built_in.GLOBAL_READER, now=now - 3 * HOUR)
        eligible = one_more(user, now - 3 * HOUR, by_a_group=number % 2 == 0)
        answer(activate(eligible, user, now=now - 2 * HOUR, minutes=30), approver, now=now - 2 * HOUR)
        activate(eligible, user, now=now - HOUR)
        activate(assign(user, now=now - HOUR), user, now=now - HOUR)
    return list(AccessRequest.objects.waiting().with_names().order_by("created_at", "id"))


def cost(ask, address, form):
    """The queries of a page that has been asked for before."""
    ask(address, form)
    with CaptureQueriesContext(connection) as queries:
        ask(address, form)
    return len(queries)


# ---- Deciding ----------------------------------------------------------------------------------------------


def test_shows_each_of_many_as_it_shows_one(approver, seats, now):
    waiting = who_waits(approver, 3, now)

    many = evidence_on_many(waiting, reader=approver, now=now)

    assert many == [evidence_on(request, reader=approver, now=now) for request in waiting]
    assert len({evidence.digest for evidence in many}) == len(waiting) == 6
    assert {(len(each.history), each.extends_ended) for each in many} == {(0, False), (1, False)}
    assert all(any(held.startswith("Global Reader on") for held in each.active_now) for each in many)


def test_finds_who_can_approve_of_many_as_of_one(approver, seats, now):
    waiting = who_waits(approver, 3, now)
    sought = [
        Sought(rules_for(row.role, row.ground.resource), row.ground.resource, row.person) for row in waiting
    ]

    alone = [
        approvers_for(one.rules, resource=one.resource, requester=one.requester, now=now) for one in sought
    ]

    assert approvers_for_many(sought, now=now) == alone
    assert {len(approvers.people) for approvers in alone} == {1, 3}


def test_costs_the_same_to_show_2_and_8_that_are_decided_on_at_once(approver, seats, now):
    as_approver, counts = Client(), []
    as_approver.force_login(approver)
    for people in (1, 3):
        waiting = who_waits(approver, people, now)
        picked = {"pick": [str(row.id) for row in waiting]}
        sent_too_early = {"seen": [f"{row.id}:{'0' * 64}" for row in waiting], "choice": "approve"}
        counts.append([cost(as_approver.post, DECIDE_MANY, form) for form in (picked, sent_too_early)])

    assert len(waiting) == 8
    assert counts[0] == counts[1]


# ---- Activating --------------------------------------------------------------------------------------------


def test_costs_the_same_to_offer_2_and_8_that_are_activated_at_once(requester, seats, now):
    as_requester, counts, picks = Client(), [], []
    as_requester.force_login(requester)
    for more in (2, 6):
        picks += [one_more(requester, now, by_a_group=number % 2 == 0) for number in range(more)]
        form = asked(*picks, justification="")
        counts.append([cost(ask, ACTIVATE, form) for ask in (as_requester.get, as_requester.post)])

    assert len(picks) == 8
    assert counts[0] == counts[1]
