"""An access review takes what it was granted at its creation, in its own name, and does nothing else."""

import csv
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from apps.access_requests.asks import Actor, Ask, Said
from apps.access_requests.models import AccessRequest
from apps.access_requests.policy.mandate import Mandate, may_ask_as_review, may_take
from apps.access_requests.request_file import request_lines
from apps.access_requests.selectors.all_requests import Search, Tab, whole_list
from apps.access_requests.selectors.facts import readings_now
from apps.access_requests.selectors.requests import timeline
from apps.access_requests.services.door import assess, assess_many, submit
from apps.access_requests.services.revoking import revoke_all
from apps.access_requests.services.withdrawing import cancel
from apps.access_requests.states import Action, State
from apps.assignments.models import Assignment
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import CONSOLE, AuditAction
from apps.common.errors import NotAllowed
from apps.notifications.models import Notice
from apps.roles import built_in
from apps.roles.models import Resource
from apps.roles.services.resources import move_resource
from tests.access_requests.asking import ask, giving
from tests.factories import acting, activate, assign, join, make_active, make_group, make_resource, make_user

ROLE, OTHER, ROOT, MIDDLE, LEAF = (uuid4() for _ in range(5))
DAY = timedelta(days=1)
DENIED = Said("Denied by Rita Reviewer: left the team")
NOT_COVERED = "This access review does not cover this assignment."
ONLY_TAKES = "An access review only takes access away."


def mandate(*scopes) -> Mandate:
    return Mandate(uuid4(), "Quarterly admins", frozenset(scopes))


def reviewing(row: Assignment, *, below: bool = False, at: Resource | None = None) -> Actor:
    """A review of the role of this row, where it lies or at another place."""
    return Actor.review(mandate((row.role_id, (at or row.resource).id, below)))


def removing(row: Assignment) -> Ask:
    return Ask(Action.ADMIN_REMOVE, assignment_id=row.id, said=DENIED)


# ---- What it covers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "path", "covers"),
    [
        ((ROLE, LEAF, False), [ROOT, LEAF], True),
        ((ROLE, LEAF, True), [ROOT, LEAF], True),
        ((ROLE, ROOT, True), [ROOT, MIDDLE, LEAF], True),
        ((ROLE, MIDDLE, True), [ROOT, MIDDLE, LEAF], True),
        ((ROLE, ROOT, False), [ROOT, LEAF], False),
        ((ROLE, LEAF, True), [ROOT], False),
        ((ROLE, MIDDLE, True), [ROOT, LEAF], False),
        ((OTHER, LEAF, True), [ROOT, LEAF], False),
    ],
)
def test_reaches_its_role_at_its_place_and_below_where_it_says_so(scope, path, covers):
    decision = may_take(mandate(scope), role_id=ROLE, path=path, is_activated=False)

    assert bool(decision) == covers
    assert [refusal.reason for refusal in decision.refusals] == [] if covers else [NOT_COVERED]


def test_mixes_no_role_of_one_scope_with_the_place_of_another():
    both = mandate((ROLE, ROOT, False), (OTHER, LEAF, True))

    assert not may_take(both, role_id=ROLE, path=[ROOT, LEAF], is_activated=False)


def test_covers_nothing_without_scopes():
    assert not may_take(mandate(), role_id=ROLE, path=[ROOT], is_activated=False)


@pytest.mark.parametrize("action", Action)
def test_asks_for_removals_only(action):
    assert bool(may_ask_as_review(action)) == (action == Action.ADMIN_REMOVE)


# ---- Taking ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", Assignment.Kind)
def test_takes_a_row_in_its_own_name(requester, now, kind):
    row = assign(requester, kind=kind, now=now)
    by = reviewing(row)

    request = submit(removing(row), actor=by, now=now)

    row.refresh_from_db()
    assert (row.ended_at, row.ended_how, row.ended_by) == (
        now,
        Assignment.End.REMOVED,
        "Access review Quarterly admins",
    )
    assert (request.state, request.requester, request.requester_name, request.second_factor_at) == (
        State.REVOKED,
        None,
        "Quarterly admins",
        None,
    )
    assert (request.justification, request.asked_by) == (
        DENIED.justification,
        "Access review Quarterly admins",
    )
    events = AuditEvent.objects.filter(actor_id=by.party.id)
    assert {(each.action, each.actor_kind, each.justification) for each in events} == {
        (AuditAction.REQUEST_SUBMITTED, "review", DENIED.justification),
        (AuditAction.ASSIGNMENT_ENDED, "review", DENIED.justification),
    }
    ended = events.get(action=AuditAction.ASSIGNMENT_ENDED)
    assert ended.sentence.startswith(
        "Access review Quarterly admins ended the assignment of Teams Administrator"
    )


