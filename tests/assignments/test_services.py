from datetime import timedelta

import pytest

from apps.assignments.models import Assignment
from apps.assignments.services import (
    Why,
    activate,
    assign,
    change_period,
    end,
    move_end,
    settle,
)
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import CLOCK, CONSOLE, AuditAction
from apps.common.errors import Conflict
from apps.common.period import Period
from apps.notifications.models import Notice
from apps.roles import built_in
from apps.roles.selectors import directory
from tests.factories import activate as ask_to_activate
from tests.factories import assign as ask_to_assign
from tests.factories import disable, join, make_group, make_resource, role

pytestmark = pytest.mark.django_db

TICK, HOUR, DAY = timedelta(microseconds=1), timedelta(hours=1), timedelta(days=1)
ELIGIBLE = Assignment.Kind.ELIGIBLE
End = Assignment.End
WHY = Why("Deploy", "INC-1")


@pytest.fixture
def activation(requester, eligible, now):
    """Teams Administrator, active for an hour from now."""
    return activate(
        eligible=eligible,
        user=requester,
        resource=directory(),
        period=Period(now, now + HOUR),
        by=requester.party,
        now=now,
        why=WHY,
    )


def events_of(action, assignment):
    return AuditEvent.objects.filter(action=action, details__assignment=str(assignment.id))


def how_it_ended(assignment):
    assignment.refresh_from_db()
    return assignment.ended_how, assignment.ended_at, assignment.ended_by


def notices_of(user):
    return Notice.objects.filter(recipient_id=user.id, event="role_ended")


# ---- Giving ------------------------------------------------------------------------------------------------


def test_gives_a_role_with_its_event(requester, administrator, now):
    row = assign(
        principal=requester,
        role=role(built_in.TEAMS_ADMINISTRATOR),
        resource=directory(),
        kind=ELIGIBLE,
        period=Period(now + DAY, now + 2 * DAY),
        by=administrator.party,
        now=now,
        why=WHY,
    )

    row = Assignment.objects.get(pk=row.pk)
    assert (row.origin, row.kind, row.created_at) == ("assigned", ELIGIBLE, now)
    assert row.period == Period(now + DAY, now + 2 * DAY)
    event = events_of(AuditAction.ASSIGNMENT_ADDED, row).get()
    assert (event.actor_name, event.target_name, event.at) == ("Alma Admin", "John Doe", now)
    assert (event.role, event.resource_path) == ("Teams Administrator", directory().path)
    assert (event.justification, event.ticket) == ("Deploy", "INC-1")
    assert event.details["ends_at"] == (now + 2 * DAY).isoformat()


def test_gives_anew_what_the_clock_has_ended_and_no_sweep_has_met(requester, now):
    old = ask_to_assign(requester, now=now, ends_at=now + HOUR)

    settle(principal_id=requester.id, now=now + HOUR)
    new = assign(
        principal=requester,
        role=old.role,
        resource=directory(),
        kind=ELIGIBLE,
        period=Period(now + HOUR),
        by=CONSOLE,
        now=now + HOUR,
    )

    assert new.is_current(now + HOUR)
    assert how_it_ended(old) == (End.EXPIRED, now + HOUR, "The clock")


def test_opens_an_activation_beside_the_eligible_assignment(activation, eligible, requester, now):
    row = Assignment.objects.get(pk=activation.pk)

    assert (row.origin, row.kind, row.parent) == ("activated", "active", eligible)
    assert (row.principal_id, row.activated_by) == (requester.id, requester)
    assert row.period == Period(now, now + HOUR)
    assert Assignment.objects.get(pk=eligible.pk).is_current(now)
    event = events_of(AuditAction.ACTIVATION_ADDED, row).get()
    assert (event.actor_name, event.target_name, event.justification) == ("John Doe", "John Doe", "Deploy")


def test_activates_for_the_member_and_not_for_the_group(requester, now):
    operators = make_group("Operators", now=now, is_role_assignable=True)
    join(requester, operators, now=now)

    row = activate(
        eligible=ask_to_assign(operators, now=now),
        user=requester,
        resource=directory(),
        period=Period(now, now + HOUR),
        by=requester.party,
        now=now,
    )

    assert row.principal_id == requester.id


