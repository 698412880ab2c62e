"""Disabling and enabling an account, with all that it does to what the person holds and asked for."""

from datetime import timedelta

import pytest

from apps.access_requests.models import AccessRequest
from apps.access_requests.services.people import disable_person, enable_person
from apps.access_requests.states import State
from apps.accounts.models import User
from apps.assignments.models import Assignment
from apps.assignments.selectors import NOTHING, holdings_of
from apps.audit.models import AuditEvent
from apps.audit.vocabulary import AuditAction
from apps.common.errors import Conflict, NotAllowed
from apps.notifications.models import Notice
from apps.roles import built_in
from tests.factories import (
    acting,
    activate,
    assign,
    disable,
    join,
    make_active,
    make_group,
    make_user,
    set_rules,
)

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
End = Assignment.End


@pytest.fixture
def admin(administrator):
    """The one who disables, as events name them; the administrator who stays."""
    return administrator.party


def events(action):
    return AuditEvent.objects.filter(action=action)


def as_stored(user):
    return User.objects.get(pk=user.pk)


def held(user, now):
    return {row.assignment.role.name for row in holdings_of(as_stored(user), now=now).active}


# ---- Disabling ---------------------------------------------------------------------------------------------


def test_disables_an_account_with_its_event(requester, admin, now):
    disable_person(requester.id, actor=admin, now=now)

    assert not as_stored(requester).is_enabled
    event = events(AuditAction.PERSON_DISABLED).get()
    assert (event.actor_name, event.target_name, event.at) == ("Alma Admin", "John Doe", now)
    assert event.sentence == "Alma Admin disabled the account of John Doe."


def test_ends_what_they_activated_in_the_name_of_who_disabled_them(requester, eligible, admin, now):
    running = activate(eligible, requester, now=now).result

    disable_person(requester.id, actor=admin, now=now + MINUTE)

    running.refresh_from_db()
    assert (running.ended_how, running.ended_at) == (End.GROUND_LOST, now + MINUTE)
    assert running.ended_by == "Alma Admin"
    assert events(AuditAction.ACTIVATION_ENDED).get().actor_name == "Alma Admin"
    assert Notice.objects.filter(event="role_ended", recipient_id=requester.id).exists()


def test_closes_what_waits_and_says_why(requester, eligible, needs_approval, admin, now):
    waiting = activate(eligible, requester, now=now)

    disable_person(requester.id, actor=admin, now=now + MINUTE)

    waiting.refresh_from_db()
    assert (waiting.state, waiting.closed_at) == (State.CANCELED, now + MINUTE)
    assert waiting.closing_reason == "Alma Admin disabled the account."
    assert events(AuditAction.REQUEST_CANCELED).get().actor_name == "Alma Admin"


def test_takes_back_what_begins_later(requester, eligible, admin, now):
    later = activate(eligible, requester, now=now, starts_at=now + DAY)

    disable_person(requester.id, actor=admin, now=now + MINUTE)

    later.refresh_from_db()
    later.result.refresh_from_db()
    assert (later.state, later.result.ended_how) == (State.CANCELED, End.GROUND_LOST)
    assert later.closing_reason == "Alma Admin disabled the account."


def test_leaves_to_the_clock_what_the_clock_had_done_before(requester, eligible, admin, now):
    over = activate(eligible, requester, now=now, minutes=30).result
    set_rules(now=now + HOUR, approvers=(make_user(now=now),))
    lapsed = activate(eligible, requester, now=now + HOUR)

    disable_person(requester.id, actor=admin, now=now + 2 * DAY)

    over.refresh_from_db()
    lapsed.refresh_from_db()
    assert (over.ended_how, over.ended_at, over.ended_by) == (End.EXPIRED, now + HOUR / 2, "The clock")
    assert (lapsed.state, lapsed.closing_reason) == (State.TIMED_OUT, "Nobody decided in time.")


def test_leaves_what_was_assigned_and_gives_nothing_by_it(requester, eligible, admin, now):
    make_active(requester, built_in.SECURITY_READER, now=now)

    disable_person(requester.id, actor=admin, now=now)

    assert holdings_of(as_stored(requester), now=now) == NOTHING
    assert not Assignment.objects.filter(principal_id=requester.id, ended_at__isnull=False).exists()


def test_touches_nobody_else(requester, approver, eligible, admin, now):
    other = activate(assign(approver, now=now), approver, now=now)

    disable_person(requester.id, actor=admin, now=now)

    assert held(approver, now) == {"Teams Administrator"}
    assert AccessRequest.objects.get(pk=other.pk).state == State.PROVISIONED