@pytest.mark.usefixtures("at_the_door")
def test_tells_the_holder_and_the_admins(requester, administrator, now):
    row = assign(requester, now=now)
    before = set(Notice.objects.values_list("pk", flat=True))

    submit(removing(row), actor=reviewing(row), now=now)

    told = Notice.objects.exclude(pk__in=before)
    assert {(each.recipient_id, each.subject) for each in told} == {
        (requester.id, "PIM: Your Teams Administrator role has ended"),
        (administrator.id, "PIM: John Doe's Teams Administrator role has ended"),
    }


def test_ends_what_was_activated_from_it(requester, now):
    row = assign(requester, now=now)
    activation = activate(row, requester, now=now).result

    submit(removing(row), actor=reviewing(row), now=now)

    activation.refresh_from_db()
    assert activation.ended_how == Assignment.End.GROUND_LOST


def test_closes_what_waits_on_it_in_its_own_name(eligible, waiting, now):
    submit(removing(eligible), actor=reviewing(eligible), now=now)

    waiting.refresh_from_db()
    assert waiting.state == State.CANCELED
    assert waiting.closing_reason == "Access review Quarterly admins changed the assignment."


def test_takes_by_a_name_as_long_as_there_is(eligible, now):
    by = Actor.review(replace(reviewing(eligible).mandate, name="Q" * 120))

    submit(removing(eligible), actor=by, now=now)

    eligible.refresh_from_db()
    assert eligible.ended_by == "Access review " + "Q" * 105 + "…"


def test_follows_what_is_moved_under_its_place_and_away(requester, now):
    here, there = make_resource("Here", now=now), make_resource("There", now=now)
    shop = make_resource("Shop", parent=there, now=now)
    row = assign(requester, built_in.CONTRIBUTOR, shop, now=now, ends_at=now + DAY)
    of_here, of_there = (reviewing(row, at=at, below=True) for at in (here, there))
    assert assess(removing(row), actor=of_there, now=now)
    assert not assess(removing(row), actor=of_here, now=now)

    move_resource(resource=shop, parent=here, actor=CONSOLE, now=now)

    assert not assess(removing(row), actor=of_there, now=now)
    assert submit(removing(row), actor=of_here, now=now).state == State.REVOKED


@pytest.mark.usefixtures("at_the_door")
def test_is_called_a_review_where_requests_are_read(requester, administrator, now):
    row = assign(requester, now=now)
    taken = submit(removing(row), actor=reviewing(row), now=now)
    found = whole_list(administrator, acting(administrator, now=now).access, Search(tab=Tab.ALL), now=now)
    _, *cells = csv.reader(request_lines(found))
    asked = {number: requester for number, _, requester, *_ in cells}

    assert asked.pop(taken.number) == "Access review Quarterly admins"
    assert set(asked.values()) == {"Console"}
    sent, *_ = timeline(taken, readings_now([taken], now=now)[taken.id], deciders="", now=now)
    assert sent.text == "By Access review Quarterly admins."


# ---- What it may not ---------------------------------------------------------------------------------------


def _elsewhere(row, now):
    return row, reviewing(row, at=make_resource(now=now), below=True)


def _of_another_role(row, now):
    return row, Actor.review(mandate((built_in.SECURITY_READER, row.resource_id, True)))