def test_activates_on_a_resource_below(requester, now):
    production = make_resource("Production", now=now)
    shop = make_resource("Web shop", parent=production, now=now)
    eligible = ask_to_assign(requester, built_in.CONTRIBUTOR, production, now=now, ends_at=now + DAY)

    row = activate(
        eligible=eligible,
        user=requester,
        resource=shop,
        period=Period(now, now + HOUR),
        by=requester.party,
        now=now,
    )

    assert row.resource == shop
    assert events_of(AuditAction.ACTIVATION_ADDED, row).get().resource_path == shop.path


# ---- Changing ----------------------------------------------------------------------------------------------


def test_moves_the_end_with_its_event(activation, requester, now):
    later = now + HOUR / 2

    move_end(activation, ends_at=later + 2 * HOUR, by=requester.party, now=later, why=WHY)

    assert Assignment.objects.get(pk=activation.pk).ends_at == activation.ends_at == later + 2 * HOUR
    event = events_of(AuditAction.ACTIVATION_EXTENDED, activation).get()
    assert (event.at, event.justification) == (later, "Deploy")
    assert event.details["ended_before"] == (now + HOUR).isoformat()


def test_moves_no_end_that_the_clock_has_reached(activation, requester, now):
    with pytest.raises(Conflict, match="ended already"):
        move_end(activation, ends_at=now + 3 * HOUR, by=requester.party, now=now + HOUR)

    assert Assignment.objects.get(pk=activation.pk).ends_at == now + HOUR
    assert not events_of(AuditAction.ACTIVATION_EXTENDED, activation).exists()


def test_moves_an_end_until_just_before(activation, requester, now):
    move_end(activation, ends_at=now + 3 * HOUR, by=requester.party, now=now + HOUR - TICK)

    assert Assignment.objects.get(pk=activation.pk).ends_at == now + 3 * HOUR


def test_changes_a_period_with_its_event(eligible, administrator, now):
    period = Period(eligible.starts_at, now + DAY)

    change_period(eligible, period=period, by=administrator.party, now=now, why=WHY)

    assert Assignment.objects.get(pk=eligible.pk).period == eligible.period == period
    event = events_of(AuditAction.ASSIGNMENT_CHANGED, eligible).get()
    assert (event.actor_name, event.details["before"]) == ("Alma Admin", [now.isoformat(), None])


def test_changes_no_period_of_what_has_ended(eligible, administrator, now):
    end(eligible, how=End.REMOVED, by=CONSOLE, now=now)

    with pytest.raises(Conflict, match="ended already"):
        change_period(eligible, period=Period(now), by=administrator.party, now=now)

    assert not events_of(AuditAction.ASSIGNMENT_CHANGED, eligible).exists()


def test_lets_no_activation_outlast_the_new_period(activation, eligible, requester, now):
    later = ask_to_activate(eligible, requester, now=now, starts_at=now + DAY).result
    earlier_end = now + HOUR / 2

    change_period(eligible, period=Period(eligible.starts_at, earlier_end), by=CONSOLE, now=now)

    assert Assignment.objects.get(pk=activation.pk).ends_at == earlier_end
    assert how_it_ended(activation) == ("", None, "")
    assert how_it_ended(later) == (End.GROUND_LOST, now, "Console")


def test_leaves_activations_alone_that_fit_the_new_period(activation, eligible, now):
    change_period(eligible, period=Period(eligible.starts_at, activation.ends_at), by=CONSOLE, now=now)

    assert Assignment.objects.get(pk=activation.pk).ends_at == now + HOUR
    assert not events_of(AuditAction.ASSIGNMENT_CHANGED, activation).exists()


# ---- Ending ------------------------------------------------------------------------------------------------


def test_ends_with_its_event_and_tells_the_holder(activation, requester, now):
    end(activation, how=End.REMOVED, by=CONSOLE, now=now + TICK, why=WHY)

    assert how_it_ended(activation) == (End.REMOVED, now + TICK, "Console")
    event = events_of(AuditAction.ACTIVATION_ENDED, activation).get()
    assert (event.actor_name, event.at, event.details["how"]) == ("Console", now + TICK, "removed")
    assert event.justification == "Deploy"
    notice = notices_of(requester).get()
    assert (notice.address, notice.key) == ("john.doe@example.com", f"assignment:{activation.id}:ended")
    assert notice.subject == "PIM: Your Teams Administrator role has ended"


def test_does_not_tell_people_what_they_did_themselves(activation, requester, now):
    end(activation, how=End.DEACTIVATED, by=requester.party, now=now)

    assert events_of(AuditAction.ACTIVATION_ENDED, activation).get().actor_name == "John Doe"
    assert not notices_of(requester).exists()