def test_disables_once(requester, admin, now):
    disable_person(requester.id, actor=admin, now=now)

    with pytest.raises(Conflict, match="disabled already"):
        disable_person(requester.id, actor=admin, now=now)

    assert events(AuditAction.PERSON_DISABLED).count() == 1


# ---- The last administrator --------------------------------------------------------------------------------


def test_keeps_the_last_administrator_enabled(administrator, requester, now):
    with pytest.raises(NotAllowed) as refused:
        disable_person(administrator.id, actor=requester.party, now=now)

    assert refused.value.rules == ("LastAdminRule",)
    assert as_stored(administrator).is_enabled
    assert not events(AuditAction.PERSON_DISABLED).exists()


def test_keeps_the_last_administrator_through_a_group(requester, now):
    admins = make_group(now=now, is_role_assignable=True, is_managed=False)
    make_active(admins, built_in.GLOBAL_ADMINISTRATOR, now=now)
    make_active(requester, built_in.GROUP_MEMBER, admins.resource, now=now)

    with pytest.raises(NotAllowed):
        disable_person(requester.id, actor=requester.party, now=now)


def test_lets_one_of_two_administrators_go(administrator, requester, now):
    make_active(requester, built_in.GLOBAL_ADMINISTRATOR, now=now)

    disable_person(administrator.id, actor=requester.party, now=now)

    assert not as_stored(administrator).is_enabled


def test_lets_the_last_owner_of_a_group_go(requester, admin, now):
    group = make_group(now=now, is_managed=False)
    make_active(requester, built_in.GROUP_OWNER, group.resource, now=now)

    disable_person(requester.id, actor=admin, now=now)

    assert not as_stored(requester).is_enabled


# ---- Enabling ----------------------------------------------------------------------------------------------


def test_gives_back_what_was_assigned_with_its_event(requester, admin, now):
    make_active(requester, built_in.SECURITY_READER, now=now)
    disable_person(requester.id, actor=admin, now=now)

    enable_person(requester.id, actor=admin, now=now + MINUTE)

    assert held(requester, now + MINUTE) == {"Security Reader"}
    event = events(AuditAction.PERSON_ENABLED).get()
    assert event.sentence == "Alma Admin enabled the account of John Doe."


def test_gives_back_nothing_that_was_activated_or_asked_for(requester, eligible, admin, approver, now):
    group = make_group(now=now, is_role_assignable=True)
    join(requester, group, now=now)
    activate(assign(group, built_in.SECURITY_READER, now=now), requester, now=now, minutes=480)
    set_rules(now=now, approvers=(approver,))
    waiting = activate(eligible, requester, now=now)
    disable_person(requester.id, actor=admin, now=now + MINUTE)

    enable_person(requester.id, actor=admin, now=now + 2 * MINUTE)

    assert held(requester, now + 2 * MINUTE) == {"Member"}
    waiting.refresh_from_db()
    assert waiting.state == State.CANCELED
    activate(eligible, requester, now=now + 2 * MINUTE)  # and may ask again


def test_gives_back_nothing_even_if_nobody_has_written_it_down(requester, eligible, admin, now):
    running = activate(eligible, requester, now=now).result
    disable(requester)

    enable_person(requester.id, actor=admin, now=now + MINUTE)

    assert held(requester, now + MINUTE) == set()
    running.refresh_from_db()
    assert (running.ended_how, running.ended_by) == (End.GROUND_LOST, "The clock")


def test_enables_once(requester, admin, now):
    with pytest.raises(Conflict, match="enabled already"):
        enable_person(requester.id, actor=admin, now=now)

    assert not events(AuditAction.PERSON_ENABLED).exists()


def test_lets_nobody_activate_meanwhile(requester, eligible, admin, now):
    disable_person(requester.id, actor=admin, now=now)

    with pytest.raises(NotAllowed) as refused:
        activate(eligible, as_stored(requester), now=now)

    assert "EligibilityRule" in refused.value.rules
    assert acting(as_stored(requester), now=now).access.grants == frozenset()


def test_tells_the_person_and_each_admin_once_of_all_that_ended_with_the_account(
    requester, administrator, approver, now
):
    for role_id in (built_in.TEAMS_ADMINISTRATOR, built_in.SECURITY_READER):
        activate(assign(requester, role_id, now=now), requester, now=now)
    make_active(approver, built_in.SECURITY_ADMINISTRATOR, now=now)
    Notice.objects.all().delete()

    disable_person(requester.id, actor=administrator.party, now=now)

    assert sorted(Notice.objects.values_list("recipient_name", "subject")) == [
        ("Ada Approver", "PIM: Alma Admin disabled the account of John Doe, which ended 2 assignments"),
        ("John Doe", "PIM: Your account is disabled"),
    ]