def _what_is_activated(row, now):
    return activate(row, row.principal.user, now=now).result, reviewing(row)


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (_elsewhere, NOT_COVERED),
        (_of_another_role, NOT_COVERED),
        (_what_is_activated, "An access review takes what is assigned, not what is activated."),
    ],
)
def test_leaves_what_it_was_not_granted(requester, now, case, reason):
    row, by = case(assign(requester, now=now), now)
    written = AccessRequest.objects.count()

    with pytest.raises(NotAllowed) as refused:
        submit(removing(row), actor=by, now=now)

    assert (refused.value.rules, str(refused.value)) == (("AdminRequestRule",), reason)
    row.refresh_from_db()
    assert row.ended_at is None
    assert AccessRequest.objects.count() == written


def test_says_no_more_of_what_it_does_not_cover(requester, now):
    row = assign(requester, now=now)
    submit(removing(row), actor=reviewing(row), now=now)

    assert assess(removing(row), actor=reviewing(row), now=now).rules == ("RoleAssignmentDoesNotExist",)
    assert assess(removing(row), actor=_elsewhere(row, now)[1], now=now).rules == ("AdminRequestRule",)


def test_keeps_the_last_global_administrator(administrator, now):
    row = Assignment.objects.get(principal=administrator.principal, role=built_in.GLOBAL_ADMINISTRATOR)

    with pytest.raises(NotAllowed, match="This is the last Global Administrator"):
        submit(removing(row), actor=reviewing(row), now=now)


@pytest.mark.parametrize("action", [action for action in Action if action != Action.ADMIN_REMOVE])
def test_does_nothing_but_take(requester, now, action):
    row = assign(requester, now=now, ends_at=now + DAY)
    wanted = Ask(action, assignment_id=row.id, minutes=60, ends_at=now + 9 * DAY, said=DENIED)
    if action == Action.ADMIN_ASSIGN:
        wanted = giving(requester, built_in.SECURITY_READER)
    by = reviewing(row, below=True)

    with pytest.raises(NotAllowed) as refused:
        submit(wanted, actor=by, now=now)

    assert (refused.value.rules, str(refused.value)) == (("AdminRequestRule",), ONLY_TAKES)
    assert assess(wanted, actor=by, now=now).rules == ("AdminRequestRule",)
    (foreseen,) = assess_many([wanted], actor=by, now=now)
    assert foreseen.decision.rules == ("AdminRequestRule",)


def test_cancels_no_request_and_revokes_only_what_it_covers(requester, now, waiting):
    covered = assign(requester, built_in.SECURITY_READER, now=now)
    by = reviewing(covered)
    with pytest.raises(NotAllowed):
        cancel(waiting.id, actor=by, now=now)

    revoke_all(requester, actor=by, said=DENIED, now=now)

    ended = Assignment.objects.filter(principal=requester.principal, ended_at__isnull=False)
    assert list(ended) == [covered]
    waiting.refresh_from_db()
    assert waiting.state == State.PENDING_APPROVAL


def test_has_no_right_beside_its_mandate(requester, now):
    """Whoever it says it is: without the value that was granted there is nothing."""
    row = assign(requester, now=now)
    by = replace(reviewing(row), mandate=None)

    assert assess(removing(row), actor=by, now=now).rules == ("AdminRequestRule",)


# ---- Nobody helps themself by one --------------------------------------------------------------------------


def _by_a_role(person, now):
    return make_active(person, built_in.PRIVILEGED_ROLE_ADMINISTRATOR, now=now, ends_at=now + 90 * DAY)


def _by_a_group(person, now):
    admins = make_group("Admins", now=now, is_role_assignable=True)
    make_active(admins, built_in.GLOBAL_ADMINISTRATOR, now=now)
    return join(person, admins, now=now)


@pytest.mark.parametrize("gives_a_say", [_by_a_role, _by_a_group])
def test_whom_a_review_removed_still_counts_as_another_admin(administrator, now, gives_a_say):
    row = gives_a_say(make_user("Olaf Admin", now=now), now)
    submit(removing(row), actor=reviewing(row), now=now)

    waits = ask(giving(administrator), administrator, now=now + DAY)
    later = ask(giving(administrator, built_in.SECURITY_READER), administrator, now=now + 8 * DAY)

    assert (waits.state, later.state) == (State.PENDING_ADMIN_DECISION, State.PROVISIONED)