def test_ends_once(activation, requester, now):
    stale = Assignment.objects.with_names().get(pk=activation.pk)
    end(activation, how=End.REMOVED, by=CONSOLE, now=now)

    with pytest.raises(Conflict, match="ended already"):
        end(stale, how=End.DEACTIVATED, by=requester.party, now=now + TICK)

    assert how_it_ended(activation) == (End.REMOVED, now, "Console")
    assert events_of(AuditAction.ACTIVATION_ENDED, activation).count() == 1
    assert notices_of(requester).count() == 1


def test_tells_nobody_when_a_group_loses_a_role(now, requester):
    operators = make_group("Operators", now=now, is_role_assignable=True)
    join(requester, operators, now=now)
    row = ask_to_assign(operators, now=now)

    end(row, how=End.REMOVED, by=CONSOLE, now=now)

    assert not notices_of(requester).exists()
    assert events_of(AuditAction.ASSIGNMENT_ENDED, row).get().target_kind == "group"


def test_ends_what_was_activated_with_the_eligible_assignment(activation, eligible, administrator, now):
    end(eligible, how=End.REMOVED, by=administrator.party, now=now + TICK, why=WHY)

    assert how_it_ended(eligible) == (End.REMOVED, now + TICK, "Alma Admin")
    assert how_it_ended(activation) == (End.GROUND_LOST, now + TICK, "Alma Admin")
    assert events_of(AuditAction.ACTIVATION_ENDED, activation).get().actor_name == "Alma Admin"


def test_ends_what_would_have_begun_later_too(eligible, requester, now):
    later = ask_to_activate(eligible, requester, now=now, starts_at=now + DAY).result

    end(eligible, how=End.REMOVED, by=CONSOLE, now=now + TICK)

    assert how_it_ended(later)[:2] == (End.GROUND_LOST, now + TICK)


def test_lets_an_activation_whose_time_was_over_end_by_its_own_clock(activation, eligible, now):
    end(eligible, how=End.REMOVED, by=CONSOLE, now=now + 2 * HOUR)

    assert how_it_ended(activation) == (End.EXPIRED, now + HOUR, "The clock")


def test_leaves_other_peoples_activations_alone(activation, approver, now):
    other = ask_to_assign(approver, now=now)

    end(other, how=End.REMOVED, by=CONSOLE, now=now)

    assert how_it_ended(activation) == ("", None, "")


# ---- Writing down what the clock has done ------------------------------------------------------------------


def test_writes_the_end_at_which_the_clock_ended_it(activation, now):
    settle(principal_id=activation.principal_id, now=now + 3 * HOUR)

    assert how_it_ended(activation) == (End.EXPIRED, now + HOUR, "The clock")
    event = events_of(AuditAction.ACTIVATION_ENDED, activation).get()
    assert (event.actor_name, event.at) == ("The clock", now + 3 * HOUR)
    assert event.details["ended_at"] == (now + HOUR).isoformat()


def test_writes_it_once(activation, now):
    for later in (HOUR, 2 * HOUR):
        settle(principal_id=activation.principal_id, now=now + later)

    assert how_it_ended(activation) == (End.EXPIRED, now + HOUR, "The clock")
    assert events_of(AuditAction.ACTIVATION_ENDED, activation).count() == 1


@pytest.mark.parametrize(
    ("at", "settled"),
    [
        pytest.param(HOUR - TICK, False, id="just before the end"),
        pytest.param(HOUR, True, id="at the end"),
        pytest.param(HOUR + TICK, True, id="just after the end"),
    ],
)
def test_settles_what_is_past_its_end(activation, requester, now, at, settled):
    settle(principal_id=requester.id, now=now + at)

    assert how_it_ended(activation) == ((End.EXPIRED, now + HOUR, "The clock") if settled else ("", None, ""))


def test_settles_what_has_lost_its_ground(activation, requester, now):
    disable(requester)

    settle(principal_id=requester.id, now=now + TICK)

    assert how_it_ended(activation) == (End.GROUND_LOST, now + TICK, CLOCK.name)


def test_settles_one_person_alone(activation, approver, now):
    settle(principal_id=approver.id, now=now + HOUR)

    assert how_it_ended(activation) == ("", None, "")


def test_settles_twice_as_once(activation, requester, now):
    for _ in range(2):
        settle(principal_id=requester.id, now=now + HOUR)

    assert events_of(AuditAction.ACTIVATION_ENDED, activation).count() == 1
